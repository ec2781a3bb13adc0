"""The map of embeddings in a real browser: pointed at, drawn around, reloaded, and on a telephone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import BAD_TITLE, Explorer, settle, window
from graphrec.testing.watched import fits, watched

MAP = ".map canvas"
CARD = ".map .card:not([hidden])"

PLACE = """(canvas, row) => {
  const box = canvas.getBoundingClientRect();
  const [x, y] = canvas.placeOf(row);
  return [box.left + x, box.top + y];
}"""
"""Where on the screen the mark is that stands in a row, from 0."""

COLOUR = """(canvas, row) => {
  const ratio = canvas.width / canvas.clientWidth;
  const [x, y] = canvas.placeOf(row).map((place) => Math.round(place * ratio));
  return Array.from(canvas.getContext("2d").getImageData(x, y, 1, 1).data);
}"""
"""Of the pixel where the mark is."""

ALONE = """(canvas, [first, last, end]) => {
  const places = Array.from({ length: end }, (_, row) => canvas.placeOf(row));
  const apart = (row) => places.every(([x, y], other) =>
    other === row || Math.hypot(x - places[row][0], y - places[row][1]) > 20);
  return places.findIndex((_, row) => row >= first && row < last && apart(row));
}"""
"""The first of some rows whose mark no other touches."""

WHITE = [255, 255, 255, 255]

SEA, OTHER = 8, 30
"""The row of the first segment of v001 (v000 has 8), and of one elsewhere."""


@pytest.fixture
def opened(browser: Browser, served: Explorer) -> Iterator[Any]:
    """Open pages, in which no dialog may open and nothing may go wrong."""
    with ExitStack() as pages:

        def open_page(address: str, width: int = 1280) -> Page:
            page = pages.enter_context(watched(browser, width))
            page.goto(f"{served.address}/{address}")
            page.locator(MAP).wait_for()
            # What comes later would move what a test points at.
            settle(page)
            return page

        yield open_page


def draw_around(page: Page) -> None:
    page.locator(MAP).evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
    frame = page.locator(MAP).bounding_box()
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
    expect(page.get_by_role("heading", name="85 selected")).to_be_visible()
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
    card = page.locator(CARD)
    page.mouse.move(*page.locator(MAP).evaluate(PLACE, SEA))
    expect(card).to_contain_text("A walk by the sea, 0:00 to 0:05")
    expect(card).to_contain_text("v001#0")
    picture = card.locator("img")
    expect(picture).to_have_attribute("src", re.compile("^/workspace/media/"))
    assert picture.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    page.mouse.move(2, 2)
    expect(card).to_have_count(0)
    # The segments of the video with the hostile title lie under others.
    page.locator(MAP).evaluate("(canvas) => canvas.point(0)")
    expect(card).to_contain_text(f"{BAD_TITLE}, 0:00 to 0:05")
    expect(page.locator("img[src=x], .card b, .card a")).to_have_count(0)


def test_the_keyboard_walks_over_the_map_and_selects(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment")
    card = page.locator(CARD)
    page.locator(MAP).focus()
    told = []
    for key in ("ArrowRight", "ArrowRight", "+", "ArrowLeft"):
        page.keyboard.press(key)
        told.append(card.inner_text())
    assert told[0] != told[1] == told[2] != told[3]
    assert all(told)
    page.keyboard.press("Enter")
    expect(page.locator(".map .said")).to_have_text("1 selected, in the table below.")
    expect(page.get_by_role("heading", name="1 selected")).to_be_visible()
    expect(page.locator("[data-testid=stDataFrame] td").first).to_be_attached()
    page.locator(MAP).focus()
    page.keyboard.press("Escape")
    expect(page.locator(".map .said")).to_have_text("Nothing is selected.")
    expect(page.get_by_role("heading", name="1 selected")).to_have_count(0)
    expect(card).to_have_count(0)


def test_a_group_is_hidden_by_its_line_in_the_legend(opened: Any) -> None:
    page = opened("embeddings")
    canvas = page.locator(MAP)
    # The world's 29 users stand before its 56 segments.
    alone = canvas.evaluate(ALONE, [0, 29, 85])
    assert canvas.evaluate(COLOUR, alone) != WHITE
    page.get_by_role("button", name="User").and_(page.locator(".legend button")).click()
    page.wait_for_function(f"([canvas, row]) => ({COLOUR})(canvas, row).every((part) => part === 255)",
                           arg=[canvas.element_handle(), alone])  # fmt: skip
    draw_around(page)
    expect(page.get_by_role("heading", name="56 selected")).to_be_visible()


def test_the_map_is_moved_and_enlarged(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment")
    canvas = page.locator(MAP)
    before, other = canvas.evaluate(PLACE, SEA), canvas.evaluate(PLACE, OTHER)
    page.mouse.move(*before)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_function(f"([canvas, row, [x]]) => ({PLACE})(canvas, row)[0] !== x",
                           arg=[canvas.element_handle(), OTHER, other])  # fmt: skip
    # What is under the pointer stays there, but for the part of a pixel that a pointer does not know.
    enlarged = canvas.evaluate(PLACE, SEA)
    assert enlarged == pytest.approx(before, abs=2)
    assert math.dist(enlarged, canvas.evaluate(PLACE, OTHER)) == pytest.approx(
        math.e * math.dist(before, other), rel=0.01
    )
    page.get_by_role("button", name="Move", exact=True).click()
    box = canvas.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] + 30, steps=4)
    page.mouse.up()
    assert canvas.evaluate(PLACE, SEA) == pytest.approx([enlarged[0] + 40, enlarged[1] + 30], abs=1)
    page.get_by_role("button", name="Whole map").click()
    assert canvas.evaluate(PLACE, SEA) == pytest.approx(before, abs=0.01)


def test_a_selection_outlasts_another_colouring(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment")
    draw_around(page)
    heading = page.get_by_role("heading", name="56 selected")
    expect(heading).to_be_visible()
    page.get_by_role("radio", name="popularity").click()
    expect(page.locator(".map .scale")).to_be_visible()
    expect(heading).to_be_visible()
    # The browser knows of it too: it has something to take back.
    page.locator(MAP).focus()
    page.keyboard.press("Escape")
    expect(heading).to_have_count(0)


def test_a_reload_shows_the_same(opened: Any) -> None:
    page = opened("embeddings?nodes=Segment&colour=popularity")
    before = page.url
    legend = page.locator(".map .legend button")
    expect(legend).to_have_text(["old", "new, placed by content"])
    page.reload()
    expect(legend).to_have_text(["old", "new, placed by content"])
    assert page.url == before
    assert "run=transgrec" in page.url


def test_a_finger_shows_the_card(browser: Browser, served: Explorer) -> None:
    with window(browser, viewport={"width": 375, "height": 800}, has_touch=True) as context:
        page = context.new_page()
        page.goto(f"{served.address}/embeddings?nodes=Segment")
        canvas = page.locator(MAP)
        canvas.wait_for()
        settle(page)
        canvas.evaluate("(canvas) => canvas.scrollIntoView({ block: 'center' })")
        page.touchscreen.tap(*canvas.evaluate(PLACE, SEA))
        expect(page.locator(CARD)).to_contain_text("v001#0")
        expect(page.get_by_role("heading", name="1 selected")).to_be_attached()


def test_a_telephone_shows_all_of_it(opened: Any) -> None:
    page = opened("embeddings", width=375)
    expect(page.get_by_role("heading", name="New among the old")).to_be_attached()
    fits(page)
