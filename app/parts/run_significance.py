"""Whether two runs differ by more than chance: asked for by a button, found in the background, and kept."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from graphrec.app.background import background
from graphrec.app.graph import workspace
from graphrec.app.metric_names import called
from graphrec.app.text import plain
from graphrec.serving.explore.errand import Errand
from graphrec.serving.explore.run_reports import figures
from graphrec.serving.explore.significance import Difference, compare, kept
from graphrec.training.runs import Run

POLL_S = 1.0
LEVEL = 0.05


def run_significance(run: Run, against: Run) -> None:
    """Draw what a paired test says of the two runs, or what it takes to make one."""
    st.subheader("Significance")
    found = kept(run, against)
    if found is not None:
        _table(run, found)
        return
    if not (run.finished and against.finished):
        st.caption("Both runs must be finished before they can be tested against each other.")
        return
    key = f"significance {run.id} {against.id}"
    if key in st.session_state:
        _wait(key, run, against)
        return
    st.caption(
        "Both models rank the test cases again, and their values of each case are compared in pairs. It takes some "
        "seconds, or minutes where there are many users and items; you can go on looking meanwhile."
    )
    if st.button("Test significance", icon=":material/science:", type="primary"):
        st.session_state[key] = True
        st.rerun()


@st.fragment(run_every=POLL_S)
def _wait(key: str, run: Run, against: Run) -> None:
    standing = background().want(key, Errand(compare, (workspace(), run, against)))
    if standing.state == "done":
        background().forget(key)
        st.rerun()
    elif standing.state == "failed":
        st.error(f"The runs cannot be compared: {plain(standing.words)}", icon=":material/error:")
        if st.button("Try again", icon=":material/refresh:"):
            background().forget(key)
            st.rerun()
    elif standing.state == "waiting":
        st.progress(0.0, "The test waits until other work is done.")
    else:
        st.progress(standing.share, f"{_stage(standing.share)}, {standing.seconds:.0f} s so far.")


def _stage(share: float) -> str:
    if share < 0.4:
        return "The first model ranks the test cases"
    return "The second model ranks the test cases" if share < 0.8 else "The cases are compared in pairs"


def _table(run: Run, found: Mapping[str, Difference]) -> None:
    better = {one.name: one.higher_is_better for one in figures(run)}
    rows = [
        {
            "metric": called(name),
            "difference": one.difference,
            "95 %": "{:+.4f} to {:+.4f}".format(*one.ci95) if one.ci95 else "",
            "p": one.p_value,
            "verdict": _verdict(one, better.get(name, True)),
        }
        for name, one in found.items()
    ]
    most = max(found.values(), key=lambda one: one.cases)
    of = "" if most.of == (most.cases, most.cases) else f" that both have, of {most.of[0]:,} and {most.of[1]:,}"
    st.caption(
        f"Paired sign-flip test over the {most.cases:,} cases{of}. The difference is this run less the one that it is "
        f"compared with; below p = {LEVEL} it is taken to be more than chance."
    )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "difference": st.column_config.NumberColumn("difference", format="%+.4f"),
            "p": st.column_config.NumberColumn("p", format="%.4f"),
        },
    )


def _verdict(one: Difference, higher_is_better: bool) -> str:
    if one.p_value >= LEVEL:
        return "no difference that is more than chance"
    return "better" if (one.difference > 0) == higher_is_better else "worse"
