"""Every page, on every database, and where there is nothing to show."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app import server, settings
from graphrec.app.links import NAMES
from graphrec.app.parts import recommended
from graphrec.app.settings import ExplorerSettings
from graphrec.errors import StoreError
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.limits import WAIT_S
from graphrec.testing.neo4j_server import free_port
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace

PAGES = [name for section in NAMES.values() for name, _, _ in section]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(page: Callable[..., AppTest], name: str) -> None:
    app = page(name)
    assert not app.error
    assert len(app.main) > 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("recommend", {"user": "u001"}),
        ("video", {"id": "v001"}),
        ("explain", {"user": "u001"}),
        ("embeddings", {}),
        ("runs", {}),
    ],
)
def test_a_link_names_the_run_that_it_shows(
    page: Callable[..., AppTest], name: str, address: dict[str, str]
) -> None:
    app = page(name, **address)
    assert not app.warning
    newest = app.selectbox(key="run").value
    assert app.query_params["run"] == newest
    gone = page(name, **address, run="gone")
    assert "gone" in gone.warning[0].value
    assert gone.selectbox(key="run").value == newest


def said(app: AppTest) -> str:
    return app.error[0].value.replace("\u2060", "").replace("\\", "")


def test_where_another_process_writes_one_is_asked_to_try_again(
    world: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Workspace(Path(shutil.copytree(world.root, tmp_path / "mine")))
    # What is kept of the world is none of its.
    mine.database.touch()
    monkeypatch.setattr(settings, "_used", ExplorerSettings(mine))
    other = LadybugStore(mine, write=True)
    app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
    app.switch_page("views/recommend.py").run()
    assert not app.exception
    assert "process" in app.warning[0].value
    (button,) = (button for button in app.button if button.label == "Try again")
    other.close()
    button.click().run()
    assert not app.exception
    assert not app.warning
    assert drawn(app, "graphrec_cards")


def test_a_server_that_is_down_is_told_of_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"bolt://127.0.0.1:{free_port()}"
    monkeypatch.setenv("NEO4J_PASSWORD", "secret")
    monkeypatch.setattr(settings, "_used", ExplorerSettings(Workspace(tmp_path / "mine"), nobody))
    for name in ("overview", "recommend", "video", "explain", "graph", "embeddings"):
        app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
        app.switch_page(f"views/{name}.py").run()
        assert not app.exception
        assert f"{nobody} cannot be reached" in said(app), name


def test_in_a_dialog_too_what_goes_wrong_is_told_in_words(
    page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is gone")

    first = drawn(page("recommend", user="u001"), "graphrec_cards")[0]["cards"][0]["id"]
    monkeypatch.setattr(recommended, "player", fail)
    app = page("recommend", user="u001", id=first)
    assert "the disk is gone" in said(app)
    assert len(drawn(app, "graphrec_cards")) == 2


@pytest.mark.parametrize("name", PAGES)
def test_where_there_is_no_graph_each_page_says_what_to_do(empty: Callable[..., AppTest], name: str) -> None:
    app = empty(name)
    words = (*app.markdown, *app.error, *app.code, *app.caption, *app.get("html"))
    said = " ".join(getattr(part, "value", None) or part.proto.body for part in words)
    assert "graphrec" in said
    # Of another folder than the default one.
    assert all(" -w " in code.value for code in app.code)
