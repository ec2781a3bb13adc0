"""The lists of all users in a file are those that each user gets, and a call that was killed goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.api.train import Plan, train
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.serving import lists
from graphrec.serving.lists import read_users, write_lists
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

USERS, ITEMS = 30, 15


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Users with histories, one who has nothing, and one who has had all; runs of every way to serve.

    Since training some have chosen more, two have come, one of them with a history, and so have two items, of which
    nobody has any. Two items have the same history, so that models score them alike.
    """
    folder = Workspace(tmp_path_factory.mktemp("lists") / "w")
    rng = np.random.default_rng(0)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        users, items = [f"u{n}" for n in range(USERS)], [f"i{n}" for n in range(ITEMS)]
        store.write_nodes("User", nodes(*users, "new", "had all"))
        store.write_nodes("Item", nodes(*items))
        store.write_nodes("Frame", nodes(*(f"{item}@1" for item in items), time_s=[1.0] * ITEMS))
        pairs = [(user, items[n]) for user in users for n in rng.choice(ITEMS - 1, 6, replace=False)]
        pairs += [(user, items[-1]) for user, item in pairs if item == items[0]]
        pairs += [("had all", item) for item in items]
        at = rng.integers(1_500_000_000_000, 1_600_000_000_000, len(pairs)).tolist()
        store.write_relationships("VIEWED", "User", "Item", edges(*pairs, at=at))
        frames = edges(*((item, f"{item}@1") for item in items))
        store.write_relationships("HAS_FRAME", "Item", "Frame", frames)
    for model, given in (("ease", {}), ("popularity", {}), ("bpr", {"epochs": 2, "dimension": 4})):
        plan = Plan(model, {"device": "cpu", **given}, "random-70-10-20", projection="views", baselines=False)
        trained = train(folder, plan)
        if model == "bpr":
            with closing(LadybugStore(folder, write=True)) as store:
                publish(store, trained.loaded)
    with closing(LadybugStore(folder, write=True)) as store:
        store.write_nodes("User", nodes("came later", "came without any"))
        store.write_nodes("Item", nodes("n0", "n1"))
        since = [("came later", item) for item in items[2:7]]
        since += [(user, item) for user in users[:5] for item in items[:9]]
        store.write_relationships("VIEWED", "User", "Item", edges(*since, at=[1_700_000_000_000] * len(since)))
    return folder


@pytest.fixture(scope="module")
def runs(workspace: Workspace) -> dict[str, str]:
    return {path.name.split("-")[0]: path.name for path in workspace.runs.iterdir()}


@pytest.fixture
def store(workspace: Workspace) -> Iterator[GraphStore]:
    with closing(LadybugStore(workspace, write=True)) as opened:
        yield opened


def one_by_one(store: GraphStore, workspace: Workspace, **asked: object) -> list[tuple[object, ...]]:
    found = []
    for user in sorted(store.read_nodes("User")["id"].to_pylist()):
        got = recommend(store, workspace, Request(user, **asked))  # type: ignore[arg-type]
        found += [(user, place, one.id, one.score, got.basis) for place, one in enumerate(got.items, 1)]
    return found


def rows(path: Path) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"include_seen": True},
        {"new_only": True},
        {"run": "ease"},
        {"run": "bpr", "k": 3},
        {"run": "popularity", "k": 20, "include_seen": True},
        {"label": "Frame"},
        {"label": "Frame", "within": "i3"},
    ],
)
def test_each_user_gets_the_own_list(
    workspace: Workspace, runs: dict[str, str], store: GraphStore, tmp_path: Path, asked: dict[str, object]
) -> None:
    if "run" in asked:
        asked = {**asked, "run": runs[str(asked["run"])]}
    if asked.get("label") == "Frame":
        published = store.read("MATCH (r:GraphrecRun) RETURN r.property AS p")["p"][0].as_py()
        ids = store.read_nodes("Frame")["id"].combine_chunks()
        width = store.read_embeddings("User", published)[1].shape[1]
        vectors = np.random.default_rng(1).normal(size=(len(ids), width)).astype(np.float32)
        store.write_embeddings("Frame", published, ids, vectors)
    told = write_lists(store, workspace, Request("", **asked), tmp_path / "l.parquet")  # type: ignore[arg-type]
    expected = one_by_one(store, workspace, **asked)
    assert rows(tmp_path / "l.parquet") == expected
    assert told.rows == len(expected) > 0
    bases = {row[4] for row in expected}
    assert set(told.by) == bases
    if not asked:
        assert bases == {runs["bpr"], "popularity"}
        assert "had all" not in {row[0] for row in expected}
        bases_of = {row[0]: row[4] for row in expected}
        assert (bases_of["came later"], bases_of["came without any"]) == (runs["bpr"], "popularity")
    assert list(tmp_path.iterdir()) == [tmp_path / "l.parquet"]


