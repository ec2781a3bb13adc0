"""The page that explains in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.drawings import NODES, drawing, point
from graphrec.testing.explorer import BAD_USER, Explorer
from graphrec.testing.watched import fits, watched


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A page of its own, in which no dialog may open and nothing may go wrong."""
    with watched(browser, 375, 900) as page:
        yield page


def test_a_link_explains_the_same_after_a_reload(visit: Page, served: Explorer) -> None:
    address = f"{served.address}/explain?user={quote(BAD_USER)}&id={quote('v003#1')}"
    visit.goto(address)
    for _ in range(2):
        expect(visit.get_by_text(f"of {BAD_USER}'s history").first).to_be_visible()
        drawing(visit, "> 5")
        fits(visit)
        expect(visit.get_by_role("combobox", name="Recommendation")).to_have_value(re.compile(r"v003 \(v003#1\)$"))
        visit.reload()


def test_a_double_click_brings_neighbours_that_a_reload_keeps(visit: Page, served: Explorer) -> None:
    visit.set_viewport_size({"width": 1440, "height": 1000})
    visit.goto(f"{served.address}/explain?user=u001&id={quote('v003#1')}")
    frame = drawing(visit, "> 3")
    before = frame.evaluate(NODES)
    visit.mouse.dblclick(*point(visit, 0))
    grown = drawing(visit, f"> {before}").evaluate(NODES)
    visit.wait_for_url(re.compile("open="))
    visit.reload()
    drawing(visit, f"== {grown}")
