"""All reasons for a recommendation, one a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from graphrec.serving.explain import Explanation
from graphrec.serving.explore.reasons import Kind, Reason, reasons

WORDS: dict[Kind, str] = {
    "shared": "others chose both",
    "genre": "the same genre",
    "tag": "the same tag",
    "near": "near in the model's space",
    "alike": "alike by {}",
    "made user": "the user was made of",
    "made recommendation": "the recommendation was made of",
}


def table_of_reasons(told: Explanation) -> None:
    """Draw the reasons as a table, those of the graph first, each with its number."""
    st.dataframe(
        [_row(reason, told.titles) for reason in reasons(told)],
        hide_index=True,
        width="stretch",
        column_config={
            "number": st.column_config.NumberColumn(format="%.4g"),
            "because of": st.column_config.TextColumn(width="large"),
        },
    )


def _row(reason: Reason, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "reason": WORDS[reason.kind].format(reason.matrix),
        "because of": reason.name or titles.get(reason.thing.id, reason.thing.id),
        "number": reason.number,
        "unit": reason.unit,
    }
