"""A world to explore on both databases, pages run without a browser, and a real browser."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.config import set_option
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from graphrec.app import server, settings
from graphrec.app.graph import store_of
from graphrec.app.settings import ExplorerSettings
from graphrec.store.base import closing
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.testing.explorer import (
    Explorer,
    chromium,
    chromium_path,
    copy_graph,
    explorer,
    make_commented,
    make_explored,
)
from graphrec.testing.limits import WAIT_S
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace

Page = Callable[..., AppTest]
Running = Callable[..., AbstractContextManager[Neo4jServer]]


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back ``__main__``: a page's run puts itself there, and a process that a later test spawns would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session", autouse=True)
def scanned_once() -> Iterator[None]:
    """Look for components of installed packages once: each page under test would take a third of a second for it."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(autouse=True)
def framed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run pages inside main.py: a folder called pages makes AppTest run each of its files on its own."""
    begin = PagesManager.__init__

    def begin_framed(self: PagesManager, *arguments: Any, **named: Any) -> None:
        PagesManager.uses_pages_directory = False
        begin(self, *arguments, **named)

    monkeypatch.setattr(PagesManager, "__init__", begin_framed)


@pytest.fixture(autouse=True)
def without_magic() -> Iterator[None]:
    """Run pages as the explorer does; and with magic, Python 3.11 may fail at two threads that parse at once."""
    set_option("runner.magicEnabled", False)
    yield
    set_option("runner.magicEnabled", True)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The world in an embedded database, which no test may change."""
    workspace = Workspace(tmp_path_factory.mktemp("explored"))
    make_explored(workspace)
    return workspace


@pytest.fixture(scope="session")
def commented(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A world of comments on frames in an embedded database, which no test may change."""
    workspace = Workspace(tmp_path_factory.mktemp("commented"))
    make_commented(workspace)
    return workspace


@pytest.fixture(scope="session")
def world_on_neo4j(world: Workspace, neo4j_running: Running) -> Iterator[tuple[Workspace, Neo4jServer]]:
    """The same on a server of its own, which no test may change: that of the other tests is emptied again and again."""
    with neo4j_running() as server:
        with (
            closing(open_store(world)) as embedded,
            closing(Neo4jStore(server.uri, server.login, write=True)) as store,
        ):
            copy_graph(embedded, store)
        yield world, server


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExplorerSettings]:
    """What the pages are to show, on each database."""
    if request.param == "ladybug":
        yield ExplorerSettings(request.getfixturevalue("world"))
        return
    workspace, server = request.getfixturevalue("world_on_neo4j")
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(server.password_file))
    found = ExplorerSettings(workspace, server.uri)
    yield found
    # Pages keep the connections to a server open.
    store_of(found).close()


@pytest.fixture
def page(shown: ExplorerSettings, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Run a page without a browser: ``page("video", id="v000")``; it must not end in an error of its own."""
    monkeypatch.setattr(settings, "_used", shown)

    def run(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
        assert not app.exception
        app.switch_page(f"views/{name}.py")
        for key, value in address.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return run


@pytest.fixture(scope="session")
def served(world: Workspace) -> Iterator[Explorer]:
    """An explorer of the world, as a process of its own."""
    with explorer(world) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """The system's own Chromium."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed")
    with chromium() as running:
        yield running


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Run a page over a workspace without a graph."""
    monkeypatch.setattr(settings, "_used", ExplorerSettings(Workspace(tmp_path / "empty")))

    def run(name: str) -> AppTest:
        app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
        app.switch_page(f"views/{name}.py").run()
        assert not app.exception, app.exception[0].message
        return app

    return run
