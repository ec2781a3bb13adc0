"""The explorer in a real browser: navigation, links, both themes, narrow screens, and text that wants to be more."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from graphrec.app.links import NAMES
from graphrec.store.base import closing
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.testing.explorer import BAD_TITLE, Explorer, copy_graph, explorer, settle, window
from graphrec.testing.watched import fits, nameless, watched
from graphrec.workspace import Workspace

PAGES = [
    "",
    *(name.replace("_", "-") for section in NAMES.values() for name, _, _ in section if name != "overview"),
    "recommend?user=u001",
    "video?id=v000&tab=Frames",
    "video?id=v000&tab=Audience&user=u001",
    "explain?user=u001",
    "graph?label=Genre&id=calm",
]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A window of the browser; a dialog or an error in it is a failure."""
    with watched(browser) as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_each_page_opens_it_and_fits_a_phone(tab: Page, served: Explorer, name: str) -> None:
    tab.set_viewport_size({"width": 375, "height": 800})
    tab.goto(f"{served.address}/{name}")
    settle(tab)
    fits(tab)
    assert not nameless(tab)
    assert not tab.locator('[data-testid="stException"]').count()


def test_the_navigation_leads_through_the_pages_by_keyboard(tab: Page, served: Explorer) -> None:
    tab.goto(served.address)
    settle(tab)
    link = tab.get_by_role("link", name="Runs", exact=True)
    link.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/runs*")
    settle(tab, "Runs")
    tab.get_by_role("link", name="Overview", exact=True).focus()
    tab.keyboard.press("Enter")
    settle(tab, "Overview")


def test_the_theme_follows_the_system(browser: Browser, served: Explorer) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        with window(browser, color_scheme=scheme) as context:
            tab = context.new_page()
            tab.goto(served.address)
            settle(tab)
            colours[scheme] = tab.locator('[data-testid="stApp"]').evaluate(
                "e => getComputedStyle(e).backgroundColor"
            )
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 28)"}


def test_every_request_stays_on_this_host(browser: Browser, served: Explorer) -> None:
    asked: list[str] = []
    with window(browser) as context:
        tab = context.new_page()
        tab.on("response", lambda answer: asked.append(answer.url))
        tab.goto(served.address)
        settle(tab)
    assert asked
    assert not [url for url in asked if re.match(r"https?://(?!127\.0\.0\.1)", url)]


def test_a_password_opens_the_door(browser: Browser, world: Workspace) -> None:
    with (
        explorer(world, environment={"GRAPHREC_EXPLORE_PASSWORD": "open sesame"}) as guarded,
        window(browser) as context,
    ):
        tab = context.new_page()
        tab.goto(f"{guarded.address}/video?id=v001")
        tab.get_by_label("Password").fill("open barley")
        tab.get_by_role("button", name="Log in").click()
        tab.get_by_text("That is not the password.").wait_for()
        assert "/login?" in context.request.get(f"{guarded.address}/workspace/world/videos/v001.mp4").url
        tab.get_by_label("Password").fill("open sesame")
        tab.get_by_role("button", name="Log in").click()
        tab.wait_for_url("**/video?id=v001*")
        settle(tab)
        assert "open sesame" not in guarded.log.read_text()


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def mine(request: pytest.FixtureRequest, tmp_path: Path, world: Workspace) -> Iterator[Explorer]:
    """An explorer of a world that may be changed, on each database."""
    workspace = Workspace(Path(shutil.copytree(world.root, tmp_path / "mine")))
    if request.param == "ladybug":
        with explorer(workspace) as running:
            yield running
        return
    server = request.getfixturevalue("neo4j_empty")
    with (
        closing(open_store(workspace)) as embedded,
        closing(Neo4jStore(server.uri, server.login, write=True)) as store,
    ):
        copy_graph(embedded, store)
    workspace.database.unlink()
    login = {"NEO4J_PASSWORD_FILE": str(server.password_file)}
    with explorer(workspace, "--store", server.uri, environment=login) as running:
        yield running


def test_a_video_is_added_and_recommended(
    tab: Page, mine: Explorer, write_video: Callable[..., Path]
) -> None:
    clip = write_video("clip.mp4", seconds=12)
    tab.goto(f"{mine.address}/add-video")
    settle(tab)
    tab.set_input_files("input[type=file]", str(clip))
    tab.get_by_text("clip.mp4").first.wait_for()
    tab.get_by_role("textbox", name="Title").fill(BAD_TITLE)
    tab.get_by_role("button", name="Add it").click()
    tab.get_by_role("heading", name="Whom it would please").wait_for(timeout=60_000)
    assert re.search(r"work=\w+", tab.url)
    tab.reload()
    tab.get_by_role("heading", name="Whom it would please").wait_for()
    tab.get_by_role("button", name="Open the video").click()
    tab.wait_for_url("**/video?id=clip*")
    tab.get_by_role("heading", name=BAD_TITLE).wait_for()
    settle(tab)
    tab.goto("about:blank")


def test_a_file_that_is_too_large_is_refused(tab: Page, world: Workspace, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    large.write_bytes(bytes(3 << 19))
    with explorer(world, "--upload-mb", "1") as limited:
        tab.goto(f"{limited.address}/add-video")
        settle(tab)
        tab.set_input_files("input[type=file]", str(large))
        tab.get_by_text("File must be 1.0MB or smaller").wait_for()
        tab.get_by_role("button", name="Add it").click()
        tab.get_by_text("Choose a file first").wait_for()
        tab.goto("about:blank")
    assert not (world.root / "uploads").exists()
