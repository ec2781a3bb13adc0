"""Training runs: how each went, what it came to, and in what two of them differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import plotly.graph_objects as go
import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.metric_names import called, meaning
from graphrec.app.notices import nothing
from graphrec.app.parts.at_first import at_first
from graphrec.app.parts.run_account import run_account
from graphrec.app.parts.run_charts import buckets_chart, loss_chart, metrics_chart, validation_chart
from graphrec.app.parts.run_significance import run_significance
from graphrec.app.parts.run_tables import buckets_table, figures_table, runs_table, settings_table
from graphrec.app.text import heading, plain
from graphrec.errors import GraphrecError
from graphrec.serving.explore.fingerprint import fingerprint_of_runs
from graphrec.serving.explore.run_reports import buckets, figures, how_far
from graphrec.serving.published import current_runs
from graphrec.training.manifest import FILE, METRICS
from graphrec.training.runs import Run, list_runs

HEADLINES = 4
TABS = ("Learning", "Test", "Users", "Settings")


def page() -> None:
    """Draw the page."""
    heading(
        "Runs",
        "Every training of this workspace: how it went, what it came to, and in what two of them differ.",
    )
    found = {run.id: run for run in reversed(_runs(str(workspace().root), fingerprint_of_runs(workspace())))}
    if not found:
        nothing("Nothing has been trained in this workspace yet.", "graphrec train --model transgrec")
        return
    runs_table(list(found.values()), _published())
    run, against = _choose(found)
    if not run.finished:
        nothing(f"The run {run.id} was cut off, or still goes on.", f"graphrec train --resume {run.id}")
    _headlines(run, against)
    tabs = dict(zip(TABS, st.tabs(TABS, key="tab", bind="query-params"), strict=True))
    opened = next(name for name, tab in tabs.items() if tab.open)
    with tabs[opened]:
        _show(opened, run, against)


def _show(tab: str, run: Run, against: Run | None) -> None:
    """Fill the tab that is looked at; the others are not drawn."""
    chosen = [run] if against is None else [run, against]
    if tab == "Learning":
        _learning(chosen)
    elif tab == "Test":
        run_account(run)
        _test(chosen)
        if against is not None:
            run_significance(run, against)
    elif tab == "Users":
        _sparsity(chosen)
    else:
        settings_table(run, against)
        _files(run)


@st.cache_data(max_entries=4, show_spinner=False)
def _runs(root: str, state: str) -> list[Run]:
    return list_runs(workspace())


def _chart(draw: Callable[..., go.Figure | None], runs: Sequence[Run], *how: str) -> go.Figure | None:
    return _drawn(draw.__name__, tuple((run.id, how_far(run)) for run in runs), how, draw, runs)


@st.cache_resource(max_entries=100, show_spinner=False)
def _drawn(
    name: str,
    versions: tuple[tuple[str, str], ...],
    how: tuple[str, ...],
    _draw: Callable[..., go.Figure | None],
    _runs: Sequence[Run],
) -> go.Figure | None:
    return _draw(_runs, *how)


def _published() -> Mapping[str, str]:
    """Return under which property the graph holds the embeddings of a run; nothing where it cannot be asked."""
    with suppress(GraphrecError):
        return {run.id: run.property for run in ask(current_runs)}
    return {}


def _choose(found: Mapping[str, Run]) -> tuple[Run, Run | None]:
    newest = at_first("run", list(found))
    with st.container(horizontal=True):
        run = (
            st.selectbox("Run", list(found), index=None, key="run", bind="query-params", width=300) or newest
        )
        others = [name for name in found if name != run]
        against = st.selectbox(
            "Compare with",
            others,
            index=None,
            key="against",
            bind="query-params",
            placeholder="another run" if others else "there is no other run",
            disabled=not others,
            width=300,
        )
    return found[run], found.get(against or "")


def _headlines(run: Run, against: Run | None) -> None:
    other = {one.name: one.value for one in figures(against)} if against is not None else {}
    shown = figures(run)[:HEADLINES]
    if not shown:
        return
    with st.container(horizontal=True, gap="large"):
        for one in shown:
            st.metric(
                called(one.name),
                f"{one.value:.4f}",
                f"{one.value - other[one.name]:+.4f}" if one.name in other else None,
                delta_color="normal" if one.higher_is_better else "inverse",
                help=meaning(one.name),
                width="content",
            )


def _learning(runs: Sequence[Run]) -> None:
    loss, valid = _chart(loss_chart, runs), _chart(validation_chart, runs)
    if loss is None and valid is None:
        st.caption("This model has nothing to train: it has no epochs.")
        return
    left, right = st.columns(2)
    if loss is not None:
        left.plotly_chart(loss, config=QUIET, key="loss", alt="Training loss by epoch.")
    if valid is not None:
        right.plotly_chart(valid, config=QUIET, key="valid", alt="Validation metric by epoch.")
        right.caption("The star is the epoch whose weights were kept.")


def _test(runs: Sequence[Run]) -> None:
    tested = [run for run in runs if run.finished]
    if not tested:
        st.caption("It has not been tested yet.")
        return
    cases = " and ".join(dict.fromkeys(f"{run.manifest['test']['groups']:,}" for run in tested))
    st.caption(
        f"Means over {cases} cases, with the 95 % interval that drawing cases anew gives. "
        f"Protocol: {plain(tested[0].manifest.get('protocol', 'unknown'))}."
    )
    left, right = st.columns(2)
    left.plotly_chart(
        _chart(metrics_chart, tested),
        config=QUIET,
        key="metrics",
        alt="Each test metric with its 95 % interval.",
    )
    with right:
        figures_table(tested)
    for name in dict.fromkeys(name for run in tested for name in run.also):
        st.subheader(f"Also {plain(name)}")
        figures_table([run.also[name] for run in tested if name in run.also])


def _sparsity(runs: Sequence[Run]) -> None:
    tested = [run for run in runs if buckets(run)]
    if not tested:
        st.caption("It has not been tested yet.")
        return
    st.caption("By how much is known of the user: training records before the test.")
    names = list(buckets(tested[0])[0].metrics)
    name = st.selectbox("Metric", names, format_func=called, key="metric", bind="query-params", width=220)
    left, right = st.columns(2)
    left.plotly_chart(
        _chart(buckets_chart, tested, name),
        config=QUIET,
        key="groups",
        alt=f"{called(name)} by training records.",
    )
    also = " Users with none are among those with few." if any(buckets(run)[0].high == 0 for run in tested) else ""
    left.caption(f"The number in a bar is that of its cases.{also}")
    with right:
        buckets_table(tested, name)


def _files(run: Run) -> None:
    st.subheader("Files")
    with st.container(horizontal=True):
        for name, kind in ((FILE, "application/json"), (METRICS, "application/jsonl")):
            path = run.folder / name
            if path.exists():
                st.download_button(
                    name,
                    path.read_bytes,
                    f"{run.id}-{name}",
                    kind,
                    icon=":material/download:",
                    key=f"save {name}",
                    on_click="ignore",
                )


QUIET = {"displayModeBar": False}

page()
