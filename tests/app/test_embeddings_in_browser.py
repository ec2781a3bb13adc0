"""The map of embeddings in a real browser: pointed at, drawn around, reloaded, and on a telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import BAD_TITLE, Explorer

CHART = ".js-plotly-plot .nsewdrag"

PLACE = """(row) => {
  const chart = document.querySelector(".js-plotly-plot");
  const frame = chart.querySelector(".nsewdrag").getBoundingClientRect();
  const { xaxis, yaxis } = chart._fullLayout;
  const curve = chart._fullData.find((one) => one.customdata.includes(row));
  const at = curve.customdata.indexOf(row);
  return [frame.x + xaxis.d2p(curve.x[at]), frame.y + yaxis.d2p(curve.y[at])];
}"""
"""Where on the screen the point is that stands in a row, from 0."""

HOVER = """(row) => document.querySelector(".js-plotly-plot").emit(
  "plotly_hover", { points: [{ customdata: row }], event: { clientX: 300, clientY: 300 } }
)"""

SEA = 8
"""The row of the first segment of v001: v000 has 8."""


@pytest.fixture
def opened(browser: Browser, served: Explorer) -> Iterator[Any]:
    """Open pages; no dialog may open, and the console may say nothing but what the policy forbids."""
    contexts, wrong = [], []

    def open_page(address: str, width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{served.address}/{address}")
        page.locator(CHART).wait_for(timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def draw_around(page: Page) -> None:
    frame = page.locator(CHART).bounding_box()
    assert frame is not None
    corners = [(0.005, 0.005), (0.995, 0.005), (0.995, 0.995), (0.005, 0.995), (0.005, 0.01)]
    places = [(frame["x"] + frame["width"] * u, frame["y"] + frame["height"] * v) for u, v in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def test_what_is_drawn_around_becomes_a_table_with_text_as_typed(opened: Any) -> None:
    page = opened("embeddings")
    draw_around(page)
    expect(page.get_by_role("heading", name="85 selected")).to_be_visible(timeout=20_000)
    cells = page.locator("[data-testid=stDataFrame] td")
    expect(cells.filter(has_text=BAD_TITLE).first).to_be_attached()
    expect(page.locator("img[src=x]")).to_have_count(0)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 86
    assert lines[0] == "id,title,label,genres,records,new"
    assert sum(BAD_TITLE in line for line in lines) >= 5


def test_the_card_beside_the_pointer_shows_picture_title_and_id(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment")
    card = page.locator(".card:not([hidden])")
    page.mouse.move(*page.evaluate(PLACE, SEA))
    expect(card).to_contain_text("A walk by the sea, 0:00 to 0:05")
    expect(card).to_contain_text("v001#0")
    picture = card.locator("img")
    expect(picture).to_have_attribute("src", re.compile("^/workspace/media/"))
    assert picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    page.mouse.move(2, 2)
    expect(card).to_have_count(0)
    # The segments of the video with the hostile title lie under others: the card is told of one as plotly tells it.
    page.evaluate(HOVER, 0)
    expect(card).to_contain_text(f"{BAD_TITLE}, 0:00 to 0:05")
    expect(page.locator("img[src=x], .card b, .card a")).to_have_count(0)


def test_a_reload_shows_the_same(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment&colour=popularity")
    before = page.url
    legend = page.locator(".js-plotly-plot .legendtext")
    expect(legend).to_have_text(["old", "new, placed by content"])
    page.reload()
    page.locator(CHART).wait_for(timeout=60_000)
    expect(legend).to_have_text(["old", "new, placed by content"])
    assert page.url == before
    assert "run=transgrec" in page.url


def test_a_telephone_shows_all_of_it(opened: Any) -> None:
    page = opened("embeddings", width=375)
    expect(page.get_by_role("heading", name="New among the old")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
