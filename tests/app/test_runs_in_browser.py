"""The page of runs in a real browser: chosen by the keyboard, compared, saved, reloaded, and on a telephone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from graphrec.testing.explorer import Explorer, settle
from graphrec.testing.watched import fits, watched
from graphrec.training.runs import Run, list_runs
from graphrec.workspace import Workspace

CHARTS = ".js-plotly-plot .main-svg"


@pytest.fixture
def runs(world: Workspace) -> list[Run]:
    return list_runs(world)


@pytest.fixture
def opened(browser: Browser, served: Explorer) -> Iterator[Any]:
    """Open pages, in which no dialog may open and nothing may go wrong."""
    with ExitStack() as pages:

        def open_page(address: str, width: int = 1280) -> Page:
            page = pages.enter_context(watched(browser, width))
            page.goto(f"{served.address}/{address}")
            page.locator(CHARTS).first.wait_for()
            return page

        yield open_page


def test_a_run_is_compared_with_another_by_the_keyboard(opened: Any, runs: list[Run]) -> None:
    page = opened(f"runs?run={runs[0].id}&tab=Test")
    settle(page)
    field = page.get_by_role("combobox", name="Compare with")
    field.focus()
    field.press("ArrowDown")
    page.get_by_role("option", name=runs[1].id).wait_for()
    field.press("Enter")
    expect(page.get_by_role("heading", name="Significance")).to_be_attached()
    page.wait_for_url(f"**against={runs[1].id}*")
    page.reload()
    page.locator(CHARTS).first.wait_for()
    expect(page.get_by_role("heading", name="Significance")).to_be_attached()
    expect(page.get_by_role("combobox", name="Run", exact=True)).to_have_value(runs[0].id)
    shares = [run.manifest["test"]["metrics"]["map"] for run in runs]
    expect(page.locator("[data-testid=stMetricDelta]").first).to_contain_text(f"{shares[0] - shares[1]:+.4f}")


def test_the_manifest_is_saved_as_it_is(opened: Any, runs: list[Run]) -> None:
    page = opened(f"runs?run={runs[0].id}")
    page.get_by_role("tab", name="Settings").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="manifest.json").click()
    assert json.loads(saved.value.path().read_text(encoding="utf-8")) == runs[0].manifest


def test_a_telephone_shows_all_of_it(opened: Any, runs: list[Run]) -> None:
    page = opened(f"runs?run={runs[0].id}&against={runs[1].id}", width=375)
    for tab in ("Learning", "Test", "Users", "Settings"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        settle(page)
        fits(page)
    expect(page.get_by_role("heading", name="Files")).to_be_attached()
