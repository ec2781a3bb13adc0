"""A small made world of real video files and users with tastes: for ``graphrec demo`` and for tests.

Each video is a chain of 5 s segments; each segment shows one of several visual topics, told apart by colour,
texture and motion. Users like one or two topics and highlight segments that show them, with a loose hand.
Everything follows from the seed.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from graphrec.errors import ConfigError, DataError
from graphrec.media.segments import LENGTH_S
from graphrec.worlds.films import MOST_TOPICS, TopicLook, draw_looks, write_video

COLUMNS = ("user", "video", "start_s", "end_s", "at")

_BEGIN_MS = 1_704_067_200_000  # 2024-01-01 UTC: a fixed date, so that the same seed gives the same bytes
_HOUR_MS = 3_600_000
_END_JITTER_S = 0.6
_SLIP = 0.05  # chance that a user marks some random stretch of a video that she watches


@dataclass(frozen=True)
class HighlightWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        videos: folder of ``<video id>.mp4``.
        highlights: CSV of ``COLUMNS`` for the videos that are not new.
        truth: the same for the new videos: what users would highlight there. For evaluation only.
        users: user ids.
        new_videos: ids of the videos that ``highlights`` does not name.
        tastes: float64 [users, topics], the chance that a user likes a segment of that topic.
        topics: video id -> int64 [segments], the topic that each segment shows.
    """

    videos: Path
    highlights: Path
    truth: Path
    users: list[str]
    new_videos: list[str]
    tastes: NDArray[np.float64]
    topics: dict[str, NDArray[np.int64]]


def make_world(
    folder: str | Path,
    *,
    seed: int,
    videos: int = 40,
    users: int = 200,
    topics: int = 12,
    segments: tuple[int, int] = (20, 30),
    new_share: float = 0.2,
    progress: Callable[[int, int], None] | None = None,
) -> HighlightWorld:
    """Write the world's mp4 files, ``highlights.csv`` and ``truth.csv``.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        videos: how many, new ones included; at least 2.
        users: how many; at least 1.
        topics: visual topics, 2 to 16.
        segments: fewest and most segments of a video.
        new_share: share of the videos that nobody has highlighted; at least one is new and one is not.
        progress: called with (videos written, videos in all) after each.

    Raises:
        ConfigError: a number is out of range.
        DataError: the folder holds videos that are not of this world, or cannot be written.
    """
    _check(videos, users, topics, segments, new_share)
    rng = np.random.default_rng(seed)
    root = Path(folder)
    ids = [f"v{number:03d}" for number in range(videos)]
    looks = draw_looks(rng, topics)
    shown = {video: rng.integers(0, topics, rng.integers(segments[0], segments[1] + 1)) for video in ids}
    new = min(max(1, round(videos * new_share)), videos - 1)
    new_videos = sorted(rng.choice(ids, new, replace=False).tolist())
    world = HighlightWorld(
        root / "videos",
        root / "highlights.csv",
        root / "truth.csv",
        [f"u{number:03d}" for number in range(users)],
        new_videos,
        _tastes(rng, users, topics),
        shown,
    )
    try:
        _write_videos(world, looks, seed, progress)
        _write_highlights(world, rng)
    except OSError as error:
        raise DataError(
            f"{root}: the demo world cannot be written ({error.strerror}); "
            "free some space or name another folder"
        ) from error
    return world


def _check(videos: int, users: int, topics: int, segments: tuple[int, int], new_share: float) -> None:
    wrong = {
        f"videos is {videos}; at least 2 are needed": videos < 2,
        f"users is {users}; at least 1 is needed": users < 1,
        f"topics is {topics}; it must be from 2 to {MOST_TOPICS}": not 2 <= topics <= MOST_TOPICS,
        f"segments is {segments}; it must be 1 <= fewest <= most": not 1 <= segments[0] <= segments[1],
        f"new_share is {new_share}; it must be above 0 and below 1": not 0 < new_share < 1,
    }
    for message, holds in wrong.items():
        if holds:
            raise ConfigError(message)


