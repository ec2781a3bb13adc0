"""A made world of micro-videos that are shown to users, who watch them to the end or not: for models of clicks.

Every user is of a group, every video of a category, and which groups watch which categories is a crossing: no group
watches more than another, no category more. A video has a motif in its picture, one in its sound and one in its words,
drawn apart; a user loves some motifs wherever they are, but attends to the picture, the sound and the words each to a
share of her own. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from graphrec.ragged import Ints
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats

MODALITIES = ("picture", "sound", "words")
GROUPS = ("child", "student", "worker", "parent", "traveller", "pensioner")
CATEGORIES = ("animals", "music", "news", "sport", "cooking", "comedy")
MOTIFS, LOVED = 8, 3
"""So many motifs there are, and so many of them a user loves."""
WIDTH, NOISE = 16, 0.3
"""Numbers by which a modality is described, and the deviation of what says nothing in each."""
BY_CROSSING, BY_MOTIFS, BY_VIDEO = 1.5, 4.5, 0.3
"""How much each counts in whether a video is watched to the end."""


@dataclass(frozen=True)
class ClickWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        users: CSV: id, group.
        items: CSV: id, title, category.
        views: CSV: user, item, share (of the video that was watched).
        features: npz: for each of ``MODALITIES`` float32 [items, WIDTH], in the order of ``item_ids``.
        user_ids: in the order of what follows.
        item_ids: likewise.
        chances: float64 [users, items], of a video being watched for half of it or more.
        attention: float64 [users, modalities], how much of a user's attention each has, 1 in all.
    """

    users: Path
    items: Path
    views: Path
    features: Path
    user_ids: list[str]
    item_ids: list[str]
    chances: Floats
    attention: Floats


def make_click_world(
    folder: Path, *, seed: int, users: int = 100, items: int = 600, per_user: int = 300
) -> ClickWorld:
    """Write the world's tables and features.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        users: how many.
        items: how many.
        per_user: videos that are shown to each, drawn evenly.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    group, category = rng.integers(0, len(GROUPS), users), rng.integers(0, len(CATEGORIES), items)
    motifs = rng.integers(0, MOTIFS, (len(MODALITIES), items))
    attention = rng.dirichlet(np.full(len(MODALITIES), 0.7), users)
    told = BY_CROSSING * _crossing(rng)[np.ix_(group, category)] + BY_VIDEO * rng.normal(size=items)
    loves = _loves(rng, users)
    for share, motif in zip(attention.T, motifs, strict=True):
        told += BY_MOTIFS * share[:, None] * loves[:, motif]
    chances = 1 / (1 + np.exp(-told))
    world = ClickWorld(
        folder / "users.csv",
        folder / "items.csv",
        folder / "views.csv",
        folder / "features.npz",
        [f"u{user:04}" for user in range(users)],
        [f"v{item:04}" for item in range(items)],
        chances,
        attention,
    )
    with into(folder):
        write_table(world.users, ("id", "group"), zip(world.user_ids, np.array(GROUPS)[group].tolist(), strict=True))
        named = np.array(CATEGORIES)[category].tolist()
        titles = [f"{name} {number}" for number, name in enumerate(named)]
        write_table(world.items, ("id", "title", "category"), zip(world.item_ids, titles, named, strict=True))
        write_table(world.views, ("user", "item", "share"), _views(rng, world, per_user))
        described = {name: _described(rng, own) for name, own in zip(MODALITIES, motifs, strict=True)}
        np.savez_compressed(world.features, allow_pickle=False, **described)
    return world


def _crossing(rng: Generator) -> Floats:
    """Return float64 [groups, categories], deviation 1, of which each row and each column is 0 in all."""
    told = rng.normal(size=(len(GROUPS), len(CATEGORIES)))
    told -= told.mean(0)
    told -= told.mean(1, keepdims=True)
    crossing: Floats = told / told.std()
    return crossing


def _loves(rng: Generator, users: int) -> Floats:
    """Return float64 [users, motifs]: 1 for those that a user loves, of the others so much below 0 that all is 0."""
    loves = np.full((users, MOTIFS), -LOVED / (MOTIFS - LOVED))
    loved = np.argsort(rng.random((users, MOTIFS)), axis=1)[:, :LOVED]
    np.put_along_axis(loves, loved, 1.0, axis=1)
    return loves


def _views(rng: Generator, world: ClickWorld, per_user: int) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each video that is shown to a user."""
    users, items = world.chances.shape
    shown = np.argsort(rng.random((users, items)), axis=1)[:, :per_user]
    watched = rng.random(shown.shape) < np.take_along_axis(world.chances, shown, 1)
    shares = rng.uniform(0, 0.5, shown.shape) + 0.5 * watched
    for user, own, parts in zip(world.user_ids, shown.tolist(), shares.tolist(), strict=True):
        yield from ((user, world.item_ids[item], f"{part:.3f}") for item, part in zip(own, parts, strict=True))


def _described(rng: Generator, motif: Ints) -> npt.NDArray[np.float32]:
    """Return float32 [items, WIDTH]."""
    looks = rng.normal(size=(MOTIFS, WIDTH))
    told = looks[motif] + NOISE * rng.normal(size=(len(motif), WIDTH))
    described: npt.NDArray[np.float32] = told.astype(np.float32)
    return described
