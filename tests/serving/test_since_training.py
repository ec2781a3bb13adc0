"""Users who came after training, and users who chose more since, are ranked by what they have now."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.api.forget_files import drop_snapshot
from graphrec.api.train import Plan, train
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.since_training import since_training
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


def highlight(workspace: Workspace, user: str, segments: list[str]) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", pa.table({"id": [user]}))
        rows = pa.table({"from": [user] * len(segments), "to": segments, "at": list(range(9000, 9000 + len(segments)))})
        store.write_relationships("HIGHLIGHTED", "User", "Segment", rows)


def parities(found: list[str]) -> set[int]:
    return {int(segment.split("#")[1]) % 2 for segment in found}


@pytest.mark.parametrize("parity", [0, 1])
def test_a_user_who_came_after_training_is_placed_by_what_is_there_now(copied: Workspace, parity: int) -> None:
    highlight(copied, "late", [f"v{v}#{p}" for v in range(3) for p in range(parity, 8, 2)])
    with closing(LadybugStore(copied)) as store:
        ranking = recommend(store, copied, Request("late", k=8, new_only=True))
    assert ranking.basis.startswith("transgrec-")
    assert ranking.note == "late came after training: placed by the 12 records of now"
    assert parities([item.id for item in ranking.items]) == {parity}


def test_a_history_that_has_changed_counts_and_is_said(copied: Workspace) -> None:
    with closing(LadybugStore(copied)) as store:
        before = recommend(store, copied, Request("u0", k=8, within="v10"))
        assert before.note == ""
    odd = [f"v{v}#{p}" for v in range(10) for p in range(1, 8, 2)]
    highlight(copied, "u0", odd)
    with closing(LadybugStore(copied)) as store:
        now = since_training(store, copied, before.basis, ["u0"])
        assert now is not None
        assert now["u0"].changed
        after = recommend(store, copied, Request("u0", k=8, within="v10"))
    assert after.note.startswith("the history of u0 has changed since training: placed by the ")
    assert [item.id for item in after.items] != [item.id for item in before.items]


def test_without_its_snapshot_a_run_says_why_it_places_nobody(copied: Workspace) -> None:
    highlight(copied, "late", ["v0#1", "v1#1"])
    for folder in copied.snapshots.glob("*/meta.json"):
        drop_snapshot(folder.parent)
    with closing(LadybugStore(copied)) as store:
        late = recommend(store, copied, Request("late", k=3))
        known = recommend(store, copied, Request("u0", k=3))
    assert late.basis == "popularity"
    assert known.basis.startswith("transgrec-")
    for user, note in (("late", late.note), ("u0", known.note)):
        assert f"is gone, so what {user} has chosen since training counts for nothing: train again" in note


@pytest.mark.parametrize("model", ["bpr", "ease", "ials"])
def test_every_model_that_folds_in_serves_a_new_user(copied: Workspace, model: str) -> None:
    trained = train(copied, Plan(model, {}, split="temporal-last"))
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, trained.loaded)
    highlight(copied, "late", [f"v{v}#{p}" for v in range(4) for p in range(0, 8, 2)])
    with closing(LadybugStore(copied)) as store:
        published = recommend(store, copied, Request("late", k=8, model=model))
        by_run = recommend(store, copied, Request("late", k=8, run=trained.run.id))
        known = recommend(store, copied, Request("u0", k=8, model=model))
    assert published.basis == by_run.basis == trained.run.id
    assert "came after training" in published.note
    assert parities([item.id for item in published.items]) == {0}
    assert {item.id for item in by_run.items} == {item.id for item in published.items}
    assert parities([item.id for item in known.items]) == {0}


def test_where_embeddings_only_propose_the_model_decides(copied: Workspace) -> None:
    trained = train(copied, Plan("ease", {"dimension": 2}, split="temporal-last"))
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, trained.loaded)
        found = recommend(store, copied, Request("u0", k=5, model="ease"))
        exact = recommend(store, copied, Request("u0", k=5, run=trained.run.id))
    assert [item.id for item in found.items] == [item.id for item in exact.items]
    assert [item.score for item in found.items] == pytest.approx([item.score for item in exact.items], abs=1e-5)


@pytest.mark.parametrize("model", ["transgrec", "ease"])
def test_who_has_rated_down_all_of_it_is_served_by_popularity(tmp_path: Path, model: str) -> None:
    workspace = Workspace(tmp_path)
    pairs = [(f"u{u}", f"i{(u + step) % 8}", 5.0, 10 * u + step) for u in range(12) for step in range(5)]

    def rate(rows: list[tuple[str, str, float, int]]) -> None:
        columns = zip(("from", "to", "rating", "at"), zip(*rows, strict=True), strict=True)
        store.write_relationships("RATED", "User", "Item", pa.table({name: list(values) for name, values in columns}))

    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{u}" for u in range(12)]}))
        store.write_nodes("Item", pa.table({"id": [f"i{i}" for i in range(8)]}))
        rate(pairs)
    trained = train(workspace, Plan(model, {"epochs": 1} if model == "transgrec" else {}, split="random-70-10-20"))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, trained.loaded)
        assert recommend(store, workspace, Request("u0")).basis == trained.run.id
        rate([(user, item, 1.0, at + 1000) for user, item, _, at in pairs if user == "u0"])
    with closing(LadybugStore(workspace)) as store:
        for asked in (Request("u0"), Request("u0", run=trained.run.id)):
            found = recommend(store, workspace, asked)
            assert found.basis == "popularity"
            assert found.note == "nothing is left of what u0 had chosen when the model was trained"
