"""A network of trailers in the graph: what it makes of trailers, items and sequences, for others to use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.export import export_embeddings
from graphrec.api.ingest import place
from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.graph.data import Data
from graphrec.models.base import Encoded
from graphrec.models.trailernet import TrailerNet
from graphrec.ragged import Ints
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.published import current_run, current_runs
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.trailer_graph import MOVIES, write_trailer, write_trailers
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace

GIVEN = {"hidden": 8, "dimension": 8, "length": 4, "shift": 1, "epochs": 40, "patience": 20, "device": "cpu"}
GIVEN["learning_rate"] = 0.01


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Trained]:
    folder = Workspace(tmp_path_factory.mktemp("trailers"))
    with closing(LadybugStore(folder, write=True)) as store:
        write_trailers(store, folder)
    done = train(folder, Plan("trailernet", GIVEN, task="node-targets"))
    with closing(LadybugStore(folder, write=True)) as store:
        publish(store, done.loaded)
    return folder, done


@pytest.fixture
def copied(trained: tuple[Workspace, Trained], tmp_path: Path) -> Workspace:
    import shutil

    return Workspace(Path(shutil.copytree(trained[0].root, tmp_path / "copy")))


def test_embeddings_are_in_the_graph_and_in_the_feature_files(trained: tuple[Workspace, Trained]) -> None:
    folder, done = trained
    features = FeatureStore(folder.features)
    with closing(LadybugStore(folder)) as store:
        for label, name, count in (("Item", "trailernet-item", MOVIES), ("Trailer", "trailernet-trailer", MOVIES)):
            ids, vectors = store.read_embeddings(label, "trailernet")
            assert len(ids) == count
            kept, known = features.read(name, ids)
            assert known.all()
            np.testing.assert_allclose(kept, vectors)
            assert (features.info(name).label, features.info(name).run) == (label, done.run.id)
        # Sequences of 4 of 6 frames begin at the first three.
        sequences = sorted(store.read_embeddings("Frame", "trailernet")[0].to_pylist())
        assert sequences == sorted(f"t-m{n:02}@{second}" for n in range(MOVIES) for second in range(3))
    test = done.test.metrics
    assert test["rmse"] < 0.8 * _of_the_mean(done)


def _of_the_mean(done: Trained) -> float:
    known, cases = done.loaded.split.data.targets, done.loaded.split.test
    return float(np.sqrt(np.mean((cases.targets - np.nanmean(known)) ** 2)))


def test_alike_is_of_the_same_genre(trained: tuple[Workspace, Trained]) -> None:
    with closing(LadybugStore(trained[0])) as store:
        found = similar(store, "m05", 5)
        assert all(int(one.id[1:]) % 4 == 1 for one in found)
        assert all(int(one.id[3:]) % 4 == 1 for one in similar(store, "t-m05", 5, label="Trailer"))
        with pytest.raises(NotFoundError, match=r"'silent' has no embedding of .*; `graphrec embed` gives one"):
            similar(store, "silent")


def test_what_describes_ranks_nothing(trained: tuple[Workspace, Trained]) -> None:
    folder = trained[0]
    with closing(LadybugStore(folder)) as store:
        assert current_run(store) is None
        assert [run.score for run in current_runs(store)] == ["description"]
        with pytest.raises(ConfigError, match="describes nodes and ranks nothing for users; `graphrec similar"):
            recommend(store, folder, Request("u0", model="trailernet"))
        names = export_embeddings(store, folder.root / "exported")
    assert {"Item.npy", "Trailer.npy", "Frame.npy"} <= set(names)


def test_a_new_trailer_is_described_without_retraining(copied: Workspace) -> None:
    rng = np.random.default_rng(5)
    with closing(LadybugStore(copied, write=True)) as store:
        store.write_nodes("Item", pa.table({"id": ["new"]}))
        trailer = write_trailer(store, copied, rng, "new", 3)
        done = place(store, copied)
        assert done is not None
        told = {one.label: one.embedded for one in (done, *done.siblings)}
        assert told == {"Item": 1, "Trailer": 1, "Frame": 3}
        assert done.without_features == 1
        assert all(int(one.id[1:]) % 4 == 3 for one in similar(store, "new", 5))
        kept, known = FeatureStore(copied.features).read("trailernet-trailer", [trailer])
        assert known.all()
        np.testing.assert_allclose(kept, store.read_embeddings("Trailer", "trailernet", [trailer])[1], rtol=1e-5)
        again = place(store, copied)
    assert again is not None
    assert not any(one.embedded or one.again for one in (again, *again.siblings))


def test_what_is_as_it_was_is_not_described_again(copied: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []
    encoded = TrailerNet.encoded

    def counted(self: TrailerNet, data: Data, items: Ints | None = None) -> Mapping[str, Encoded]:
        asked.append([] if items is None else items.tolist())
        return encoded(self, data, items)

    monkeypatch.setattr(TrailerNet, "encoded", counted)
    [run] = list_runs(copied)
    features = FeatureStore(copied.features)
    with closing(LadybugStore(copied, write=True)) as store:
        before = store.read_embeddings("Item", "trailernet")
        assert _placed(store, copied) == (0, 0)
        assert asked.pop() == []
        shown = features.read("look-frame", ["t-m07@2"])[0]
        features.write("look-frame", "Frame", ["t-m07@2"], -shown)
        assert _placed(store, copied) == (0, 1)
        [[changed]] = asked
        after = store.read_embeddings("Item", "trailernet")
        assert before[0].to_pylist() == after[0].to_pylist()
        assert [before[0][int(at)].as_py() for at in np.flatnonzero((before[1] != after[1]).any(1))] == ["m07"]
        # To publish it again writes what training has made of it, of which it is told apart.
        publish(store, load_run(copied, run))
        asked.clear()
        assert _placed(store, copied) == (0, 1)
        assert asked == [[changed]]
        np.testing.assert_allclose(store.read_embeddings("Item", "trailernet")[1], after[1], rtol=1e-5)


def _placed(store: GraphStore, folder: Workspace) -> tuple[int, int]:
    done = place(store, folder)
    assert done is not None
    return done.embedded, done.again


def test_other_models_take_it_where_it_is_named_and_that_is_said(copied: Workspace) -> None:
    alone = train(copied, Plan("mf", {"epochs": 1, "device": "cpu"}, task="rating"))
    assert "trailernet-item" not in alone.loaded.snapshot.features
    named = Plan("trailer_content", {"device": "cpu"}, task="rating", features=["trailernet-item"])
    done = train(copied, named)
    assert done.loaded.snapshot.feature_names == ["trailernet-item"]
    assert any("trailernet-item was learned by trailernet-" in one for one in done.account.notes)


def test_a_later_run_takes_its_place(copied: Workspace) -> None:
    before = FeatureStore(copied.features).info("trailernet-item")
    again = train(copied, Plan("trailernet", {**GIVEN, "epochs": 1, "dimension": 5}, task="node-targets"))
    assert set(again.loaded.snapshot.features) == {"look-frame"}, "it does not read what it has written itself"
    with closing(LadybugStore(copied, write=True)) as store:
        publish(store, load_run(copied, again.run))
        assert store.read_embeddings("Trailer", "trailernet")[1].shape == (MOVIES, 5)
    now = FeatureStore(copied.features).info("trailernet-item")
    assert (now.run, now.width, now.rows) == (again.run.id, 5, MOVIES)
    assert now.origin != before.origin


def test_what_was_loaded_is_not_replaced(copied: Workspace) -> None:
    features = FeatureStore(copied.features)
    for name in ("trailernet-item", "trailernet-trailer", "trailernet-frame"):
        features.drop(name)
    features.write("trailernet-trailer", "Trailer", ["t-m00"], np.ones((1, 3), np.float32))
    [run] = list_runs(copied)
    with closing(LadybugStore(copied, write=True)) as store:
        before = store.read_embeddings("Item", "trailernet")[1]
        with pytest.raises(DataError, match=r"'trailernet-trailer' was loaded, and .* does not replace it"):
            publish(store, load_run(copied, run))
    with closing(LadybugStore(copied)) as store:
        np.testing.assert_array_equal(store.read_embeddings("Item", "trailernet")[1], before)
    assert features.names() == ["look-frame", "trailernet-trailer"]
    assert features.info("trailernet-trailer").width == 3
