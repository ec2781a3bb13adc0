from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.features import FeatureStore
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

VIDEOS, SEGMENTS, USERS = 12, 8, 24


def taste(segment: str) -> int:
    """Even segments of a video show one thing, odd ones another."""
    return int(segment.split("#")[1]) % 2


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Trained]:
    """Users who like either even or odd segments; the last two videos nobody has highlighted."""
    rng = np.random.default_rng(0)
    workspace = Workspace(tmp_path_factory.mktemp("served"))
    store = LadybugStore(workspace, write=True)
    store.initialise()
    segments = [f"v{v}#{p}" for v in range(VIDEOS) for p in range(SEGMENTS)]
    position = np.tile(np.arange(SEGMENTS), VIDEOS)
    videos = [f"v{v}" for v in range(VIDEOS)]
    users = [f"u{u}" for u in range(USERS)]
    store.write_nodes("User", pa.table({"id": [*users, "newcomer"]}))
    store.write_nodes("Item", pa.table({"id": videos, "title": [f"Video {v}" for v in videos]}))
    store.write_nodes("Segment", pa.table({
        "id": segments, "start_s": position * 5.0, "end_s": position * 5.0 + 5, "position": position,
    }))  # fmt: skip
    owner = pa.table({"from": np.repeat(videos, SEGMENTS), "to": segments})
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", owner)
    rows = [
        (user, f"v{v}#{p}", 1000 + v)
        for u, user in enumerate(users)
        for v in rng.choice(VIDEOS - 2, 6, replace=False)
        for p in range(u % 2, SEGMENTS, 2)
        if rng.random() < 0.7
    ]
    names, liked, at = zip(*rows, strict=True)
    store.write_relationships(
        "HIGHLIGHTED", "User", "Segment", pa.table({"from": names, "to": liked, "at": at})
    )
    FeatureStore(workspace.features).write("look", "Segment", segments, features(segments))
    store.close()
    given = {"dimension": 16, "epochs": 40, "learning_rate": 0.02, "neighbours": 5}
    done = train(workspace, Plan("transgrec", given, split="temporal-last"))
    store = LadybugStore(workspace, write=True)
    publish(store, load_run(workspace, done.run))
    store.close()
    return workspace, done


def features(segments: list[str]) -> np.ndarray:
    rng = np.random.default_rng(1)
    look = np.eye(2, 8, dtype=np.float32)[[taste(s) for s in segments]]
    return look + 0.1 * rng.standard_normal(look.shape).astype(np.float32)


@pytest.fixture
def store(trained: tuple[Workspace, Trained]) -> Iterator[LadybugStore]:
    opened = LadybugStore(trained[0])
    yield opened
    opened.close()


@pytest.fixture
def workspace(trained: tuple[Workspace, Trained], store: LadybugStore) -> Workspace:
    return trained[0]


@pytest.fixture
def copied(trained: tuple[Workspace, Trained], tmp_path: Path) -> Workspace:
    """The workspace, to be changed."""
    import shutil

    return Workspace(Path(shutil.copytree(trained[0].root, tmp_path / "copy")))
