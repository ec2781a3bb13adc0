"""How nodes and relationships look in a drawn graph: colour and picture by label, width by weight."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from graphrec.app.theme import LABELS

LINE = "#8290a3"
"""Of relationships, to be seen on light and on dark."""

_SHAPES = {
    "User": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0 2c-3 0-8 1.500-8 4.500V20h16v-1.500c0-3-5-4.500-8-4.500z",
    "Item": "M4 5h16v14H4zm6 3.500v7l6-3.500z",
    "Segment": "M4 6h2v12H4zm14 0h2v12h-2zM8 10h8v4H8z",
    "Frame": "M4 5h16v14H4zm2 11h12l-4-5-3 4-2-2.500z",
    "Comment": "M4 4h16v12H8l-4 4z",
    "Trailer": "M4 6h11v3l5-2.500v11L15 15v3H4z",
    "Genre": "M4 4h8l9 9-8 8-9-9zm4 5.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z",
    "GraphrecRun": "M5 19V11h3v8zm5.500 0V5h3v14zm5.500 0v-6h3v6z",
}
"""A path in a field of 24 by 24 for each label."""


@dataclass(frozen=True)
class Style:
    """A rule of Cytoscape's, as ``st_link_analysis`` takes it."""

    selector: str
    style: dict[str, Any]

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"selector": self.selector, "style": self.style}


def node_styles() -> list[Style]:
    """Return the look of nodes; their data have ``name``."""
    everywhere = Style(
        "node",
        {
            "label": "data(name)",
            "font-size": 6,
            "text-wrap": "ellipsis",
            "text-max-width": 60,
            "min-zoomed-font-size": 12,
        },
    )
    return [
        everywhere,
        *(
            Style(
                f"node[label='{label}']",
                {"background-color": colour, "background-image": _picture(_SHAPES[label])},
            )
            for label, colour in LABELS.items()
        ),
        Style("node.middle", {"width": 30, "height": 30, "font-weight": "bold"}),
    ]


def edge_styles(named: bool) -> list[Style]:
    """Return the look of relationships, which bear their type's name where ``named`` says so.

    The width of one whose data have ``weight``, from 0 to 1, follows it; one of the class
    ``guess`` is not in the graph.
    """
    plain: dict[str, Any] = {
        "target-arrow-shape": "triangle",
        "width": 1.2,
        "line-color": LINE,
        "target-arrow-color": LINE,
    }
    if named:
        plain |= {"label": "data(label)", "font-size": 4.5, "min-zoomed-font-size": 12}
    return [
        Style("edge", plain),
        Style("edge[weight]", {"width": "mapData(weight, 0, 1, 0.8, 5)"}),
        Style(
            "edge.guess", {"line-style": "dashed", "line-color": LABELS["GraphrecRun"], "target-arrow-shape": "none"}
        ),
    ]


def _picture(shape: str) -> str:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24">'
        f'<path fill="#fff" fill-rule="evenodd" d="{shape}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