def test_popularity_where_nothing_is_published(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", nodes("a", "b"))
        store.write_nodes("Item", nodes("i", "j"))
        store.write_relationships("VIEWED", "User", "Item", edges(("a", "i"), ("b", "i"), ("b", "j")))
        write_lists(store, workspace, Request(""), tmp_path / "l.parquet")
    assert rows(tmp_path / "l.parquet") == [("a", 1, "j", 1.0, "popularity")]


def test_a_killed_call_goes_on_unless_the_graph_has_changed(
    workspace: Workspace, store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, made = tmp_path / "l.parquet", list[int]()
    monkeypatch.setattr(lists, "BLOCK", 10)
    path.write_bytes(b"of before")

    def stop(done: int, of: int) -> None:
        made.append(done)
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lists(store, workspace, Request(""), path, step=stop)
    assert path.read_bytes() == b"of before"
    told = write_lists(store, workspace, Request(""), path)
    assert (told.users, told.resumed) == (USERS + 4, 20)
    assert rows(path) == one_by_one(store, workspace)
    with pytest.raises(KeyboardInterrupt):
        write_lists(store, workspace, Request(""), path, step=stop)
    store.write_nodes("Genre", nodes("g"))
    assert write_lists(store, workspace, Request(""), path).resumed == 0


def test_some_users_by_a_file(workspace: Workspace, store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("u3\n\n u1 \nu3\n")
    users = read_users(tmp_path / "ids.txt")
    write_lists(store, workspace, Request("", 2), tmp_path / "l.parquet", [*users, "u3"])
    assert [row[:2] for row in rows(tmp_path / "l.parquet")] == [("u3", 1), ("u3", 2), ("u1", 1), ("u1", 2)]
    with pytest.raises(NotFoundError, match=r"did you mean 'u2.*1 more"):
        write_lists(store, workspace, Request(""), tmp_path / "x.parquet", ["u222", "u1", "u99"])
    with pytest.raises(ConfigError, match="at least 1"):
        write_lists(store, workspace, Request("", 0), tmp_path / "x.parquet")
    (tmp_path / "ids.txt").write_text("\n")
    with pytest.raises(DataError, match="no user"):
        read_users(tmp_path / "ids.txt")
    assert not (tmp_path / "x.parquet").exists()


def test_of_a_label_of_which_nothing_is_embedded_the_lists_are_empty(
    workspace: Workspace, runs: dict[str, str], store: GraphStore, tmp_path: Path
) -> None:
    asked = {"model": "none", "label": "Item"}
    users, none = store.read_nodes("User")["id"].combine_chunks(), np.zeros((USERS + 4, 2), np.float32)
    store.write_embeddings("User", "none", users, none)
    run = nodes("none-1", model=["none"], property=["none"], label=["Item"], published_at=[1])
    store.write_nodes("GraphrecRun", run)
    try:
        assert write_lists(store, workspace, Request("", **asked), tmp_path / "l.parquet").rows == 0
        assert one_by_one(store, workspace, **asked) == []
    finally:
        store.delete_nodes("GraphrecRun", pa.array(["none-1"]))


def test_a_folder_of_somebody_elses_is_left_alone(workspace: Workspace, store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "l.parquet.part").mkdir()
    (tmp_path / "l.parquet.part" / "mine").write_text("x")
    with pytest.raises(DataError, match="in the way"):
        write_lists(store, workspace, Request(""), tmp_path / "l.parquet")


def test_what_is_left_of_a_removal_is_nobody_elses(
    workspace: Workspace, store: GraphStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "l.parquet"
    with monkeypatch.context() as broken:
        # Killed when the parts are gone, and the rest is not.
        broken.setattr(lists.shutil, "rmtree", lambda folder, **how: None)
        first = write_lists(store, workspace, Request(""), path)
    assert [one.name for one in path.with_name("l.parquet.part").iterdir()] == ["plan.json"]
    again = write_lists(store, workspace, Request(""), path)
    assert (again.rows, again.resumed) == (first.rows, 0)
    assert not path.with_name("l.parquet.part").exists()


def test_publishing_something_else_begins_anew(
    workspace: Workspace, runs: dict[str, str], store: GraphStore, tmp_path: Path
) -> None:
    plan = lists._plan(store, Request(""), None, ["u1"])
    publish(store, load_run(workspace, find_run(workspace, runs["ease"])))
    assert lists._plan(store, Request(""), None, ["u1"]) != plan
    # Other tests ask for what the module's fixture published.
    publish(store, load_run(workspace, find_run(workspace, runs["bpr"])))
