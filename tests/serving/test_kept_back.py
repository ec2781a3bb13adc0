"""A training whose verdict is against publishing does not replace what is published, unless it is told to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from graphrec.api.train import Trained
from graphrec.features import FeatureStore
from graphrec.serving.explain import explain
from graphrec.serving.load_model import Loaded, load_run
from graphrec.serving.publish import publish, reason_against
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import Run
from graphrec.workspace import Workspace


def judged(loaded: Loaded, *, bad: bool) -> Loaded:
    verdict: dict[str, Any] = {"verdict": {"sentence": "below chance: do not publish.", "bad": bad}}
    return replace(loaded, run=Run(loaded.run.folder, {**loaded.run.manifest, "account": verdict}))


def other(loaded: Loaded, folder: Path) -> Loaded:
    folder.mkdir()
    return replace(loaded, run=Run(folder, loaded.run.manifest))


def test_a_bad_verdict_keeps_what_another_run_has_published(
    copied: Workspace, trained: tuple[Workspace, Trained], tmp_path: Path
) -> None:
    loaded = load_run(copied, trained[1].run)
    later = judged(other(loaded, tmp_path / "transgrec-later"), bad=True)
    with closing(LadybugStore(copied, write=True)) as store:
        told = reason_against(store, later)
        assert f"keeps the embeddings of {loaded.run.id}" in told
        assert "`graphrec publish transgrec-later`" in told
        assert not reason_against(store, judged(later, bad=False))
        assert not reason_against(store, later, "elsewhere"), "nothing is published there"
        assert not reason_against(store, judged(loaded, bad=True)), "it replaces nothing but itself"
        assert publish(store, later).warning == "below chance: do not publish."


def test_only_features_of_the_model_that_have_a_direction_are_reasons(
    copied: Workspace, trained: tuple[Workspace, Trained]
) -> None:
    features = FeatureStore(copied.features)
    ids = [f"v{video}#{place}" for video in range(12) for place in range(8)]
    look, _ = features.read("look", ids)
    features.write("later", "Segment", ids, look)
    features.write("length", "Segment", ids, look[:, :1])
    with closing(LadybugStore(copied)) as store:
        assert set(explain(store, copied, "u0", "v10#0").content) == {"look"}
