"""The audio-visual network from video files: what it makes of them, and of new ones, as modalities of other models."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from graphrec.api.ingest import place
from graphrec.api.train import Plan, Trained, train
from graphrec.features import FeatureStore
from graphrec.loaders.videos import VideoLoader
from graphrec.loading.load import load
from graphrec.models.deepfm import DeepFM
from graphrec.serving.publish import publish
from graphrec.serving.published import current_runs
from graphrec.serving.similar import similar
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace
from graphrec.worlds.micro_videos import (
    SORTS,
    MicroVideoWorld,
    make_micro_video_world,
    read_hidden,
    write_micro_video,
)

VIDEOS = {"encoder": "clip", "audio": "spectrogram", "frames": "none", "segments": "equal:1"}
BRANCHES = ("visual", "shared", "audio")
MATRICES = ["avnet-item", *(f"avnet_{branch}-item" for branch in BRANCHES)]


def loaded(folder: Path, **given: int) -> tuple[Workspace, MicroVideoWorld]:
    """Make a world of video files, and load them and what users clicked on."""
    world = make_micro_video_world(folder / "world", seed=0, **given)
    workspace = Workspace(folder / "workspace")
    with closing(LadybugStore(workspace, write=True)) as store:
        load_videos(store, workspace, world.videos)
        rated = csv.read_csv(world.clicks)
        users, items = (rated[name].cast(pa.string()) for name in ("userId", "movieId"))
        store.write_nodes("User", pa.table({"id": users.unique()}))
        table = pa.table({"from": users, "to": items, "rating": rated["rating"].cast(pa.float64())})
        store.write_relationships("RATED", "User", "Item", table)
    return workspace, world


def load_videos(store: LadybugStore, workspace: Workspace, folder: Path) -> None:
    load(store, VideoLoader(), [folder], VideoLoader.Options(**VIDEOS), workspace)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Trained]:
    workspace, _ = loaded(tmp_path_factory.mktemp("micro"), videos=40, users=25, per_user=8)
    given = {"dimension": 6, "epochs": 3, "device": "cpu", "target": "Item>Genre"}
    done = train(workspace, Plan("avnet", given))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, done.loaded)
    return workspace, done


@pytest.fixture
def copied(trained: tuple[Workspace, Trained], tmp_path: Path) -> Workspace:
    return Workspace(Path(shutil.copytree(trained[0].root, tmp_path / "copy")))


def test_each_branch_is_in_the_graph_and_in_the_feature_files(trained: tuple[Workspace, Trained]) -> None:
    workspace, done = trained
    features = FeatureStore(workspace.features)
    assert [name for name in features.names() if name.startswith("avnet")] == sorted(MATRICES)
    with closing(LadybugStore(workspace)) as store:
        [run] = current_runs(store)
        assert (run.score, run.property) == ("description", "avnet")
        assert run.spaces == {branch: f"avnet_{branch}" for branch in BRANCHES}
        ids, whole = store.read_embeddings("Item", "avnet")
        assert whole.shape == (40, 18)
        for at, branch in enumerate(BRANCHES):
            assert store.read_embeddings("Item", f"avnet_{branch}")[0].to_pylist() == ids.to_pylist()
            kept, known = features.read(f"avnet_{branch}-item", ids)
            assert known.all()
            np.testing.assert_array_equal(kept, whole[:, 6 * at : 6 * at + 6])
            assert features.info(f"avnet_{branch}-item").run == done.run.id
        assert len(similar(store, ids[0].as_py(), 3)) == 3


def test_it_reads_arrays_alone_and_others_leave_them(copied: Workspace) -> None:
    again = train(copied, Plan("avnet", {"epochs": 0, "device": "cpu", "target": "Item>Genre"}))
    assert again.loaded.snapshot.feature_names == ["clip-32x24x24x3-item", "spectrogram-32x24x24-item"]
    other = train(copied, Plan("mf", {"epochs": 0, "device": "cpu"}, task="rating"))
    assert other.loaded.snapshot.feature_names == []
    knn = train(copied, Plan("contentknn", {"device": "cpu"}, baselines=False))
    assert knn.loaded.snapshot.feature_names == ["genres"], "and no arrays, though they are features of items"


def test_a_click_model_sees_each_modality_apart(copied: Workspace) -> None:
    given = {"epochs": 1, "dimension": 4, "modalities": "guided", "device": "cpu"}
    done = train(copied, Plan("deepfm", given, task="click", features=MATRICES[1:]))
    assert done.loaded.snapshot.feature_names == MATRICES[1:]
    model = done.loaded.model
    assert isinstance(model, DeepFM)
    assert sum("was learned by avnet-" in note for note in done.account.notes) == 3


def test_a_new_video_is_described_without_retraining(copied: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    write_micro_video(folder / "new.mp4", np.array([1, 2, 3]), np.random.default_rng(9))
    with closing(LadybugStore(copied, write=True)) as store:
        before = store.read_embeddings("Item", "avnet")
        load_videos(store, copied, folder)
        done = place(store, copied)
        assert done is not None
        assert (done.label, done.embedded, done.again, done.without_features) == ("Item", 1, 0, 0)
        after = store.read_embeddings("Item", "avnet", before[0].to_pylist())
        np.testing.assert_array_equal(after[1], before[1])
        _, own = store.read_embeddings("Item", "avnet", ["new"])
        for at, branch in enumerate(BRANCHES):
            kept, known = FeatureStore(copied.features).read(f"avnet_{branch}-item", ["new"])
            assert known.all()
            np.testing.assert_allclose(kept, own[:, 6 * at : 6 * at + 6])
            np.testing.assert_allclose(store.read_embeddings("Item", f"avnet_{branch}", ["new"])[1], kept)
        again = place(store, copied)
    assert again is not None
    assert (again.embedded, again.again) == (0, 0)


def test_pictures_that_change_are_described_again(copied: Workspace) -> None:
    features = FeatureStore(copied.features)
    with closing(LadybugStore(copied, write=True)) as store:
        before = store.read_embeddings("Item", "avnet_visual", ["v0003"])[1]
        shown = features.read("clip-32x24x24x3-item", ["v0003"])[0]
        features.write("clip-32x24x24x3-item", "Item", ["v0003"], 255 - shown)
        done = place(store, copied)
        assert done is not None
        assert (done.embedded, done.again) == (0, 1)
        assert (store.read_embeddings("Item", "avnet_visual", ["v0003"])[1] != before).any()


def read_by_a_linear_probe(vectors: np.ndarray, kinds: np.ndarray) -> float:
    """Return how often logistic regression on 70 % of the vectors tells the kinds of the others."""
    probe, known = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)), len(vectors) * 7 // 10
    return float(probe.fit(vectors[:known], kinds[:known]).score(vectors[known:], kinds[known:]))


@pytest.mark.slow
def test_branches_hold_what_one_modality_says_alone_and_what_both_say(tmp_path: Path) -> None:
    workspace, world = loaded(tmp_path, videos=320, users=20, per_user=5)
    done = train(workspace, Plan("avnet", {"epochs": 20, "device": "cpu", "target": "Item>Genre"}, baselines=False))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, done.loaded)
    hidden, features = read_hidden(tmp_path / "world"), FeatureStore(workspace.features)
    told = {
        (branch, sort): read_by_a_linear_probe(features.read(f"avnet_{branch}-item", world.ids)[0], hidden[sort].array)
        for branch in BRANCHES
        for sort in SORTS
    }
    # Chance is a quarter.
    assert told["visual", "seen"] > 0.8, told
    assert told["audio", "heard"] > 0.8, told
    # What both say comes down to what they agree upon best, here a part of the kinds against the others.
    assert told["shared", "both"] > 0.4, told
    for branch, sort in (("shared", "seen"), ("shared", "heard"), ("visual", "heard"), ("audio", "seen")):
        assert told[branch, sort] < 0.45, told