def _tastes(rng: Generator, users: int, topics: int) -> NDArray[np.float64]:
    """Everyone has a favourite topic and another, liked less; some topics please more people than others."""
    appeal = rng.dirichlet(np.full(topics, 4.0))
    tastes = np.full((users, topics), 0.003)
    for row in tastes:
        first, second = rng.choice(topics, 2, replace=False, p=appeal)
        row[first], row[second] = rng.uniform(0.85, 0.98), rng.uniform(0.1, 0.35)
    return tastes


def _write_videos(
    world: HighlightWorld, looks: list[TopicLook], seed: int, progress: Callable[[int, int], None] | None
) -> None:
    world.videos.mkdir(parents=True, exist_ok=True)
    names = {f"{video}.mp4" for video in world.topics}
    strangers = sorted(path.name for path in world.videos.iterdir() if path.name not in names)
    if strangers:
        raise DataError(
            f"{world.videos}: holds {strangers[0]!r}, which is not of this world; name an empty folder"
        )

    def write(number: int, video: str) -> None:
        # A generator of its own for each video: the order in which threads finish changes nothing.
        rng = np.random.default_rng([seed, number])
        write_video(world.videos / f"{video}.mp4", [looks[t] for t in world.topics[video]], rng)

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        written = [pool.submit(write, number, video) for number, video in enumerate(world.topics)]
        for done, task in enumerate(written, start=1):
            task.result()
            if progress is not None:
                progress(done, len(written))
    finally:
        # After an error or Ctrl-C, do not write the rest first.
        pool.shutdown(cancel_futures=True)


def _write_highlights(world: HighlightWorld, rng: Generator) -> None:
    old = [video for video in world.topics if video not in set(world.new_videos)]
    fame = rng.dirichlet(np.full(len(old), 2.0))
    # Half of the users tire before a video ends: what stands early has better chances with them.
    tiring = np.where(rng.random(len(world.users)) < 0.5, rng.uniform(0.6, 1.6, len(world.users)), 0.0)
    seen, unseen = [], []
    for number, user in enumerate(world.users):
        count = min(len(old), 2 + int(rng.geometric(0.12)))
        watched = rng.choice(old, count, replace=False, p=fame).tolist()
        seen += [(user, *mark) for mark in _marks(world, number, watched, tiring[number], rng)]
        unseen += [(user, *mark) for mark in _marks(world, number, world.new_videos, tiring[number], rng)]
    _write_csv(world.highlights, seen, _BEGIN_MS, rng)
    _write_csv(world.truth, unseen, _BEGIN_MS + 10_000 * _HOUR_MS, rng)


def _marks(
    world: HighlightWorld, user: int, videos: list[str], tiring: float, rng: Generator
) -> list[tuple[str, float, float]]:
    """What one user highlights: (video, start, end), each a run of segments that she likes."""
    marks = []
    for video in videos:
        topics = world.topics[video]
        chance = world.tastes[user, topics] * np.exp(-tiring * np.arange(len(topics)) / len(topics))
        liked = np.flatnonzero(np.diff(np.concatenate([[False], rng.random(len(topics)) < chance, [False]])))
        length = len(topics) * LENGTH_S
        stretches = liked.reshape(-1, 2) * LENGTH_S + rng.laplace(0, _END_JITTER_S, (len(liked) // 2, 2))
        if rng.random() < _SLIP:
            start = rng.uniform(0, length - LENGTH_S)
            stretches = np.vstack([stretches, [start, start + rng.uniform(2, 7)]])
        marks += [(video, max(0.0, float(s)), min(length, float(e))) for s, e in stretches if e - s > 1]
    return marks


def _write_csv(path: Path, marks: list[tuple[str, str, float, float]], begin_ms: int, rng: Generator) -> None:
    """Each user's marks stay in their order, at random times; the file is in order of time."""
    clock: dict[str, int] = {}
    rows = []
    for user, video, start_s, end_s in marks:
        clock[user] = clock.get(user, begin_ms) + int(rng.integers(60_000, 48 * _HOUR_MS))
        rows.append((user, video, f"{start_s:.2f}", f"{end_s:.2f}", clock[user]))
    rows.sort(key=lambda row: (row[4], row[0]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
