"""All reasons for a recommendation, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from graphrec.serving.explain import Explanation


def table_of_reasons(told: Explanation) -> None:
    """Draw the reasons as a table, those of the graph first, each with its number."""
    st.dataframe(
        list(_rows(told)),
        hide_index=True,
        width="stretch",
        column_config={
            "number": st.column_config.NumberColumn(format="%.4g"),
            "because of": st.column_config.TextColumn(width="large"),
        },
    )


def _rows(told: Explanation) -> Iterator[dict[str, Any]]:
    for one in told.shared:
        yield _row("others chose both", _called(told, one.via), "users", one.users)
    for alike in told.embedding:
        yield _row("near in the model's space", _called(told, alike.id), "cosine", alike.cosine)
    for name, found in told.content.items():
        for alike in found:
            yield _row(f"alike by {name}", _called(told, alike.id), "cosine", alike.cosine)
    if told.account is not None:
        for what, made in (("the user", told.account.user), ("the recommendation", told.account.item)):
            for part in made.most:
                yield _row(f"{what} was made of", _called(told, part.id), "weight", part.weight)


def _called(told: Explanation, node: str) -> str:
    return told.titles.get(node, node)


def _row(reason: str, because: str, unit: str, number: float) -> dict[str, Any]:
    return {"reason": reason, "because of": because, "number": number, "unit": unit}
