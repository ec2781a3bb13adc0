"""A comparison as a picture: the mean and the 95 % interval of each model, by metric, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from graphrec.api.compare import Comparison
from graphrec.api.picture_style import STYLE
from graphrec.errors import ConfigError
from graphrec.evaluation.side_by_side import Row
from graphrec.files import replacing

INK, GREY, BLUE = "#222222", "#bbbbbb", "#2563a8"
PANEL, LINE, EDGES = 3.4, 0.27, 0.9
"""In inches: the width of a metric, the height of a model, and what else there is from top to bottom."""


@matplotlib.rc_context(STYLE)
def draw(found: Comparison, path: Path) -> None:
    """Write the picture.

    Raises ``ConfigError`` for a name that ends otherwise than in .svg or .png, ``DataError`` where it cannot be
    written.
    """
    require_format(path)
    metrics = list(dict.fromkeys(row.metric for row in found.rows))
    systems = list(dict.fromkeys(row.system for row in found.rows))
    figure = Figure((PANEL * len(metrics) + 0.07 * max(map(len, systems)), LINE * len(systems) + EDGES))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axis, metric in zip(panels, metrics, strict=True):
        rows = {row.system: row for row in found.rows if row.metric == metric}
        _panel(axis, metric, [rows[name] for name in systems], found.reference[metric])
    panels[0].set_yticks(range(len(systems)), systems)
    panels[0].invert_yaxis()
    figure.tight_layout()
    with replacing(path) as file:
        # Without a date the same comparison is the same file.
        still = {"metadata": {"Date": None}} if path.suffix.lower() == ".svg" else {"dpi": 150}
        figure.savefig(file, format=path.suffix[1:].lower(), **still)


def require_format(path: Path) -> None:
    """Raise ``ConfigError`` for a name that ends otherwise than in .svg or .png."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ConfigError(f"a picture is .svg or .png, not {path.suffix or path.name!r}")


def _panel(axis: matplotlib.axes.Axes, metric: str, rows: Sequence[Row], reference: str) -> None:
    """Draw one metric; the reference is a line from top to bottom."""
    for place, row in enumerate(rows):
        colour = INK if row.system == reference else BLUE
        if row.system == reference:
            axis.axvline(row.mean, color=GREY, linewidth=1, zorder=0)
        if row.low is not None and row.high is not None:
            axis.hlines(place, row.low, row.high, colors=colour, linewidth=2)
        axis.plot(row.mean, place, "o", color=colour, markersize=5, gid=f"{metric} of {row.system}")
    axis.set_title(metric, fontsize=9)
    axis.tick_params(axis="y", length=0)
