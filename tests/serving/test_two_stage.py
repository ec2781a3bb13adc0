"""Candidates of one run, ranked by another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.lists import write_lists
from graphrec.serving.load_model import load_run
from graphrec.serving.recommend import Request, recommend
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def clicks(trained: tuple[Workspace, Trained]) -> str:
    """A run of a model of clicks on the same segments."""
    given = {"epochs": 20, "learning_rate": 0.01, "device": "cpu"}
    return train(trained[0], Plan("fm", given, projection="highlights", split="random-70-10-20")).run.id


def test_the_model_of_clicks_decides_among_what_is_proposed(
    store: LadybugStore, trained: tuple[Workspace, Trained], clicks: str
) -> None:
    workspace = trained[0]
    proposed = recommend(store, workspace, Request("u3", k=96))
    again = recommend(store, workspace, Request("u3", k=5, rank_by=clicks))
    assert again.basis == clicks
    assert again.note == f"{len(proposed.items)} candidates by {trained[1].run.id}, ranked by {clicks}"
    loaded = load_run(workspace, trained[1].run)
    scorer, shot = load_run(workspace, find_run(workspace, clicks)).scorer, loaded.snapshot
    (user,) = shot.users.index(["u3"])
    ids = [one.id for one in proposed.items]
    items = torch.from_numpy(shot.items.index(ids))
    scores = dict(zip(ids, scorer.pairs(torch.full_like(items, user), items).tolist(), strict=True))
    best = sorted(scores, key=lambda key: (-scores[key], key))[:5]
    assert [one.id for one in again.items] == best
    assert [one.score for one in again.items] == pytest.approx([scores[key] for key in best], rel=1e-5)
    assert [one.id for one in proposed.items][:5] != best


def test_who_has_no_record_is_ranked_by_what_is_popular_and_fields(
    store: LadybugStore, workspace: Workspace, clicks: str
) -> None:
    usual = recommend(store, workspace, Request("newcomer", k=500))
    again = recommend(store, workspace, Request("newcomer", k=3, rank_by=clicks))
    assert usual.basis == "popularity"
    assert again.note == f"{usual.note}; {len(usual.items)} candidates by popularity, ranked by {clicks}"


def test_embeddings_that_nothing_has_touched_rank_nothing(
    store: LadybugStore, trained: tuple[Workspace, Trained]
) -> None:
    workspace = trained[0]
    given = {"epochs": 1, "device": "cpu"}
    factors = train(workspace, Plan("bpr", given, projection="highlights", split="temporal-last"))
    data, shot = factors.loaded.split.data, factors.loaded.snapshot
    again = recommend(store, workspace, Request("newcomer", k=3, rank_by=factors.run.id))
    assert again.basis == "popularity"
    assert again.note.endswith(f"{factors.run.id} knows nothing of newcomer")
    ranked = recommend(store, workspace, Request("u3", k=96, rank_by=factors.run.id))
    proposed = recommend(store, workspace, Request("u3", k=96))
    known = {shot.items[int(at)] for at in np.flatnonzero((data.by_item.lengths > 0) | data.content.described)}
    assert {one.id for one in ranked.items} == {one.id for one in proposed.items} & known
    assert len(ranked.items) < len(proposed.items)


def test_what_the_run_cannot_score_is_left_out_and_counted(
    store: LadybugStore, trained: tuple[Workspace, Trained], tmp_path: Path
) -> None:
    workspace = trained[0]
    given = {"epochs": 1, "device": "cpu"}
    factors = train(workspace, Plan("mf", given, projection="highlights", split="random-70-10-20", task="click"))
    again = recommend(store, workspace, Request("u3", k=96, rank_by=factors.run.id))
    proposed = recommend(store, workspace, Request("u3", k=96))
    known = factors.loaded.split.data.by_item.lengths > 0
    scored = sum(known[factors.loaded.snapshot.items.index([one.id])[0]] for one in proposed.items)
    assert 0 < scored < len(proposed.items)
    assert len(again.items) == scored
    assert again.note.endswith(f"; {len(proposed.items) - scored} that it knows nothing of are left out")
    assert [one.score for one in again.items] == sorted((one.score for one in again.items), reverse=True)
    request = Request("", k=96, rank_by=factors.run.id)
    both = write_lists(store, workspace, request, tmp_path / "lists.parquet", ["u3"])
    assert (both.rows, both.left_out) == (scored, len(proposed.items) - scored)
    nobody = recommend(store, workspace, Request("newcomer", k=3, rank_by=factors.run.id))
    assert nobody.basis == "popularity"
    assert nobody.note.endswith(f"{factors.run.id} knows nothing of newcomer")


def test_what_cannot_rank_again_is_named(store: LadybugStore, workspace: Workspace, clicks: str) -> None:
    with pytest.raises(NotFoundError):
        recommend(store, workspace, Request("u3", rank_by="fm-1"))
    with pytest.raises(ConfigError, match="leave out --rated"):
        recommend(store, workspace, Request("u3", rank_by=clicks, rated=True))
