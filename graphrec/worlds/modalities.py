"""A made world of items that are described three ways, of which one tells what users love.

Each item is of a kind of picture, a kind of sound and a kind of words, drawn apart, and has tags of each. The three
look alike by themselves: as many kinds, as many tags, as much noise. Users love kinds of one of them, which the seed
chooses, and do not care for the others. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats, draw_liked, draw_tags, draw_tastes

MODALITIES = ("picture", "sound", "words")
KINDS = 10
SHARPNESS, OWN_TAGS = 7.0, 0.6


@dataclass(frozen=True)
class ModalityWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        items: CSV of the items: id, title, and for each modality its tags with ``|`` between them.
        likes: CSV of who likes which: user, item.
        matters: the one of ``MODALITIES`` by which users like.
        users: ids, in the order of ``scores``.
        item_ids: likewise.
        scores: float64 [users, items], the truth that likes were drawn by.
    """

    items: Path
    likes: Path
    matters: str
    users: list[str]
    item_ids: list[str]
    scores: Floats


def make_modality_world(
    folder: Path, *, seed: int, users: int = 300, items: int = 800, per_user: int = 16
) -> ModalityWorld:
    """Write the world's tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        users: how many.
        items: how many.
        per_user: likes of each user.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    matters = int(rng.integers(len(MODALITIES)))
    kinds = rng.integers(0, KINDS, (len(MODALITIES), items))
    scores = draw_tastes(rng, users, KINDS)[:, kinds[matters]]
    liked = draw_liked(rng, scores, per_user, SHARPNESS)
    tags = [draw_tags(rng, own, KINDS, name, own=OWN_TAGS) for name, own in zip(MODALITIES, kinds, strict=True)]
    titles = [", ".join(f"{name} {kind}" for name, kind in zip(MODALITIES, own, strict=True)) for own in kinds.T]
    names, ids = [f"u{user:04}" for user in range(users)], [f"i{item:04}" for item in range(items)]
    world = ModalityWorld(folder / "items.csv", folder / "likes.csv", MODALITIES[matters], names, ids, scores)
    with into(folder):
        write_table(world.items, ("id", "title", *MODALITIES), zip(ids, titles, *tags, strict=True))
        pairs = ((names[user], ids[item]) for user, own in enumerate(liked.tolist()) for item in own)
        write_table(world.likes, ("user", "item"), pairs)
    return world
