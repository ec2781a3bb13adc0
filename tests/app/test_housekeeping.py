"""Housekeeping: what is shown goes when that is wanted, and nothing else, and only for whoever is on this machine."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app import server, settings
from graphrec.app.graph import reading, store_of
from graphrec.app.settings import ExplorerSettings
from graphrec.files import read_json, write_json
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.limits import WAIT_S
from graphrec.training.runs import find_run, list_runs
from graphrec.workspace import Workspace

OLD = "transgrec-of-before"


@pytest.fixture
def mine(world: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The world in a workspace of its own, as if it had been made a week ago, with a run of before; pages show that."""
    workspace = Workspace(Path(shutil.copytree(world.root, tmp_path / "mine")))
    older = shutil.copytree(list_runs(workspace)[0].folder, workspace.runs / OLD)
    manifest = read_json(older / "manifest.json")
    write_json(older / "manifest.json", {**manifest, "started": "2020-01-01"})
    week_ago = time.time() - 7 * 86400
    for path in [*workspace.root.rglob("*"), workspace.root]:
        os.utime(path, (week_ago, week_ago))
    monkeypatch.setattr(settings, "_used", ExplorerSettings(workspace))
    yield workspace
    store_of(settings.current()).close()


@pytest.fixture
def house(mine: Workspace) -> AppTest:
    """The page, without a browser."""
    app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
    return app.switch_page("views/housekeeping.py").run()


def said(app: AppTest) -> str:
    kinds = ("markdown", "warning", "error", "success", "info", "caption")
    texts = [one.value for kind in kinds for one in app.get(kind)]
    return " ".join(texts).replace("\u2060", "").replace("\\", "")


def users(workspace: Workspace) -> set[str]:
    with reading() as store:
        return {*store.read_nodes("User")["id"].to_pylist()}


def look_at(app: AppTest, label: str, node: str) -> AppTest:
    app.selectbox(key="label").set_value(label)
    app.text_input(key="id").set_value(node)
    return app.button[0].click().run()


def test_a_user_is_looked_at_and_then_forgotten(house: AppTest, mine: Workspace) -> None:
    before = users(mine)
    look_at(house, "User", " u001 ")
    assert "User:u001: 1 User" in said(house)
    assert "what these runs have learned of it stays in their weights" in said(house)
    assert users(mine) == before
    house.button(key="forget it").click().run()
    assert not house.exception
    assert "User:u001 is forgotten." in said(house)
    assert users(mine) == before - {"u001"}
    assert "forget it" not in [one.key for one in house.button]


@pytest.mark.parametrize(("node", "told"), [("u0011", "did you mean 'u011'"), ("", "takes User:ID or Item:ID")])
def test_who_does_not_exist_is_named(house: AppTest, mine: Workspace, node: str, told: str) -> None:
    look_at(house, "User", node)
    assert not house.exception
    assert told in said(house)
    assert "forget it" not in [one.key for one in house.button]


def test_what_nobody_needs_is_listed_and_then_removed(house: AppTest, mine: Workspace) -> None:
    runs = [run.id for run in list_runs(mine)]
    assert runs[0] == OLD
    assert f"runs/{OLD}" in house.dataframe[0].value["path"].tolist()
    house.button(key="remove them").click().run()
    assert not house.exception
    assert "MB are removed." in said(house)
    assert [run.id for run in list_runs(mine)] == runs[1:]
    assert "There is nothing to remove" in said(house)
    house.number_input(key="keep").set_value(2).run()
    assert not house.exception


def test_what_is_published_meanwhile_stays(house: AppTest, mine: Workspace) -> None:
    store_of(settings.current()).close()
    with closing(open_store(mine, write=True)) as store:
        publish(store, load_run(mine, find_run(mine, OLD)), "old")
    house.button(key="remove them").click().run()
    assert not house.exception
    assert OLD in [run.id for run in list_runs(mine)]


def test_where_others_come_nothing_can_be_removed(
    mine: Workspace, house: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(mine, host="0.0.0.0", password="secret"))
    house.run()
    assert not house.exception
    assert "nothing is removed here" in said(house)
    assert not house.button
    advised = [code.value.partition(" -w")[0] for code in house.code]
    assert advised == ["graphrec forget User:ID --dry-run", "graphrec prune"]
