"""The Video page in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import BAD_TEXT, BAD_TITLE, BAD_USER, BAD_WORD, Explorer, explorer
from graphrec.testing.watched import fits, watched
from graphrec.workspace import Workspace

PLAYS_AFTER = (
    "([video, second]) => !video.paused && video.currentTime > second && video.currentTime < second + 5"
)


def plays_after(page: Page, second: float) -> None:
    page.wait_for_function(PLAYS_AFTER, arg=[page.locator("video").element_handle(), second])


def test_the_timeline_plays_from_where_it_is_clicked(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/video?id=v000")
        segments = page.get_by_role("group", name="Segments").get_by_role("button")
        expect(segments).to_have_count(8)
        segments.nth(2).click()
        plays_after(page, 10)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        plays_after(page, 20)
        page.get_by_role("group", name="Key frames").get_by_role("button").last.click()
        plays_after(page, 35)
        shot = page.locator("rect.shot").nth(1)
        shot.hover()
        expect(page.locator(".tip")).to_have_text("Shot 2, 0:05 to 0:10")
        shot.click()
        plays_after(page, 5)


def test_comments_are_shown_as_typed(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/video?id=v000&tab=Comments")
        expect(page.get_by_role("heading", level=1)).to_have_text(BAD_TITLE)
        mark = page.locator("circle").first
        expect(mark).to_be_visible()
        mark.hover()
        expect(page.locator(".tip")).to_have_text(f"0:01  {BAD_USER}: {BAD_TEXT}")
        expect(page.get_by_role("tab", name="Comments")).to_have_attribute("aria-selected", "true")


def test_words_of_comments_are_shown_as_typed_and_can_be_heard(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/video?id=v000")
        words = page.get_by_role("list", name="Words said most").get_by_role("listitem")
        expect(words).to_have_count(2)
        expect(words.first).to_contain_text(f"0:00 to 0:03: {BAD_WORD}")
        expect(words.first.locator(".word")).to_have_text(BAD_WORD)
        expect(words.first.locator(".word")).to_be_visible()


def test_frames_until_the_next_are_coloured_on_a_phone(commented: Workspace, browser: Browser) -> None:
    with explorer(commented) as running, watched(browser, 375, 812) as page:
        page.goto(f"{running.address}/video?id=v000&user=u001")
        frames = page.get_by_role("group", name="Frames: Enter plays, arrow keys move", exact=True)
        expect(frames.get_by_role("button")).to_have_count(12)
        expect(page.get_by_text("Score for u001, from each frame to the next", exact=True)).to_be_visible()
        expect(page.get_by_role("list", name="Words said most").get_by_role("listitem")).to_have_count(3)
        expect(page.get_by_text("would write: ")).to_have_count(5)
        fits(page)


def test_the_picker_keeps_the_id_in_the_address(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/video")
        page.get_by_role("list", name="Videos").get_by_role("button", name="v003").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("v003")
        field = page.get_by_role("combobox", name="Video")
        field.fill("by the sea")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("A walk by the sea")
        page.wait_for_url("**/video?id=v001*")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("A walk by the sea")


def test_on_a_phone_nothing_lies_beside_the_window(served: Explorer, browser: Browser) -> None:
    with watched(browser, 375, 812) as page:
        for tab in ("Segments", "Similar", "Audience"):
            page.goto(f"{served.address}/video?id=v000&tab={tab}")
            expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
            expect(page.get_by_role("group", name="Segments")).to_be_visible()
            fits(page)
