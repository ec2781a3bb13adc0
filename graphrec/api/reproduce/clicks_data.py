"""What table 2 of the micro-video paper can be tried on: MovieLens with posters, TikTok, and a made world of videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graphrec.api.reproduce.paper import Source, Step
from graphrec.features import FeatureStore
from graphrec.loaders.movielens import MovieLens, MovieLensOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.tiktok import FEATURES, SPLITS, TikTok
from graphrec.loading.load import load
from graphrec.loading.loader import Options
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.clicks import MODALITIES, ClickWorld, make_click_world

WATCHED = "share>=0.5"
"""What of the made world is a click."""
WORLD_DIFFERS = (
    "A small made world of 100 users who are shown 300 videos each, and watch them to the end or not by a crossing of "
    "their group and the video's category, and by motifs in its picture, sound and words, to each of which a user "
    "attends to a share of her own. It tells whether everything runs and what the systems can find, not how they do on "
    "MovieLens.",
    "A video that is watched for half of it or more is a click.",
    "All systems have one l2 and one learning rate, which do some of them harm; --tune finds each its own.",
)
POSITIVE = "A rating of 4 or more is a click, and any other is none: the paper does not say what is."


def make_world(
    graph: GraphStore,
    workspace: Workspace,
    seed: int,
    step: Step,
    *,
    users: int = 100,
    items: int = 600,
    per_user: int = 300,
) -> None:
    """Write the world's tables and features, load them, and keep what is hidden in them."""
    world = make_click_world(workspace.root / "world", seed=seed, users=users, items=items, per_user=per_user)
    load_world(graph, world, workspace)
    np.savez_compressed(
        hidden(workspace), chances=world.chances, attention=world.attention, users=np.array(world.user_ids),
        items=np.array(world.item_ids), modalities=np.array(MODALITIES),
    )  # fmt: skip


def load_world(graph: GraphStore, world: ClickWorld, workspace: Workspace) -> None:
    """Load users, videos, who watched how much of which, and the features."""
    views = TableOptions(
        rels="VIEWED", from_="User:user", to="Item:item", property=["share:float"]
    )
    for path, options in (
        (world.users, TableOptions(nodes="User:id", property=["group:text"])),
        (world.items, TableOptions(nodes="Item:id", property=["title", "category:text"])),
        (world.views, views),
    ):
        load(graph, TableLoader(), [path], options, workspace)
    matrices = FeatureStore(workspace.features)
    with np.load(world.features) as described:
        for name in MODALITIES:
            matrices.write(name, "Item", world.item_ids, described[name])


def hidden(workspace: Workspace) -> Path:
    """Return the file of what is hidden in the made world."""
    return workspace.root / "world" / "truth.npz"


def _find_movielens(folder: Path) -> Sequence[Path] | None:
    """Return the folder of ratings, the one with users before others, and that of posters where there is one."""
    found = [
        one
        for one in (folder, *sorted(folder.glob("*")))
        if any((one / f"ratings.{suffix}").exists() for suffix in ("dat", "csv"))
    ]
    found.sort(key=lambda one: not (one / "users.dat").exists())
    posters = [one / "posters" for one in (folder, folder.parent) if (one / "posters").is_dir()]
    return [found[0], *posters[:1]] if found else None


def _load_movielens(graph: GraphStore, paths: Sequence[Path], workspace: Workspace, step: Step) -> None:
    ratings, *posters = paths
    options = {"posters": posters[0]} if posters else {}
    load(graph, MovieLens(), [ratings], MovieLensOptions.model_validate(options), workspace)
    if (ratings / "users.dat").exists():
        # Ages are those of a form: from 18, from 25, ..
        asked = TableOptions.model_validate(
            {
                "nodes": "User:1", "property": ["gender:2:text", "age:3:text", "occupation:4:text"],
                "delimiter": "::", "header": False,
            }
        )  # fmt: skip
        load(graph, TableLoader(), [ratings / "users.dat"], asked, workspace)


def _find_tiktok(folder: Path) -> Sequence[Path] | None:
    for one in (folder, folder / "tiktok"):
        if all((one / name).is_file() for name in (*SPLITS, *FEATURES.values())):
            return [one]
    return None


def _load_tiktok(graph: GraphStore, paths: Sequence[Path], workspace: Workspace, step: Step) -> None:
    load(graph, TikTok(), paths, Options(), workspace)


SOURCES = (
    Source(
        "MovieLens",
        "a folder with ratings.dat or ratings.csv from grouplens.org/datasets/movielens, best with users.dat; beside "
        "it a folder posters with MOVIEID.jpg",
        _find_movielens,
        _load_movielens,
        (
            "The paper has all of MovieLens 1M, and how it got pictures, sounds and texts of its movies it does not "
            "say; here it is the ratings that the folder holds, genres, years, who the users say they are, and posters "
            "where there are any, described by colour and texture. So of modalities there is one at most: attention to "
            "them has nothing to choose from.",
            POSITIVE,
            "Nobody follows anybody in MovieLens: there is no social field, here or there.",
        ),
    ),
    Source(
        "TikTok micro-videos",
        "a folder tiktok with trnMat.npz, valMat.npz, tstMat.npz, image_feat.npy and audio_feat.npy",
        _find_tiktok,
        _load_tiktok,
        (
            "The data hold likes and not what was seen and not liked: for each like a video is drawn that the user has "
            "not liked, in training and in the test. So AUC tells likes from videos drawn evenly, and log loss is of "
            "as many likes as others.",
            "The split that the data give is not taken: records are split at random.",
        ),
    ),
)
