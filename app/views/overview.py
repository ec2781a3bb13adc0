"""Overview: what the graph holds, what is new in it, which runs it answers by, and whether all is well."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from graphrec import schema
from graphrec.api.doctor import diagnose
from graphrec.app.graph import ask, state, workspace
from graphrec.app.links import go, path
from graphrec.app.notices import nothing
from graphrec.app.parts.cards import cards
from graphrec.app.parts.gallery import card, upright
from graphrec.app.parts.schema_drawing import draw_schema
from graphrec.app.settings import current
from graphrec.app.text import heading
from graphrec.serving.explore.looks import looks
from graphrec.serving.explore.overview import Coverage, Overview, newest_files, overview

MOST = 8
"""So many new ones are shown, of videos and of files."""


def counts(found: Overview) -> None:
    """One number per label."""
    with st.container(horizontal=True):
        for label, count in found.nodes.items():
            if label != schema.RUN:
                st.metric(f"{label}s", f"{count:,}", border=True, width=150)


def runs(found: Overview) -> None:
    """Which runs' embeddings are in the graph, and how much of it they cover."""
    st.subheader("Published runs")
    if not found.runs:
        nothing("No run's embeddings are in the graph yet.", "graphrec train --model transgrec")
        return
    st.dataframe(
        pd.DataFrame([row(part) for part in found.coverage]),
        hide_index=True,
        column_config={
            "published": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
            "covered": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent"),
        },
    )
    st.page_link(path("runs"), label="All runs, their curves and settings", icon=":material/monitoring:")


def row(part: Coverage) -> dict[str, object]:
    """Return what a run has embedded of a label as a row."""
    return {
        "run": part.run.id,
        "recommends": part.run.label,
        "published": datetime.fromtimestamp((part.run.published_at or 0) / 1000, UTC),
        "of": part.label,
        "embedded": part.embedded,
        "covered": part.embedded / part.nodes,
    }


def new(found: Overview) -> None:
    """What nobody has met yet, and the files that came last."""
    st.subheader("What is new")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if found.new:
            few = f", of which {len(found.newest)} here" if found.new > len(found.newest) else ""
            st.caption(f"{found.new:,} that nobody has met yet{few}")
            newest = [item["id"] for item in found.newest]
            known = ask(looks, "Item", newest)
            shown = [known[item] for item in newest if item in known]
            opened = cards([card(look) for look in shown], "New", "new", upright=upright(shown))
            if opened:
                go("video", id=opened)
        else:
            st.caption("Somebody has met every item.")
    with right:
        files = newest_files(workspace(), MOST)
        if files:
            st.caption("The video files that came last")
            rows = [
                {
                    "file": entry.path.rpartition("/")[2],
                    "when": datetime.fromtimestamp(entry.at / 1000, UTC),
                    "state": entry.reason or "described",
                }
                for entry in files
            ]
            st.dataframe(
                pd.DataFrame(rows),
                hide_index=True,
                column_config={"when": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")},
            )
        else:
            nothing("No video file has been loaded into this workspace.", "graphrec ingest VIDEOS/")


@st.cache_data(show_spinner="Looking at the installation, the graph and the workspace")
def findings(state: str) -> list[dict[str, str]]:
    """Return what ``graphrec doctor`` finds."""
    return [
        {"": "fine" if f.ok else "wrong", "what": f.what, "state": f.state, "cure": f.cure}
        for f in diagnose(current().workspace, current().store)
    ]


def health() -> None:
    """Look for what is wrong, when asked."""
    st.subheader("Health")
    if not st.toggle("Check the store and the installation", key="health", bind="query-params"):
        return
    found = pd.DataFrame(findings(state()))
    wrong = found[found[""] == "wrong"]
    if len(wrong):
        st.warning(f"{len(wrong)} of {len(found)} are not as they should be.", icon=":material/warning:")
    else:
        st.success(f"All {len(found)} are as they should be.", icon=":material/check_circle:")
    st.dataframe(found, hide_index=True)


shown = ask(overview, MOST)
heading("Overview", current().store or str(workspace().root))
if not shown.nodes:
    nothing("The graph is empty.", "graphrec load videos VIDEOS/")
    st.stop()
counts(shown)
draw_schema(shown)
new(shown)
runs(shown)
health()
