"""Pictures of runs: how training went, what the test says, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from graphrec.app.metric_names import called
from graphrec.app.text import in_plotly
from graphrec.serving.explore.run_reports import BucketReport, Figure, buckets, figures, history
from graphrec.training.runs import Run

COLOURS = ("#0d9488", "#d97706")
"""Of the run, and of the one that it is compared with."""

ROW = 66
HEIGHT = 300


def loss_chart(runs: Sequence[Run]) -> go.Figure | None:
    """Draw the loss of each phase by epoch; None where no run has trained."""
    return _curves(runs, lambda run: history(run).losses, "loss", len(runs) > 1)


def validation_chart(runs: Sequence[Run]) -> go.Figure | None:
    """Draw the validation metric by epoch, and mark the epoch whose weights were kept."""
    figure = _curves(runs, lambda run: history(run).valid, "on validation data", len(runs) > 1)
    if figure is None:
        return None
    for place, run in enumerate(runs):
        best, value = run.manifest.get("best_epoch"), run.manifest.get("best")
        if best and value is not None:
            figure.add_scatter(
                x=[best],
                y=[value],
                mode="markers",
                marker={"size": 11, "color": COLOURS[place], "symbol": "star"},
                hovertemplate=f"best: epoch {best}, %{{y:.4f}}<extra></extra>",
                showlegend=False,
            )
    return figure


def _curves(
    runs: Sequence[Run],
    told: Callable[[Run], Mapping[str, Sequence[float | None]]],
    what: str,
    many: bool,
) -> go.Figure | None:
    figure = go.Figure(layout=_layout(HEIGHT))
    for place, run in enumerate(runs):
        epochs = history(run).epochs
        for number, (name, values) in enumerate(told(run).items()):
            figure.add_scatter(
                x=epochs,
                y=values,
                mode="lines" if len(epochs) > 1 else "markers",
                name=in_plotly(f"{run.id}: {called(name)}" if many else called(name)),
                line={"color": COLOURS[place], "dash": ("solid", "dot", "dashdot")[number % 3], "width": 2},
                hovertemplate="epoch %{x}: %{y:.4f}<extra></extra>",
            )
    if not figure.data:
        return None
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_yaxes(title=what)
    return figure


def metrics_chart(runs: Sequence[Run]) -> go.Figure:
    """Draw each test metric with its 95 % interval, a row each on a scale of its own."""
    told = [{one.name: one for one in figures(run)} for run in runs]
    names = list(dict.fromkeys(name for one in told for name in one))
    figure = make_subplots(rows=max(1, len(names)), cols=1, vertical_spacing=0.5 / max(1, len(names)))
    for row, name in enumerate(names, 1):
        for place, (run, known) in enumerate(zip(runs, told, strict=True)):
            if name in known:
                figure.add_trace(_whisker(run, known[name], place, row == 1), row, 1)
        figure.update_yaxes(
            tickvals=[(1 - len(runs)) / 2],
            ticktext=[called(name)],
            range=[0.3 - len(runs), 0.7],
            showgrid=False,
            zeroline=False,
            row=row,
            col=1,
        )
        figure.update_xaxes(nticks=5, tickfont={"size": 12}, row=row, col=1)
        if all(known[name].low is None for known in told if name in known):
            figure.update_xaxes(range=[0, 1], row=row, col=1)
    figure.update_layout(_layout(max(160, ROW * len(names)), bottom=24), showlegend=len(runs) > 1)
    figure.update_layout(legend={"y": 1.01, "yanchor": "bottom"})
    return figure


def _whisker(run: Run, one: Figure, place: int, named: bool) -> go.Scatter:
    bounds: dict[str, Any] = {}
    words = f"{called(one.name)}: {one.value:.4f}"
    if one.low is not None and one.high is not None:
        bounds = {
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.value],
                "arrayminus": [one.value - one.low],
                "thickness": 2,
                "width": 5,
            }
        }
        words += f", 95 % {one.low:.4f} to {one.high:.4f}"
    return go.Scatter(
        x=[one.value],
        y=[-place],
        mode="markers",
        marker={"size": 10, "color": COLOURS[place], "symbol": ("circle", "diamond")[place]},
        name=in_plotly(run.id),
        legendgroup=run.id,
        showlegend=named,
        hovertemplate=f"{words}<extra></extra>",
        **bounds,
    )


def buckets_chart(runs: Sequence[Run], name: str) -> go.Figure:
    """Draw a test metric by how many training records the users have."""
    figure = go.Figure(layout=_layout(HEIGHT))
    for place, run in enumerate(runs):
        found = buckets(run)
        figure.add_bar(
            x=[in_words(bucket) for bucket in found],
            y=[bucket.metrics.get(name) for bucket in found],
            text=[f"{bucket.cases:,}" for bucket in found],
            textposition="inside",
            insidetextanchor="end",
            textangle=0,
            name=in_plotly(run.id),
            marker={"color": COLOURS[place], "pattern": {"shape": ("", "/")[place]}},
            hovertemplate="%{x}: %{y:.4f}, %{text} cases<extra></extra>",
        )
    figure.update_layout(barmode="group", showlegend=len(runs) > 1, bargap=0.35)
    whose = "node" if any(run.manifest.get("protocol") == "nodes" for run in runs) else "user"
    figure.update_xaxes(title=f"training records of the {whose}", type="category")
    figure.update_yaxes(title=called(name), rangemode="tozero")
    return figure


def in_words(bucket: BucketReport) -> str:
    """Return which users a bucket holds."""
    if bucket.high == 0:
        return "none"
    if bucket.high is None:
        return f"{bucket.low} and more"
    return f"fewer than {bucket.high}" if bucket.low == 0 else f"{bucket.low} to {bucket.high - 1}"


def _layout(height: int, bottom: int = 8) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": bottom},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hoverlabel": {"namelength": 0},
    }
