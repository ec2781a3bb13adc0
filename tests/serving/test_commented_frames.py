"""A run that learned from comments serves those who wrote, who wrote more since, and who came later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, train
from graphrec.serving.explain import explain
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.since_training import since_training
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

FRAMES, USERS = 40, 30
TOPICS = ("sword", "kitten")
FEW = 3
"""So many comments has the user who wrote little, fewer than the run asks for."""


def write(store: LadybugStore, user: str, frames: Sequence[int], more: str = "") -> None:
    """Comment on ``frames``, each with the word of its topic; even frames are about the first."""
    names = [f"{user}-{frame}{more}" for frame in frames]
    store.write_nodes("User", pa.table({"id": [user]}))
    words = [f"{TOPICS[frame % 2]} scene" for frame in frames]
    told = {"id": names, "words": words, "polarity": [1.0] * len(names), "left_out": [""] * len(names)}
    store.write_nodes("Comment", pa.table(told))
    store.write_relationships("WROTE", "User", "Comment", pa.table({"from": [user] * len(names), "to": names}))
    on = pa.table({"from": names, "to": [f"f{frame:02}" for frame in frames]})
    store.write_relationships("ON", "Comment", "Frame", on)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """Users of odd numbers comment on odd frames, and those of even ones on even frames."""
    workspace = Workspace(tmp_path_factory.mktemp("commented"))
    rng = np.random.default_rng(0)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        frames = [f"f{frame:02}" for frame in range(FRAMES)]
        store.write_nodes("Item", pa.table({"id": ["v"]}))
        store.write_nodes("Frame", pa.table({"id": frames, "time_s": [float(n) for n in range(FRAMES)]}))
        store.write_relationships("HAS_FRAME", "Item", "Frame", pa.table({"from": ["v"] * FRAMES, "to": frames}))
        for user in range(USERS):
            write(store, f"u{user:02}", rng.permutation(np.arange(user % 2, FRAMES, 2))[:12].tolist())
        write(store, "quiet", range(1, 1 + 2 * FEW, 2))
    given = {"epochs": 60, "dimension": 16, "word_dimension": 16, "batch_size": 64, "min_records": FEW + 1, "l2": 0.02}
    run = train(workspace, Plan("kfrc", given, projection="comments", split="random-by-user", baselines=False)).loaded
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, run)
        write(store, "late", range(0, 16, 2))
    return workspace, run.run.id


def parities(found: Sequence[str]) -> set[int]:
    return {int(frame[1:]) % 2 for frame in found}


def test_frames_of_a_video_are_ranked_by_what_the_user_writes_on(trained: tuple[Workspace, str]) -> None:
    workspace, run = trained
    with closing(LadybugStore(workspace)) as store:
        found = recommend(store, workspace, Request("u01", k=5, label="Frame", within="v"))
        told = explain(store, workspace, "u01", found.items[0].id)
    assert found.basis == run
    assert parities([one.id for one in found.items]) == {1}
    assert told.words[0] == "kitten"
    assert "The model expects u01 to write of it: kitten" in told.sentence


@pytest.mark.parametrize(("user", "parity", "count"), [("late", 0, 8), ("quiet", 1, FEW)])
def test_who_was_not_in_training_is_placed_by_comments(
    trained: tuple[Workspace, str], user: str, parity: int, count: int
) -> None:
    workspace, run = trained
    with closing(LadybugStore(workspace)) as store:
        now = since_training(store, workspace, run, [user])
        found = recommend(store, workspace, Request(user, k=5, label="Frame"))
    assert now is not None
    assert now[user].changed
    assert len(now[user].history) == count
    assert found.basis == run
    assert f"placed by the {count} records of now" in found.note
    assert parities([one.id for one in found.items]) == {parity}


def test_who_wrote_nothing_since_is_as_in_training(trained: tuple[Workspace, str]) -> None:
    workspace, run = trained
    with closing(LadybugStore(workspace)) as store:
        now = since_training(store, workspace, run, ["u00", "u01"])
    assert now is not None
    assert not any(one.changed for one in now.values())
