"""The graph page in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.drawings import NODES, drawing, point
from graphrec.testing.explorer import BAD_TEXT, BAD_USER, Explorer, settle
from graphrec.testing.limits import until
from graphrec.testing.watched import fits, watched

APART = """() => {
  const at = document.getElementById('cy')._cyreg.cy.nodes().map(node => node.position())
  return at.every((a, i) => at.every((b, j) => i === j || Math.hypot(a.x - b.x, a.y - b.y) > 5))
}"""


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A page of its own, in which no dialog may open and nothing may go wrong."""
    with watched(browser, 1440, 1000) as page:
        yield page


def test_the_hostile_user_is_clicked_and_shown_as_typed(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/graph?label=User&id={quote(BAD_USER)}")
    frame = drawing(visit, "== 7")
    visit.mouse.click(*point(visit, 0))
    panel = frame.locator("#infopanelProps")
    expect(panel).to_contain_text("onerror=alert(1)>")
    assert BAD_USER in (panel.text_content() or "").replace("\u2060", "")
    assert frame.locator("#infopanelProps img").count() == 0
    comment = visit.get_by_role("combobox", name="A node of the drawing")
    comment.click()
    visit.get_by_role("option", name="Comment:").click()
    expect(visit.locator("dd").filter(has_text=BAD_TEXT)).to_be_visible()


def test_a_double_click_brings_neighbours_and_a_picture_is_saved(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/graph?label=Genre&id=calm")
    drawing(visit, "== 2")
    visit.mouse.dblclick(*point(visit, 1))
    expect(visit.get_by_text("Trailer 1", exact=True)).to_be_visible()
    drawing(visit, "> 10")
    with visit.expect_download() as saved:
        visit.get_by_role("button", name="Save as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    with visit.expect_download() as saved:
        visit.get_by_role("button", name="Save as GraphML").click()
    assert b"javascript:alert(1)" in saved.value.path().read_bytes()


def test_by_keyboard_a_node_is_expanded_and_a_reload_shows_the_same(visit: Page, served: Explorer) -> None:
    visit.set_viewport_size({"width": 375, "height": 800})
    visit.goto(f"{served.address}/graph?label=Genre&id=loud")
    drawing(visit, "== 2")
    fits(visit)
    settle(visit)
    nodes = visit.get_by_role("combobox", name="A node of the drawing")
    option = visit.get_by_role("option", name="Item: A walk by the sea")

    def listed() -> bool:
        # A page that is drawn once more closes the list.
        if nodes.get_attribute("aria-expanded") != "true":
            nodes.focus()
            nodes.press("ArrowDown")
        return option.is_visible()

    until(listed)
    nodes.press("ArrowDown")
    nodes.press("Enter")
    expect(visit.locator("dd").filter(has_text="A walk by the sea")).to_be_visible()
    button = visit.get_by_role("button", name="Expand", exact=True)
    button.focus()
    button.press("Enter")
    expect(visit.get_by_text("IN_GENRE to Genre: 1 of 1")).to_be_visible()
    frame = drawing(visit, "> 5")
    # None lies on another: what came later was given a place.
    frame.wait_for_function(APART)
    count = frame.evaluate(NODES)
    visit.wait_for_url(re.compile("open=Item.+v001"))
    visit.reload()
    drawing(visit, f"== {count}")
