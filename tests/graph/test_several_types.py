"""Relationships of several types as one projection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, train
from graphrec.errors import ConfigError, NotFoundError
from graphrec.evaluation.account import Weighed
from graphrec.graph.build import snapshot
from graphrec.graph.projection import Projection, choose
from graphrec.schema import Property
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.tasks.ranking import Ranking
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace


@pytest.fixture
def store() -> MemoryStore:
    found = MemoryStore()
    found.write_nodes("User", nodes("u", "v"))
    found.write_nodes("Item", nodes("a", "b", "c"))
    found.declare("VIEWED", [Property("watch_s", "float64"), Property("device", "string")])
    views = edges(("u", "a"), ("u", "b"), ("v", "c"), at=[5, 6, 7])
    views = views.append_column("watch_s", [[10.0, None, 30.0]]).append_column("device", [["tv", "tv", "phone"]])
    found.write_relationships("VIEWED", "User", "Item", views)
    found.write_relationships("LIKED", "User", "Item", edges(("u", "a"), ("v", "b"), at=[9, 1], split=["test", None]))
    return found


def taken(store: MemoryStore, folder: Path, name: str) -> list[tuple[object, ...]]:
    projection = Ranking.of(chosen := choose(name, {}, properties=store.properties), ()).reads(chosen)
    shot = snapshot(store, projection, Workspace(folder))
    records = shot.records.merged()
    columns = (shot.users.take(records.user), shot.items.take(records.item), records.order, records.values["weight"])
    return list(zip(*columns, strict=True))


def test_a_pair_is_one_record_with_all_its_weights_and_the_newest_time(store: MemoryStore, tmp_path: Path) -> None:
    found = taken(store, tmp_path, "3*LIKED + 0.5*VIEWED")
    assert found == [("u", "b", 6, 0.5), ("u", "a", 9, 3.5), ("v", "b", 1, 3.0), ("v", "c", 7, 0.5)]
    assert [row[3] for row in taken(store, tmp_path, "LIKED+VIEWED")] == [1.0, 2.0, 1.0, 1.0]


def test_relationships_may_say_what_they_weigh(store: MemoryStore, tmp_path: Path) -> None:
    store.declare("LIKED", [Property("weight", "float64")])
    news = edges(("v", "b")).append_column("weight", pa.array([5.0]))
    store.write_relationships("LIKED", "User", "Item", news)
    found = taken(store, tmp_path, "2*LIKED+VIEWED")
    assert found == [("u", "b", 6, 1.0), ("u", "a", 9, 3.0), ("v", "b", 1, 10.0), ("v", "c", 7, 1.0)]


def test_conditions_may_speak_of_one_of_the_types(store: MemoryStore, tmp_path: Path) -> None:
    chosen = choose("LIKED+VIEWED", {}, properties=store.properties)
    task = Ranking.of(chosen, ["device==tv"])
    shot = snapshot(store, task.reads(chosen), Workspace(tmp_path))
    # u viewed a on tv before it liked it: the view counts, and the like, which has no device, does not.
    kept = shot.where(task.holds(shot.records, shot.fields)).merged().records
    assert list(zip(kept.user.tolist(), kept.item.tolist(), kept.values["weight"].tolist(), strict=True)) == [
        (0, 0, 1.0),
        (0, 1, 1.0),
    ]


def test_a_record_of_several_says_what_the_newest_says_that_says_it(store: MemoryStore, tmp_path: Path) -> None:
    chosen = choose("3*LIKED+VIEWED", {}, properties=store.properties)
    shot = snapshot(store, Ranking.of(chosen, ["watch_s>=0"]).reads(chosen), Workspace(tmp_path))
    assert len(shot.records) == 5
    merged = shot.merged().records
    pairs = zip(merged.user.tolist(), merged.item.tolist(), strict=True)
    said = dict(zip(pairs, merged.values["watch_s"], strict=True))
    assert said[0, 0] == 10
    assert said[1, 2] == 30
    assert np.isnan([said[0, 1], said[1, 1]]).all()
    assert merged.merged() is merged


@pytest.mark.parametrize("model", ["ials", "popularity"])
def test_the_account_tells_types_and_weights(tmp_path: Path, model: str) -> None:
    workspace, rng = Workspace(tmp_path), np.random.default_rng(0)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", nodes(*(f"u{user}" for user in range(10))))
        store.write_nodes("Item", nodes(*(f"i{item}" for item in range(12))))
        store.declare("VIEWED", [Property("watch_s", "float64")])
        pairs = [(f"u{u}", f"i{i}") for u in range(10) for i in rng.permutation(12)[:6]]
        watched = [float(30 + 60 * (number % 2)) for number in range(60)]
        store.write_relationships("VIEWED", "User", "Item", edges(*pairs).append_column("watch_s", [watched]))
        store.write_relationships("LIKED", "User", "Item", edges(*pairs[:40]))
    plan = {"projection": "3*LIKED+VIEWED", "split": "random-70-10-20"}
    told = train(workspace, Plan(model, {}, where=["watch_s>=60"], **plan)).account
    assert (told.used.found, told.used.records, told.used.merged) == (100, 30, 30)
    assert [(one.type, one.found, one.count, one.factor) for one in told.used.kinds] == [
        ("LIKED", 40, 0, 3.0),
        ("VIEWED", 60, 30, 1.0),
    ]
    assert any("0 of 40 LIKED count, each 3 times" in line for line in told.sentences)
    told = train(workspace, Plan(model, {}, **plan)).account
    assert (told.used.records, told.used.merged) == (100, 60)
    assert told.used.weighed == (Weighed("weight", 1.0, 4.0, 0) if model == "ials" else None)
    if model == "ials":
        told = train(workspace, Plan(model, {"value": "watch_s"}, projection="VIEWED", split="random-70-10-20")).account
        assert "Records weigh by watch_s, from 30 to 90." in told.sentences


def test_a_single_type_is_a_projection_too() -> None:
    assert choose("VIEWED", {}) == Projection("VIEWED", "Item", "VIEWED")
    assert choose("HIGHLIGHTED", {}).item == "Segment"


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("LIKED+RATED", ConfigError, "RATED counts by what it says"),
        ("HAS_FRAME+LIKED", ConfigError, "does not begin at users"),
        ("HIGHLIGHTED+VIEWED", ConfigError, "no common label"),
        ("LIKD+VIEWED", NotFoundError, "did you mean 'LIKED'"),
        ("x*LIKED", NotFoundError, "no projection named"),
        ("LIKED+LIKED", NotFoundError, "no projection named"),
        ("like", NotFoundError, "did you mean 'likes'"),
    ],
)
def test_types_that_are_no_projection(name: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        choose(name, {})
