"""A made world of users of whom very little to much is known: who learns what from how many likes.

Each item is of a kind, which its tags tell with some noise, and users love some kinds; some items please everybody
more. How many likes of a user are known is drawn from 2 to 40, few more often than many, and has nothing to do with
what the user loves. Of everybody the same number of further likes is held out. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphrec.ragged import Ints
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats, draw_liked, draw_tags, draw_tastes

KINDS = 24
FEWEST, MOST = 2, 40
VALID, TEST = 1, 5
SHARPNESS, APPEAL, OWN_TAGS = 6.0, 0.25, 0.8


@dataclass(frozen=True)
class SparsityWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        items: CSV of the items: id, title, tags with ``|`` between them.
        likes: CSV of who likes which, and whether that trains, validates or tests: user, item, split.
        users: ids, in the order of ``scores``.
        item_ids: likewise.
        scores: float64 [users, items], the truth that likes were drawn by.
        known: int64 [users], likes that train.
    """

    items: Path
    likes: Path
    users: list[str]
    item_ids: list[str]
    scores: Floats
    known: Ints


def make_sparsity_world(folder: Path, *, seed: int, users: int = 400, items: int = 800) -> SparsityWorld:
    """Write the world's tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        users: how many.
        items: how many, more than a user likes.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, KINDS, items)
    scores = draw_tastes(rng, users, KINDS)[:, kinds] + APPEAL * rng.normal(size=items)
    known = np.exp(rng.uniform(np.log(FEWEST), np.log(MOST + 1), users)).astype(np.int64)
    liked = draw_liked(rng, scores, MOST + VALID + TEST, SHARPNESS)
    # Whoever is drawn first is liked most: what trains and what tests must not differ by that.
    liked = rng.permuted(liked, axis=1)
    tags = draw_tags(rng, kinds, KINDS, "t", own=OWN_TAGS)
    names, ids = [f"u{user:04}" for user in range(users)], [f"i{item:04}" for item in range(items)]
    world = SparsityWorld(folder / "items.csv", folder / "likes.csv", names, ids, scores, known)
    with into(folder):
        titles = [f"Item of kind {kind}" for kind in kinds]
        write_table(world.items, ("id", "title", "tags"), zip(ids, titles, tags, strict=True))
        write_table(world.likes, ("user", "item", "split"), _likes(world, liked))
    return world


def _likes(world: SparsityWorld, liked: Ints) -> Iterator[tuple[str, str, str]]:
    for user, items, known in zip(world.users, liked.tolist(), world.known.tolist(), strict=True):
        parts = ["test"] * TEST + ["valid"] * VALID + ["train"] * known
        for item, part in zip(items, parts, strict=False):
            yield user, world.item_ids[item], part
