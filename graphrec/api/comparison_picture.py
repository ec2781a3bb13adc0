"""A comparison as a picture: the mean and the 95 % interval of each model, by metric, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from graphrec.api.compare import Comparison
from graphrec.errors import ConfigError
from graphrec.evaluation.side_by_side import Row
from graphrec.files import replacing

INK, GREY, BLUE = "#222222", "#bbbbbb", "#2563a8"
LETTER, SIZE, LINE, PANEL, EDGE = 7.0, 12, 24, 260, 16
"""In pixels: the width of a letter and the height of text, of a line, the width of a metric, and what is left free."""
SHARPER = 2
"""So many pixels of a PNG for each of an SVG."""


@dataclass
class Drawing:
    """Lines, dots and texts, in pixels from the upper left."""

    width: float
    height: float
    lines: list[tuple[float, float, float, float, str, float]] = field(default_factory=list)
    dots: list[tuple[float, float, float, str]] = field(default_factory=list)
    texts: list[tuple[float, float, str, str]] = field(default_factory=list)
    """x, the middle of the letters' height, the text, and what of it is at x: start, middle or end."""


def draw(found: Comparison, path: Path) -> None:
    """Write the picture.

    Raises ``ConfigError`` for a name that ends otherwise than in .svg or .png, ``DataError`` where it cannot be
    written.
    """
    made = _drawing(found)
    writers = {".svg": _svg, ".png": _png}
    require_format(path)
    with replacing(path) as file:
        file.write(writers[path.suffix.lower()](made))


def require_format(path: Path) -> None:
    """Raise ``ConfigError`` for a name that ends otherwise than in .svg or .png."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise ConfigError(f"a picture is .svg or .png, not {path.suffix or path.name!r}")


def _drawing(found: Comparison) -> Drawing:
    metrics = list(dict.fromkeys(row.metric for row in found.rows))
    systems = list(dict.fromkeys(row.system for row in found.rows))
    left = EDGE + LETTER * max(map(len, systems)) + EDGE
    made = Drawing(left + len(metrics) * (PANEL + EDGE), EDGE + LINE * (len(systems) + 2) + EDGE)
    for place, name in enumerate(systems):
        made.texts.append((left - EDGE, _height(place), name, "end"))
    for place, metric in enumerate(metrics):
        rows = {row.system: row for row in found.rows if row.metric == metric}
        _panel(made, left + place * (PANEL + EDGE), metric, [rows[name] for name in systems], found.reference[metric])
    return made


def _panel(made: Drawing, left: float, metric: str, rows: Sequence[Row], reference: str) -> None:
    """Draw one metric; the reference is a line from top to bottom."""
    ends = [end for row in rows for end in (row.mean, row.low, row.high) if end is not None]
    low, high = min(ends), max(ends)
    wide = (high - low) or abs(high) or 1.0
    low, high = low - 0.05 * wide, high + 0.05 * wide
    bottom = _height(len(rows)) - LINE / 4

    def x(value: float) -> float:
        return left + PANEL * (value - low) / (high - low)

    made.texts.append((left + PANEL / 2, EDGE + LINE / 4, metric, "middle"))
    made.lines.append((left, bottom, left + PANEL, bottom, INK, 1))
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        value = low + share * (high - low)
        made.texts.append((x(value), bottom + LINE / 2, f"{value:.4f}", anchor))
    for place, row in enumerate(rows):
        height, colour = _height(place), INK if row.system == reference else BLUE
        if row.system == reference:
            made.lines.append((x(row.mean), _height(0) - LINE / 2, x(row.mean), bottom, GREY, 1))
        if row.low is not None and row.high is not None:
            made.lines.append((x(row.low), height, x(row.high), height, colour, 2))
        made.dots.append((x(row.mean), height, 4, colour))


def _height(place: int) -> float:
    return EDGE + LINE * (place + 1.25)


def _svg(made: Drawing) -> bytes:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{made.width:g}" height="{made.height:g}" '
        f'font-family="sans-serif" font-size="{SIZE}">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    parts += [
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'
        for x1, y1, x2, y2, colour, width in made.lines
    ]
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{colour}"/>' for x, y, r, colour in made.dots]
    parts += [
        f'<text x="{x:.1f}" y="{y + SIZE / 3:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
        for x, y, text, anchor in made.texts
    ]
    return "\n".join([*parts, "</svg>\n"]).encode()


def _png(made: Drawing) -> bytes:
    image = Image.new("RGB", (round(made.width * SHARPER), round(made.height * SHARPER)), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE * SHARPER)
    for x1, y1, x2, y2, colour, width in made.lines:
        pen.line([x1 * SHARPER, y1 * SHARPER, x2 * SHARPER, y2 * SHARPER], colour, round(width * SHARPER))
    for x, y, r, colour in made.dots:
        pen.ellipse([(x - r) * SHARPER, (y - r) * SHARPER, (x + r) * SHARPER, (y + r) * SHARPER], colour)
    anchors = {"start": "lm", "middle": "mm", "end": "rm"}
    for x, y, text, anchor in made.texts:
        pen.text((x * SHARPER, y * SHARPER), text, INK, font, anchors[anchor])
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
