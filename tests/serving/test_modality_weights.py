"""How much each feature matrix counts for a user, as it is explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.api.train import Plan, train
from graphrec.features import FeatureStore
from graphrec.serving.explain import explain
from graphrec.serving.load_model import kept_run
from graphrec.serving.modality_weights import modality_weights
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

NAMES = ("look", "sound", "words")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Ratings of items with three matrices; ``i0`` has no words, ``i1`` has none of them."""
    folder, rng = Workspace(tmp_path_factory.mktemp("weighed")), np.random.default_rng(0)
    users, items = [f"u{n}" for n in range(20)], [f"i{n}" for n in range(20)]
    rows = [(user, item, float(rng.integers(1, 6))) for user in users for item in rng.permutation(items)[:10]]
    starts, ends, rating = zip(*rows, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [*users, "late"]}))
        store.write_nodes("Item", pa.table({"id": items}))
        store.write_relationships("RATED", "User", "Item", pa.table({"from": starts, "to": ends, "rating": rating}))
    for name in NAMES:
        own = [one for one in items if one != "i1" and (one != "i0" or name != "words")]
        FeatureStore(folder.features).write(name, "Item", own, rng.normal(size=(len(own), 4)).astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def guided(workspace: Workspace) -> str:
    given = {"epochs": 3, "modalities": "guided", "learning_rate": 0.05, "device": "cpu", "initial_std": 0.5}
    return train(workspace, Plan("fm", given, split="random-70-10-20")).run.id


def test_they_are_those_of_the_model(workspace: Workspace, guided: str) -> None:
    found = modality_weights(workspace, guided, "u3", "i7")
    assert found is not None
    loaded = kept_run(workspace, find_run(workspace, guided))
    user, items = loaded.snapshot.users.index(["u3"]), loaded.snapshot.items.index(["i7"])
    own = loaded.model.attention_of(torch.from_numpy(user), torch.from_numpy(items))[0].tolist()
    assert [*found.here] == [*NAMES]
    assert [*found.here.values()] == pytest.approx(own)
    assert sum(found.here.values()) == pytest.approx(1)
    whole = np.array([n for n, key in enumerate(loaded.snapshot.items.values.to_pylist()) if key not in ("i0", "i1")])
    every = loaded.model.attention_of(torch.full((18,), int(user[0])), torch.from_numpy(whole))
    assert [*found.usual.values()] == pytest.approx(every.mean(0).tolist())
    assert (found.of, found.complete, list(found.missing)) == (18, True, [])
    first = max(found.here, key=lambda name: found.here[name])
    assert found.sentence.startswith(f"For u3 {first} counts {found.here[first]:.0%}, ")
    assert found.sentence.endswith(f"of what describes i7, by {guided}.")


def test_what_does_not_describe_it_is_told(workspace: Workspace, guided: str) -> None:
    found = modality_weights(workspace, guided, "u3", "i0")
    assert found is not None
    assert set(found.here) == {"look", "sound"}
    assert sum(found.here.values()) == pytest.approx(1)
    assert found.sentence.endswith("; words does not describe it.")
    nothing = modality_weights(workspace, guided, "u3", "i1")
    assert nothing is not None
    assert nothing.here == {}
    assert nothing.sentence == f"None of look, sound and words describes i1: {guided} has nothing to weigh."


def test_an_explanation_has_them_and_the_score_of_now(workspace: Workspace, guided: str) -> None:
    with closing(LadybugStore(workspace)) as store:
        found = explain(store, workspace, "u3", "i7", run=guided)
        late = explain(store, workspace, "late", "i7", run=guided)
    loaded = kept_run(workspace, find_run(workspace, guided))
    pair = loaded.snapshot.users.index(["u3"]), loaded.snapshot.items.index(["i7"])
    assert found.run == guided
    assert found.score == pytest.approx(float(loaded.pairs_now(*pair)[0]))
    assert found.modalities == modality_weights(workspace, guided, "u3", "i7")
    assert found.modalities is not None
    assert found.modalities.sentence in found.sentence
    assert late.note


def test_a_run_that_weighs_none_has_none(workspace: Workspace, tmp_path: Path) -> None:
    run = train(workspace, Plan("fm", {"epochs": 1, "device": "cpu"}, split="random-70-10-20")).run.id
    assert modality_weights(workspace, run, "u3", "i7") is None
    with closing(LadybugStore(workspace)) as store:
        found = explain(store, workspace, "u3", "i7", run=run)
    assert found.modalities is None
    assert found.score is not None
