"""What JIFR's tables can be tried on: MovieLens with posters, and a made world of items with several frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.api.reproduce.paper import Source, Step
from graphrec.features import SUFFIXES, FeatureStore
from graphrec.loaders.frames import Frames, FramesOptions
from graphrec.loaders.movielens import MovieLens, MovieLensOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.key_frames import KeyFrameWorld, make_key_frame_world

ENCODER = "descriptor"
ITEM_LOOKS = ENCODER + SUFFIXES["Item"]
"""The feature of items that baselines see which know no frames."""

WORLD_DIFFERS = (
    "A small made world: one of an item's three to eight frames shows what draws its users, the others what draws "
    "nobody. It tells whether everything runs and what the systems can find, not how they do on Douban.",
    "Each system is trained for a limited number of epochs.",
)


def find_movielens(folder: Path) -> Sequence[Path] | None:
    """Return the folders of ratings and of posters, or None."""
    posters = folder / "posters"
    sets = [
        one
        for one in (folder, *sorted(folder.glob("*")))
        if any((one / f"ratings.{s}").exists() for s in ("csv", "dat"))
    ]
    return [sets[0], posters] if sets and posters.is_dir() else None


def _load_movielens(graph: GraphStore, paths: Sequence[Path], workspace: Workspace, step: Step) -> None:
    ratings, posters = paths
    load(graph, MovieLens(), [ratings], MovieLensOptions.model_validate({}), workspace)
    load_frames(graph, posters, workspace, step)


def make_world(
    graph: GraphStore, workspace: Workspace, seed: int, step: Step, *, users: int = 300, items: int = 200
) -> None:
    """Write the world's pictures and tables, and load them; every user has 20 likes."""
    world = make_key_frame_world(
        workspace.root / "world", seed=seed, users=users, items=items, per_user=20,
        progress=lambda done, of: step("pictures drawn", done, of),
    )  # fmt: skip
    load_world(graph, world, workspace, step)


def load_world(graph: GraphStore, world: KeyFrameWorld, workspace: Workspace, step: Step) -> None:
    """Load items, likes, pictures and likes of these."""
    load(graph, TableLoader(), [world.items], TableOptions(nodes="Item:id", property=["title"]), workspace)
    liked = TableOptions(rels="LIKED", from_="User:user", to="Item:item")
    load(graph, TableLoader(), [world.likes], liked, workspace)
    load_frames(graph, world.stills, workspace, step)
    drawn = TableOptions(rels="LIKED", from_="User:user", to="Frame:frame")
    load(graph, TableLoader(), [world.frame_likes], drawn, workspace)


def load_frames(graph: GraphStore, folder: Path, workspace: Workspace, step: Step) -> None:
    """Load pictures as frames, and describe each item by the mean of its own."""

    def told(name: str, rows: int, *, of: int | None = None) -> None:
        if of:
            step("pictures described", rows, of)

    load(
        graph,
        Frames(),
        [folder],
        FramesOptions.model_validate({"encoder": ENCODER}),
        workspace,
        progress=told,
    )
    matrices = FeatureStore(workspace.features)
    frames = ENCODER + SUFFIXES["Frame"]
    ends = graph.read_relationships("HAS_FRAME", "Item", "Frame")
    looks, known = matrices.read(frames, ends.target_ids.to_pylist())
    there = known[ends.target]
    item, row = np.unique(ends.source[there], return_inverse=True)
    means = np.zeros((len(item), looks.shape[1]))
    np.add.at(means, row, looks[ends.target[there]])
    means /= np.bincount(row)[:, None]
    ids = ends.source_ids.take(pa.array(item)).to_pylist()
    matrices.write(ITEM_LOOKS, "Item", ids, means.astype(np.float32))


SOURCES = (
    Source(
        "MovieLens with posters",
        "a folder with ratings.csv from grouplens.org/datasets/movielens, beside it a folder posters with MOVIEID.jpg",
        find_movielens,
        _load_movielens,
        (
            "The paper has likes of movies and of their frames, crawled from Douban and never published. Here ratings "
            "of MovieLens stand for likes of items, and a poster is a movie's only frame: attention over frames has "
            "nothing to choose from, and key frames cannot be measured.",
            "Posters are described by colour and texture, not by VGG-19.",
        ),
    ),
)
