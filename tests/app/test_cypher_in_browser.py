"""The Cypher console in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import BAD_TITLE, BAD_USER, Explorer, settle
from graphrec.testing.store_contract import ENDLESS
from graphrec.testing.watched import fits, watched


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A page of its own, in which no dialog may open and nothing may go wrong."""
    with watched(browser, 375, 900) as page:
        yield page


def type_query(page: Page, text: str) -> None:
    page.get_by_text("Your own", exact=True).click()
    field = page.get_by_role("textbox", name="Query", exact=True)
    expect(field).to_be_visible()
    # What is typed earlier cuts the drawing of this form short, and the buttons of the other one stay beside it.
    settle(page)
    field.fill(text)
    field.press("Control+Enter")
    settle(page)
    page.get_by_role("button", name="Run").click()


def test_a_link_runs_the_same_after_a_reload(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/cypher?query=history&user={quote(BAD_USER)}&limit=3")
    for _ in range(2):
        expect(visit.get_by_text("3 rows in ")).to_be_visible()
        expect(visit.get_by_role("combobox", name="Query", exact=True)).to_have_value("history")
        expect(visit.get_by_role("combobox", name="user (string)")).to_have_value(BAD_USER)
        fits(visit)
        visit.reload()


def test_a_running_query_is_cancelled(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/cypher")
    allowed = visit.get_by_role("spinbutton", name="Time limit, s")
    allowed.fill("60")
    allowed.press("Enter")
    type_query(visit, ENDLESS[0])
    expect(visit.get_by_text("Running for")).to_be_visible()
    visit.get_by_role("button", name="Cancel").click()
    expect(visit.get_by_text("the query was stopped")).to_be_visible()
    assert "UNWIND" not in visit.url


def test_an_answer_is_saved_as_it_is(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/cypher")
    type_query(visit, "MATCH (i:Item {id: 'v000'}) RETURN i.title AS title")
    expect(visit.get_by_text("1 row in ")).to_be_visible()
    with visit.expect_download() as saved:
        visit.get_by_role("button", name="Download CSV").click()
    assert saved.value.path().read_text() == f"title\n{BAD_TITLE}\n"


def test_the_tables_own_button_which_would_save_formulas_is_not_shown(visit: Page, served: Explorer) -> None:
    visit.goto(f"{served.address}/cypher")
    type_query(visit, "RETURN '=1+1' AS x")
    visit.get_by_test_id("stDataFrame").hover()
    expect(visit.get_by_role("button", name="Search")).to_be_visible()
    expect(visit.get_by_label("Download as CSV")).to_be_hidden()
    with visit.expect_download() as saved:
        visit.get_by_role("button", name="Download CSV").click()
    assert saved.value.path().read_text() == "x\n'=1+1\n"
