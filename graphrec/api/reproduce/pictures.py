"""The figures of a report: lines, bars, a map of points, and strips of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from graphrec.api.picture_style import STYLE
from graphrec.api.reproduce.report import Picture

Floats = npt.NDArray[np.floating]
MARKERS = "osD^vP*Xh"
COLOURS = [matplotlib.colormaps["tab20"](place) for place in (*range(0, 20, 2), *range(1, 20, 2))]
"""The strong ones first."""


@matplotlib.rc_context(STYLE)
def lines(
    name: str, panels: Mapping[str, Mapping[str, Sequence[float]]], at: Sequence[float], caption: str, label: str = ""
) -> Picture:
    """Draw a panel for each metric, and in it a line for each model over ``at``, which are cut-offs or a ``label``."""
    figure, axes = _panels(panels)
    for axis, (metric, models) in zip(axes, panels.items(), strict=True):
        for place, (model, values) in enumerate(models.items()):
            axis.plot(
                at,
                values,
                marker=MARKERS[place % len(MARKERS)],
                markersize=4,
                color=_colour(place),
                label=model,
            )
        axis.set(xlabel=label or metric.rpartition("@")[2], ylabel=metric, xticks=list(at))
    return _svg(name, figure, axes, caption)


@matplotlib.rc_context(STYLE)
def bars(
    name: str, panels: Mapping[str, Mapping[str, Sequence[float]]], groups: Sequence[str], caption: str
) -> Picture:
    """Draw a panel for each metric, and in it for each group a bar for each model."""
    figure, axes = _panels(panels)
    for axis, (metric, models) in zip(axes, panels.items(), strict=True):
        wide = 0.8 / len(models)
        for place, (model, values) in enumerate(models.items()):
            axis.bar(
                np.arange(len(groups)) + (place + 0.5) * wide - 0.4,
                values,
                wide,
                color=_colour(place),
                label=model,
            )
        axis.set(ylabel=metric, xticks=range(len(groups)), xticklabels=list(groups))
    return _svg(name, figure, axes, caption)


@matplotlib.rc_context(STYLE)
def points(name: str, panels: Mapping[str, Mapping[str, Floats]], caption: str) -> Picture:
    """Draw a panel for each model, and in it each kind of points, float [n, 2], in a colour of its own."""
    figure, axes = _panels(panels, height=4.2)
    for axis, (model, kinds) in zip(axes, panels.items(), strict=True):
        for kind, places in kinds.items():
            axis.scatter(places[:, 0], places[:, 1], s=4, alpha=0.6, linewidths=0, label=kind)
        axis.set(title=model, xticks=[], yticks=[])
    _legend(figure, axes)
    return Picture(f"{name}.png", _bytes(figure, "png"), caption)


@matplotlib.rc_context(STYLE)
def paths(name: str, walks: Mapping[str, Sequence[Floats]], caption: str) -> Picture:
    """Draw what each name has as points that follow each other, float [n, 2] each, joined by lines."""
    figure, (axis,) = _panels({"": None}, height=4.2)
    for place, (title, parts) in enumerate(walks.items()):
        for number, points in enumerate(parts):
            label = title if not number else None
            axis.plot(*points.T, marker="o", markersize=3, linewidth=0.6, color=_colour(place), label=label)
    axis.set(xticks=[], yticks=[])
    _legend(figure, [axis])
    return Picture(f"{name}.png", _bytes(figure, "png"), caption)


@matplotlib.rc_context(STYLE)
def bands(name: str, panels: Mapping[str, Floats], at: Sequence[float], label: str, caption: str) -> Picture:
    """Draw a panel for each metric, float [folds, points]: mean and median, and percentiles over folds as bands."""
    figure, axes = _panels(panels)
    for axis, (metric, values) in zip(axes, panels.items(), strict=True):
        for low, high, alpha in ((0, 100, 0.2), (10, 90, 0.35)):
            between = np.percentile(values, (low, high), axis=0)
            axis.fill_between(at, *between, alpha=alpha, color=_colour(0), linewidth=0)
        axis.plot(at, values.mean(0), color=_colour(1), label="mean")
        axis.plot(at, np.median(values, axis=0), color=_colour(3), label="median")
        axis.set(xlabel=label, ylabel=metric)
    return _svg(name, figure, axes, caption)


@matplotlib.rc_context(STYLE)
def strip(name: str, rows: Sequence[tuple[str, Sequence[tuple[Path | None, str]]]], caption: str) -> Picture:
    """Draw rows of pictures, each with words of its own; where there is no picture, the words alone."""
    columns = max(len(pictures) for _, pictures in rows)
    figure = Figure((1.3 * columns + 0.4, 1.35 * len(rows) + 0.2))
    for place, (title, pictures) in enumerate(rows):
        for column, (path, words) in enumerate(pictures):
            axis = figure.add_subplot(len(rows), columns, place * columns + column + 1)
            axis.axis("off")
            if path is not None:
                with Image.open(path) as image:
                    axis.imshow(np.asarray(image.convert("RGB")))
            axis.set_title(f"{title}\n{words}" if column == 0 else f"\n{words}", fontsize=7, loc="left")
    figure.tight_layout()
    return Picture(f"{name}.png", _bytes(figure, "png"), caption)


def _colour(place: int) -> tuple[float, ...]:
    return tuple(COLOURS[place % len(COLOURS)])


def _panels(panels: Mapping[str, object], height: float = 3.2) -> tuple[Figure, list[matplotlib.axes.Axes]]:
    figure = Figure((4.4 * len(panels), height))
    axes = [figure.add_subplot(1, len(panels), place + 1) for place in range(len(panels))]
    return figure, axes


def _legend(figure: Figure, axes: Sequence[matplotlib.axes.Axes]) -> None:
    handles, labels = axes[0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.08 + 0.05 * (len(labels) // 5), 1, 1))
    figure.legend(handles, labels, loc="lower center", ncols=min(5, len(labels)), markerscale=1.5)


def _svg(name: str, figure: Figure, axes: Sequence[matplotlib.axes.Axes], caption: str) -> Picture:
    _legend(figure, axes)
    return Picture(f"{name}.svg", _bytes(figure, "svg"), caption)


def _bytes(figure: Figure, form: str) -> bytes:
    written = BytesIO()
    # A date in it would make each of two equal pictures another file.
    metadata = {"Date": None} if form == "svg" else {}
    figure.savefig(written, format=form, dpi=130, metadata=metadata)
    return written.getvalue()
