"""The nodes that a visitor has drawn a line around, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from graphrec.app.graph import workspace
from graphrec.app.media import address
from graphrec.app.parts.cells import csv_file
from graphrec.serving.explore.points import Points

MOST = 500
"""So many are shown; the file holds all."""


def map_table(points: Points, rows: Sequence[int], name: str) -> None:
    """Draw the table of the ``rows`` of ``points``, and a button that saves them as ``<name>.csv``."""
    # What a run recommends comes first, of that what has the most records.
    rows = sorted(
        rows, key=lambda row: (points.label[row] == "User", points.label[row], -points.records[row])
    )
    table = _table(points, rows)
    shown = table.head(MOST)
    if any(points.pictures[row] for row in rows[:MOST]):
        pictures = [address(workspace(), points.pictures[row]) or "" for row in rows[:MOST]]
        shown = shown.assign(picture=pictures)[["picture", *table.columns]]
    st.dataframe(
        shown,
        hide_index=True,
        row_height=56 if "picture" in shown else None,
        column_config={
            "picture": st.column_config.ImageColumn("", width="small"),
            "records": st.column_config.NumberColumn("records", format="localized"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Save as CSV",
            lambda: csv_file(list(table), table.itertuples(index=False)),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if len(rows) > MOST:
            st.caption(f"The first {MOST:,} of {len(rows):,} are shown; the file holds all.")


def _table(points: Points, rows: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [points.ids[row] for row in rows],
            "title": [points.titles[row] for row in rows],
            "label": [points.label[row] for row in rows],
            "genres": [", ".join(points.genres[row]) for row in rows],
            "records": points.records[list(rows)],
            "new": points.new[list(rows)],
        }
    )
