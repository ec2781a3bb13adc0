"""What table 2 of the micro-video paper can be tried on: MovieLens with posters, TikTok, and a made world of videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graphrec.api.reproduce.jifr_data import find_movielens, load_frames
from graphrec.api.reproduce.paper import Source, Step
from graphrec.features import FeatureStore
from graphrec.loaders.movielens import MovieLens, MovieLensOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.tiktok import SPLITS, TikTok
from graphrec.loading.load import load
from graphrec.loading.loader import Options
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.clicks import MODALITIES, ClickWorld, make_click_world

WORLD_DIFFERS = (
    "A small made world of 150 users who are shown 300 videos each, and watch them to the end or not by a crossing of "
    "their group and the video's category, and by motifs in its picture, sound and words, to each of which a user "
    "attends to a share of her own. It tells whether everything runs and what the systems can find, not how they do on "
    "MovieLens.",
    "A video that is watched for half of it or more is a click.",
)


def make_world(
    graph: GraphStore, workspace: Workspace, seed: int, step: Step, *, users: int = 150, items: int = 600,
    per_user: int = 300,
) -> None:  # fmt: skip
    """Write the world's tables and features, load them, and keep what is hidden in them."""
    world = make_click_world(workspace.root / "world", seed=seed, users=users, items=items, per_user=per_user)
    load_world(graph, world, workspace)
    np.savez_compressed(
        hidden(workspace), chances=world.chances, attention=world.attention, users=np.array(world.user_ids),
        items=np.array(world.item_ids), modalities=np.array(MODALITIES),
    )  # fmt: skip


def load_world(graph: GraphStore, world: ClickWorld, workspace: Workspace) -> None:
    """Load users, videos, who watched how much of which, and the features."""
    for path, options in (
        (world.users, TableOptions(nodes="User:id", property=["group:text"])),
        (world.items, TableOptions(nodes="Item:id", property=["title", "category:text"])),
        (
            world.views,
            TableOptions(
                rels="VIEWED", from_="User:user", to="Item:item", property=["share:float", "at"], time_unit="s"
            ),
        ),
    ):
        load(graph, TableLoader(), [path], options, workspace)
    matrices = FeatureStore(workspace.features)
    with np.load(world.features) as described:
        for name in MODALITIES:
            matrices.write(name, "Item", world.item_ids, described[name])


def hidden(workspace: Workspace) -> Path:
    """Return the file of what is hidden in the made world."""
    return workspace.root / "world" / "truth.npz"
