"""Embeddings of models of clicks: what is shown is the chance that was measured, and not its logit."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from graphrec.api.train import Plan, resume, train
from graphrec.errors import TrainingError
from graphrec.serving.explain import explain
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.store.ladybug import LadybugStore
from graphrec.training.manifest import FILE
from graphrec.workspace import Workspace


@pytest.mark.parametrize(
    ("model", "settings"), [("mf", {}), ("acf", {"components": "none", "dimension": 8, "learning_rate": 0.02})]
)
def test_published_scores_are_calibrated_chances(copied: Workspace, model: str, settings: dict[str, Any]) -> None:
    given = {"epochs": 5, "device": "cpu", "calibrate": "platt", **settings}
    done = train(copied, Plan(model, given, projection="highlights", split="random-70-10-20", task="click"))
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, done.loaded)
        asked = recommend(store, copied, Request("u3", k=10, run=done.run.id))
        found = recommend(store, copied, Request("u3", k=10, model=model))
        assert found.basis == done.run.id
        assert [one.id for one in found.items] == [one.id for one in asked.items]
        scores = [one.score for one in found.items]
        assert scores == pytest.approx([one.score for one in asked.items], rel=1e-4)
        at = done.loaded.snapshot
        user, items = at.users.index(["u3"] * 10), at.items.index([one.id for one in found.items])
        assert scores == pytest.approx(done.loaded.pairs_now(user, items).tolist(), rel=1e-4)
        told = explain(store, copied, "u3", found.items[0].id, model=model)
        assert told.score == pytest.approx(scores[0], rel=1e-4)


@pytest.mark.parametrize(("part", "name"), [("task", "unseen"), ("settings", "layers_l2")])
def test_settings_of_another_version_are_said(copied: Workspace, part: str, name: str) -> None:
    plan = Plan("fm", {"epochs": 0, "device": "cpu"}, projection="highlights", split="random-70-10-20")
    run = train(copied, plan).run
    manifest = {**run.manifest, part: {**run.manifest[part], name: 1}}
    (run.folder / FILE).write_text(json.dumps(manifest))
    said = rf"{run.id} was made by another version of graphrec .*\({name}\)"
    with closing(LadybugStore(copied)) as store, pytest.raises(TrainingError, match=said):
        recommend(store, copied, Request("u3", run=run.id))
    with pytest.raises(TrainingError, match="train again"):
        resume(copied, run.id)
