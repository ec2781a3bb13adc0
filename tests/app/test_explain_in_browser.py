"""The page that explains in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import BAD_USER, Explorer

DRAWN = "document.getElementById('cy')?._cyreg?.cy?.nodes().length > 5"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


def test_a_link_explains_the_same_after_a_reload(visit: Page, served: Explorer) -> None:
    address = f"{served.address}/explain?user={quote(BAD_USER)}&id={quote('v003#1')}"
    visit.goto(address)
    for _ in range(2):
        expect(visit.get_by_text(f"of {BAD_USER}'s history").first).to_be_visible()
        drawing = visit.locator("iframe[title*='drawing of']").first
        drawing.wait_for()
        frame = drawing.element_handle().content_frame()
        assert frame is not None
        frame.wait_for_function(DRAWN)
        assert visit.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") == 375
        assert visit.get_by_role("combobox", name="Recommendation").input_value().endswith("v003 (v003#1)")
        visit.reload()
