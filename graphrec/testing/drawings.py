"""A drawn graph in a browser: how many nodes it has, and where each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

NODES = "document.getElementById('cy')?._cyreg?.cy?.nodes().length || 0"
_STILL = "!document.getElementById('cy')._cyreg.cy.nodes().some(node => node.animated())"
_PLACE = (
    "i => { const at = document.getElementById('cy')._cyreg.cy.nodes()[i].renderedPosition(); "
    "return [at.x, at.y] }"
)


def drawing(page: Page, nodes: str) -> Frame:
    """Wait until the number of nodes is such as ``nodes`` says, as in ``"> 5"``, and they stand still."""
    element = page.locator("iframe[title*='drawing of']").first
    element.wait_for()
    frame = element.element_handle().content_frame()
    assert frame is not None
    frame.wait_for_function(f"({NODES}) {nodes}")
    frame.wait_for_function(_STILL)
    return frame


def point(page: Page, node: int) -> tuple[float, float]:
    """Return where a node is on the screen, in pixels."""
    element = page.locator("iframe[title*='drawing of']").first
    element.scroll_into_view_if_needed()
    box, frame = element.bounding_box(), element.element_handle().content_frame()
    assert box is not None
    assert frame is not None
    x, y = frame.evaluate(_PLACE, node)
    return box["x"] + x, box["y"] + y
