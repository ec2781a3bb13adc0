"""A run places what is new by the features and genres that it was trained with, whatever there is by now."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.serving.account import account
from graphrec.serving.audience import audience
from graphrec.serving.embed import embed
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS = 12, 20


def add(store: GraphStore, items: list[str], genres: list[tuple[str, str]]) -> None:
    store.write_nodes("Item", pa.table({"id": items}))
    if genres:
        sources, targets = zip(*genres, strict=True)
        store.write_nodes("Genre", pa.table({"id": sorted(set(targets))}))
        store.write_relationships("IN_GENRE", "Item", "Genre", pa.table({"from": sources, "to": targets}))


def looks(items: list[str], width: int = 4) -> np.ndarray:
    return np.eye(2, width, dtype=np.float32)[[int(item[1:]) % 2 for item in items]]


def world(folder: Path, model: str, *, genres: bool) -> tuple[Workspace, Trained]:
    workspace, rng = Workspace(folder), np.random.default_rng(0)
    items = [f"i{number}" for number in range(ITEMS)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{user}" for user in range(USERS)]}))
        add(store, items, [(item, "drama" if int(item[1:]) % 2 else "noir") for item in items] if genres else [])
        rows = [
            (f"u{u}", f"i{i}")
            for u in range(USERS)
            for i in rng.choice(np.arange(u % 2, ITEMS, 2), 6, replace=False)
        ]
        users, viewed = zip(*rows, strict=True)
        store.write_relationships("VIEWED", "User", "Item", pa.table({"from": users, "to": viewed}))
    FeatureStore(workspace.features).write("look", "Item", items, looks(items))
    given = {"dimension": 8, "epochs": 2} if model == "transgrec" else {}
    done = train(workspace, Plan(model, given, split="random-70-10-20"))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, load_run(workspace, done.run))
    return workspace, done


def test_a_feature_that_was_made_anew_places_nothing(tmp_path: Path) -> None:
    """It is as wide as before, and means something else; one whose vectors came and changed is the same."""
    workspace, done = world(tmp_path, "transgrec", genres=False)
    loaded, features = load_run(workspace, done.run), FeatureStore(workspace.features)
    items = [f"i{number}" for number in range(ITEMS)]
    with closing(LadybugStore(workspace, write=True)) as store:
        add(store, ["i100"], [])
        features.write("look", "Item", ["i100"], looks(["i100"]))
        features.write("look", "Item", items, looks(items) + 1)
        assert embed(store, loaded, workspace).embedded == 1
        features.drop("look")
        features.write("look", "Item", [*items, "i100"], looks([*items, "i100"])[:, ::-1])
        said = f"feature 'look' was made anew after {done.run.id}.*train --model transgrec"
        with pytest.raises(DataError, match=said):
            embed(store, loaded, workspace)


@pytest.mark.parametrize("model", ["transgrec", "contentknn"])
@pytest.mark.parametrize("genres", [True, False])
def test_genres_of_later_change_nothing_of_where_new_ones_are_placed(tmp_path: Path, model: str, genres: bool) -> None:
    workspace, done = world(tmp_path, model, genres=genres)
    loaded = load_run(workspace, done.run)
    new = ["i100", "i101", "i102"]
    FeatureStore(workspace.features).write("look", "Item", new, looks(new))
    with closing(LadybugStore(workspace, write=True)) as store:
        # Their ids come before, between and after those of before.
        known = [("i100", "noir"), ("i101", "drama")] if genres else []
        add(store, new, [*known, ("i100", "action"), ("i100", "mystery"), ("i102", "western")])
        told = embed(store, loaded, workspace)
        assert (told.embedded, told.without_features) == (3, 0)
        assert told.new_genres == (3 if genres else 0)
        ids, vectors = store.read_embeddings("Item", model)
        at = dict(zip(ids.to_pylist(), vectors, strict=True))
        # The same look and the same genres, of those that count, put it where its like would be put.
        import torch

        width = loaded.split.data.content.width
        assert width == (6 if genres else 4)
        row = np.zeros((1, width), np.float32)
        row[0, 0] = 1
        if genres:
            row[0, 4 + 1] = 1
        expected = loaded.model.place(torch.from_numpy(row)).numpy(force=True)[0]
        np.testing.assert_allclose(at["i100"], expected, rtol=1e-4, atol=1e-5)
        assert audience(store, "i100", model=model).users
        if model == "transgrec":
            assert account(store, workspace, done.run.id, "u0", "Item", "i102").item.most
        again = embed(store, loaded, workspace)
        assert (again.embedded, again.again) == (0, 0)


def test_a_feature_of_another_width_is_named(tmp_path: Path) -> None:
    workspace, done = world(tmp_path, "transgrec", genres=True)
    features = FeatureStore(workspace.features)
    features.drop("look")
    features.write("look", "Item", ["i100"], looks(["i100"], 8))
    with closing(LadybugStore(workspace, write=True)) as store:
        add(store, ["i100"], [])
        with pytest.raises(DataError, match=r"feature 'look' has 8 numbers per Item now, and 4 when transgrec-"):
            embed(store, load_run(workspace, done.run), workspace)


def test_a_model_that_places_nothing_says_so_and_nothing_advises_to_embed(tmp_path: Path) -> None:
    workspace, done = world(tmp_path, "ials", genres=True)
    with closing(LadybugStore(workspace, write=True)) as store:
        add(store, ["i100"], [])
        told = embed(store, load_run(workspace, done.run), workspace)
        assert told.embedded == 0
        assert told.unable == "ials does not place what came after training: train it again"
        with pytest.raises(NotFoundError, match="graphrec train --model ials` again") as error:
            audience(store, "i100")
        assert "graphrec embed" not in str(error.value)
