"""Tables about runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from graphrec.app.metric_names import called, meaning
from graphrec.app.parts.run_charts import in_words
from graphrec.serving.explore.run_reports import Figure, buckets, figures, summary
from graphrec.serving.explore.run_settings import settings
from graphrec.training.runs import Run


def runs_table(runs: Sequence[Run], published: Mapping[str, str]) -> None:
    """Draw the list of all runs; a click on a row chooses it.

    Args:
        runs: newest first.
        published: under which node property the graph holds the embeddings of a run.
    """
    told = [summary(run) for run in runs]
    table = pd.DataFrame(
        {
            "run": [one.id for one in told],
            "model": [one.model for one in told],
            "projection": [one.projection for one in told],
            "features": [", ".join(one.features) for one in told],
            "split": [one.split for one in told],
            "seed": [one.seed for one in told],
            "dimension": [str(one.dimension or "") for one in told],
            "started": pd.to_datetime([one.started or None for one in told], utc=True),
            "seconds": [one.seconds for one in told],
            "metric": [called(one.metric) if one.metric else None for one in told],
            "on test": [one.value for one in told],
            "verdict": [one.verdict for one in told],
            "state": [_state(one.id, one.finished, published) for one in told],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="all runs",
        on_select=lambda: _chosen([one.id for one in told]),
        selection_mode="single-row",
        column_config={
            "started": st.column_config.DatetimeColumn("started", format="YYYY-MM-DD HH:mm"),
            "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
            "on test": st.column_config.NumberColumn("on test", format="%.4f"),
        },
    )


def _chosen(names: Sequence[str]) -> None:
    rows = st.session_state["all runs"]["selection"]["rows"]
    if rows:
        st.session_state["run"] = names[rows[0]]
        if st.session_state.get("against") == names[rows[0]]:
            st.session_state["against"] = None


def _state(name: str, finished: bool, published: Mapping[str, str]) -> str:
    if not finished:
        return "not finished"
    return f"published as {published[name]}" if name in published else "finished"


def figures_table(runs: Sequence[Run]) -> None:
    """Draw the test metrics of one run or two, with their intervals and what they mean."""
    told = [{one.name: one for one in figures(run)} for run in runs]
    names = list(dict.fromkeys(name for known in told for name in known))
    columns: dict[str, list[object]] = {"metric": [called(name) for name in names]}
    for run, known in zip(runs, told, strict=True):
        found = [known.get(name) for name in names]
        columns[run.id] = [_with_interval(one) if one else "" for one in found]
    if len(runs) == 1:
        columns["what it says"] = [meaning(name) for name in names]
    st.dataframe(pd.DataFrame(columns), hide_index=True, height="content")


def _with_interval(one: Figure) -> str:
    interval = f" ({one.low:.4f} to {one.high:.4f})" if one.low is not None else ""
    return f"{one.value:.4f}{interval}"


def buckets_table(runs: Sequence[Run], name: str) -> None:
    """Draw a test metric by how many training records the users have."""
    rows = [
        {
            "training records": in_words(bucket),
            "run": run.id,
            "cases": bucket.cases,
            called(name): bucket.metrics.get(name),
        }
        for run in runs
        for bucket in buckets(run)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={called(name): st.column_config.NumberColumn(called(name), format="%.4f")},
    )


def settings_table(run: Run, against: Run | None) -> None:
    """Draw what the manifest says of a run or, of two runs, in what they differ."""
    told = settings(run, against)
    if against is None:
        rows = [{"part": one.part, "name": one.name, "value": one.first} for one in told]
        st.dataframe(pd.DataFrame(rows), hide_index=True)
        return
    differing = [one for one in told if one.differs]
    only = st.toggle(f"Only what differs ({len(differing)})", value=True, key="differs", bind="query-params")
    shown = differing if only else told
    if not shown:
        st.caption("The two runs do not differ in anything that their manifests tell.")
        return
    rows = [
        {
            "part": one.part,
            "name": one.name,
            run.id: one.first,
            against.id: one.second,
            "differs": "differs" if one.differs else "",
        }
        for one in shown
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content" if only else "auto")
