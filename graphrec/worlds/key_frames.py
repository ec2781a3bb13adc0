"""A made world of items with several frames, of which one shows what draws its users: for JIFR and its reproduction.

Styles are what frames can show. Each item has one style of its own, its heart, which one of its frames shows; the
others show fillers, styles that everybody has seen and nobody chooses by. Each item also has a genre, told by nothing
but who likes it. Users love some styles and some genres. What is seen counts more for half of the users, and more for
items of half of the styles, those that strike the eye; the genre counts for the rest. So whoever weighs both alike is
wrong about most, and how to weigh can be told from who looks and what is seen. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphrec.ragged import Ints, Ragged
from graphrec.worlds.films import still_looks, write_still
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats, draw_liked, draw_tastes

STYLES = 8
FILLERS = 4
SHARPNESS = 10.0


@dataclass(frozen=True)
class KeyFrameWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        items: CSV of the items: id, title.
        likes: CSV of who likes which: user, item.
        frame_likes: CSV of a frame of each that drew them: user, frame.
        stills: folder of ``<item>/<number>.png``; a frame's id is ``<item>:<number>``.
        users: ids, in the order of ``scores``.
        item_ids: likewise.
        frame_ids: in the order of ``draws``.
        frames: of each item.
        scores: float64 [users, items], the truth that likes were drawn by.
        draws: float64 [users, frames], how much each frame draws each user.
    """

    items: Path
    likes: Path
    frame_likes: Path
    stills: Path
    users: list[str]
    item_ids: list[str]
    frame_ids: list[str]
    frames: Ragged
    scores: Floats
    draws: Floats


def make_key_frame_world(
    folder: Path,
    *,
    seed: int,
    users: int = 400,
    items: int = 300,
    genres: int = 8,
    per_user: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> KeyFrameWorld:
    """Write the world's pictures and tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        users: how many.
        items: how many; each has 3 to 8 frames.
        genres: how many.
        per_user: likes of each user, the best of its scores after a draw; a frame of each is liked too.
        progress: called with (pictures written, pictures in all) now and then.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    heart, genre = rng.integers(0, STYLES, items), rng.integers(0, genres, items)
    counts = rng.integers(3, 9, items)
    frames = Ragged(np.concatenate([[0], np.cumsum(counts)]), np.arange(counts.sum()))
    place = np.concatenate([rng.permutation(count) for count in counts])
    shown = rng.integers(STYLES, STYLES + FILLERS, len(place))
    shown[place == 0] = heart
    style_tastes, genre_tastes = draw_tastes(rng, users, STYLES), draw_tastes(rng, users, genres)
    by_looks, strikes = rng.random((users, 1)) < 0.5, heart < STYLES // 2
    seen_counts = 0.1 + 0.4 * by_looks + 0.4 * strikes
    scores = seen_counts * style_tastes[:, heart] + (1 - seen_counts) * genre_tastes[:, genre]
    draws = np.concatenate([style_tastes, np.zeros((users, FILLERS))], 1)[:, shown]
    liked = np.sort(draw_liked(rng, scores, per_user, SHARPNESS), axis=1)
    likes = Ragged.from_sorted(
        np.repeat(np.arange(users), per_user), liked.reshape(-1), users
    )
    chosen = _chosen(rng, likes, frames, draws)
    names = [f"i{number:04}" for number in range(items)]
    world = KeyFrameWorld(
        folder / "items.csv",
        folder / "likes.csv",
        folder / "frame_likes.csv",
        folder / "stills",
        [f"u{number:04}" for number in range(users)],
        names,
        [f"{names[item]}:{at:02}" for item, count in enumerate(counts.tolist()) for at in range(count)],
        frames,
        scores,
        draws,
    )
    with into(folder):
        _write(world, likes, chosen, genre, shown, seed, progress)
    return world


def _chosen(rng: np.random.Generator, likes: Ragged, frames: Ragged, draws: Floats) -> Ints:
    """Return int64 [likes], a frame of each liked item, mostly the one that draws the user most."""
    listed = frames.take(likes.indices)
    user = likes.rows[listed.rows]
    told = 8 * draws[user, listed.indices] + rng.gumbel(size=len(user))
    order = np.lexsort((-told, listed.rows))
    chosen: Ints = listed.indices[order[listed.indptr[:-1]]]
    return chosen


def _write(
    world: KeyFrameWorld,
    likes: Ragged,
    chosen: Ints,
    genre: Ints,
    shown: Ints,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    looks = still_looks(STYLES + FILLERS)
    for item, name in enumerate(world.item_ids):
        (world.stills / name).mkdir(parents=True, exist_ok=True)
        # A generator of its own for each item: how many others there are changes nothing.
        rng = np.random.default_rng([seed, item])
        tint = rng.normal(1, 0.07, 3)
        for frame in world.frames[item].tolist():
            path = world.stills / name / f"{world.frame_ids[frame].partition(':')[2]}.png"
            write_still(path, looks[shown[frame]], tint, rng)
        if progress is not None:
            progress(int(world.frames.indptr[item + 1]), len(shown))
    write_table(
        world.items,
        ("id", "title"),
        zip(world.item_ids, [f"Item of genre {one}" for one in genre], strict=True),
    )
    pairs = list(
        zip([world.users[user] for user in likes.rows], likes.indices.tolist(), chosen.tolist(), strict=True)
    )
    write_table(world.likes, ("user", "item"), ((user, world.item_ids[item]) for user, item, _ in pairs))
    write_table(world.frame_likes, ("user", "frame"), ((user, world.frame_ids[frame]) for user, _, frame in pairs))
