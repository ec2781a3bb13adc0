"""What models of clicks read of a graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.plan import Plan
from graphrec.api.train import train
from graphrec.errors import ConfigError
from graphrec.schema import Property
from graphrec.serving.load_model import load_run
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

GIVEN = {"epochs": 2, "device": "cpu"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Ratings of users with jobs, who follow one another, of items with genres."""
    folder, rng = Workspace(tmp_path), np.random.default_rng(0)
    users, items = [f"u{n}" for n in range(30)], [f"i{n}" for n in range(20)]
    pairs = [(user, item) for user in users for item in rng.permutation(items)[:8]]
    rating = rng.integers(1, 6, len(pairs)).astype(float)
    starts, ends = zip(*pairs, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.declare("User", [Property("job", "string"), Property("joined_at", "int64"), Property("age", "int64")])
        jobs = rng.choice(["cook", "tailor"], 30)
        ages = rng.integers(20, 60, 30)
        store.write_nodes("User", pa.table({"id": users, "job": jobs, "age": ages, "joined_at": ages}))
        store.declare("Item", [Property("tags", "list")])
        tags = [["fun", "old", "fun"], ["old"], [], None] * 5
        titles = [f"The {item}" for item in items]
        told = pa.table({"id": items, "title": titles, "tags": pa.array(tags, pa.list_(pa.string()))})
        store.write_nodes("Item", told)
        store.write_nodes("Genre", pa.table({"id": ["a", "b"]}))
        store.write_relationships("IN_GENRE", "Item", "Genre", pa.table({"from": items, "to": ["a", "b"] * 10}))
        store.write_relationships("FOLLOWS", "User", "User", pa.table({"from": users[1:], "to": users[:-1]}))
        store.write_relationships("RATED", "User", "Item", pa.table({"from": starts, "to": ends, "rating": rating}))
    return folder


def test_all_that_the_graph_says_are_fields_but_times_and_names(workspace: Workspace) -> None:
    done = train(workspace, Plan("fm", GIVEN, split="random-70-10-20"))
    notes = done.run.manifest["notes"]
    assert "7 fields: User, User.age, User.job, User>User, Item, Item.tags, Item>Genre." in notes
    assert any("Item.title is no field" in note for note in notes)
    assert done.run.manifest["task"]["name"] == "click"
    assert set(done.test.metrics) == {"auc", "gauc", "logloss", "calibration", "calibration_ratio"}
    loaded = load_run(workspace, done.run)
    assert [field.name for field in loaded.model.fields.order][:3] == ["User", "User.age", "User.job"]


def test_a_factorization_machine_of_ratings_reads_tags_too(workspace: Workspace) -> None:
    given = {**GIVEN, "fields": "Item.tags,Item>Genre"}
    done = train(workspace, Plan("libfm", given, split="random-k-fold", projection="ratings"))
    assert load_run(workspace, done.run).split.data.nodes["Item.tags"] == 2


def test_fields_may_be_named(workspace: Workspace) -> None:
    given = {**GIVEN, "fields": "User.job"}
    done = train(workspace, Plan("deepfm", given, split="random-70-10-20"))
    assert any(note.startswith("3 fields: User, User.job, Item.") for note in done.run.manifest["notes"])
    listed = train(workspace, Plan("fm", {**GIVEN, "fields": "Item.tags"}, split="random-70-10-20"))
    loaded = load_run(workspace, listed.run)
    tags, ids = loaded.snapshot.lists["Item.tags"], loaded.snapshot.ids["Item.tags"]
    assert [ids.take(tags[row]) for row in loaded.snapshot.items.index(["i0", "i1", "i2", "i3"])] == [
        ["fun", "old"], ["old"], [], []
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="'job' is no field"):
        train(workspace, Plan("deepfm", {**GIVEN, "fields": "job"}))
