"""The Recommend page in a real browser."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from graphrec.testing.explorer import BAD_TITLE, BAD_USER, Explorer
from graphrec.testing.watched import fits, watched


def cards(page: Page, caption: str) -> Locator:
    found = page.get_by_role("list", name=caption).get_by_role("button")
    expect(found.first).to_be_visible()
    return found


def test_a_card_opens_its_video_at_its_second(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/recommend?user=u001&new=true")
        recommended = cards(page, "Recommended to u001")
        before = recommended.all_text_contents()
        recommended.first.focus()
        page.keyboard.press("Enter")
        near = page.get_by_role("dialog")
        video = near.locator("video")
        expect(video).to_be_visible()
        when = re.search(r"0:(\d+) to ", before[0])
        assert when is not None
        page.wait_for_function("(video) => video.currentTime > 0", arg=video.element_handle())
        assert video.evaluate("video => [video.currentTime, video.paused]") == [int(when[1]), True]
        expect(near.get_by_role("button", name="Explain it")).to_be_visible()
        page.reload()
        expect(near.locator("video")).to_be_visible()
        page.keyboard.press("Escape")
        expect(near).to_be_hidden()
        page.wait_for_url(lambda url: "id=" not in url)
        expect(recommended).to_have_text(before)


def test_a_user_is_found_by_typing(served: Explorer, browser: Browser) -> None:
    with watched(browser) as page:
        page.goto(f"{served.address}/recommend")
        expect(page.get_by_role("list", name="Users with the longest histories")).to_be_visible()
        field = page.get_by_role("combobox", name="User")
        field.fill("onerror")
        expect(page.get_by_role("option")).to_have_text([BAD_USER])
        page.keyboard.press("Enter")
        cards(page, f"Recommended to {BAD_USER}")
        page.wait_for_url("**user=*")
        asked = parse_qs(urlsplit(page.url).query)
        assert asked.pop("user") == [BAD_USER]
        # A later publish does not change what this link shows.
        assert [*asked] == ["run"]
        told = page.get_by_test_id("stAlert").filter(has_text="was in the training part")
        expect(told).to_be_visible()
        text = (told.text_content() or "").replace("\u2060", "")
        assert "no record of <img src=x onerror=alert(1)> was in the training part" in text


def test_on_a_phone_nothing_lies_beside_the_window(served: Explorer, browser: Browser) -> None:
    with watched(browser, 375, 812) as page:
        page.goto(f"{served.address}/recommend?user={quote(BAD_USER)}&k=30")
        expect(cards(page, f"History of {BAD_USER}").filter(has_text=BAD_TITLE).first).to_be_visible()
        fits(page)
