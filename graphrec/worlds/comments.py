"""A made world of videos that people comment on: for KFRCI and its reproduction.

Each frame shows a style, which only its picture tells, and is about a topic, which only the words of comments tell: two
frames of one topic look like any others, and nobody writes what a frame looks like. Some frames are moments that
everybody writes on. Users love some styles and some topics; they praise frames that have what they love, and find bad
what has nothing of it. The more a topic draws them, the more words they write on it, among words that say nothing. A
comment is stamped when it was sent, as long after its frame as it takes to type. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphrec.ragged import Ints
from graphrec.worlds.films import still_looks, write_still
from graphrec.worlds.tables import into, write_table
from graphrec.worlds.tastes import Floats, draw_liked, draw_tastes

STYLES = 16
LOVED = 3
"""So many styles, and so many topics, a user loves."""
SHOT_S = 10.0
"""From a frame to the next; the first stands at the end of the opening."""
TYPED = 40
"""Words a minute."""
TOPICS = (
    "sword battle duel armour shield knight castle siege dragon",
    "kitchen recipe noodle dessert chef bakery spice oven dinner",
    "guitar chorus melody drummer encore concert violin lyric band",
    "robot engine spaceship laser galaxy reactor android orbit pilot",
    "kitten puppy parrot rabbit hamster pony dolphin otter penguin",
    "goal striker keeper penalty referee stadium league tackle corner",
    "murder detective alibi witness suspect clue poison motive inspector",
    "wedding confession bouquet romance letter kiss promise couple bride",
    "ghost crypt candle whisper cellar coffin curse shadow attic",
    "sailor harbour anchor island pirate treasure lagoon compass reef",
    "doctor surgery bandage patient nurse clinic vaccine stretcher pulse",
    "train platform ticket tunnel railway conductor luggage station carriage",
    "teacher homework exam blackboard classroom pencil library lecture graduation",
    "glacier avalanche summit rope snowstorm tent ridge climber icicle",
    "painter canvas sculpture gallery portrait brush easel museum sketch",
    "tractor harvest orchard barn pumpkin meadow plough cornfield beehive",
)
FILLERS = "really scene part moment minute again today people thing somebody look watch wait finally already still"
PRAISE, BLAME = "love great nice awesome", "boring bad awful hate"
SHARPNESS = 12.0
BY_LOOK, BY_TOPIC, BY_HEAT = 0.4, 0.5, 0.25
"""How much each counts in what draws a user."""


@dataclass(frozen=True)
class CommentWorld:
    """Where the world's files are, and what is hidden in them.

    Attributes:
        videos: CSV of the videos: id, title, duration_s.
        frames: CSV of their frames: id, video, time_s.
        stills: folder of ``<video>/<number>.png``; a frame's id is ``<video>:<number>``.
        comments: CSV: user, video, time_s, text.
        users: ids, in the order of ``scores``.
        frame_ids: likewise.
        scores: float64 [users, frames], the truth that comments were drawn by.
        styles: int64 [frames], what each looks like.
    """

    videos: Path
    frames: Path
    stills: Path
    comments: Path
    users: list[str]
    frame_ids: list[str]
    scores: Floats
    styles: Ints


def make_comment_world(
    folder: Path,
    *,
    seed: int,
    users: int = 100,
    videos: int = 30,
    shots: int = 40,
    praises: int = 60,
    blames: int = 20,
    progress: Callable[[int, int], None] | None = None,
) -> CommentWorld:
    """Write the world's pictures and tables.

    Args:
        folder: made where it does not exist; a world that is in it is written anew.
        seed: gives the whole world; another seed, another world.
        users: how many.
        videos: how many.
        shots: of each video.
        praises: frames that each user writes something good or neutral on.
        blames: frames that each user writes something bad on.
        progress: called with (pictures written, pictures in all) now and then.

    Raises ``DataError`` where the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    frames = videos * shots
    style, topic = rng.integers(0, STYLES, frames), rng.integers(0, len(TOPICS), frames)
    looks, topics = (draw_tastes(rng, users, kinds, LOVED) for kinds in (STYLES, len(TOPICS)))
    heat = rng.random(frames) ** 4
    scores = BY_LOOK * looks[:, style] + BY_TOPIC * topics[:, topic] + BY_HEAT * heat
    praised = draw_liked(rng, scores, praises, SHARPNESS)
    against = -scores
    np.put_along_axis(against, praised, -np.inf, axis=1)
    blamed = draw_liked(rng, against, blames, SHARPNESS)
    names = [f"v{number:03}" for number in range(videos)]
    world = CommentWorld(
        folder / "videos.csv",
        folder / "frames.csv",
        folder / "stills",
        folder / "comments.csv",
        [f"u{number:03}" for number in range(users)],
        [f"{name}:{shot:03}" for name in names for shot in range(shots)],
        scores,
        style,
    )
    times = SHOT_S * (1 + np.arange(shots))
    with into(folder):
        write_table(
            world.videos, ("id", "title", "duration_s"),
            ((name, f"Video {name}", SHOT_S * (shots + 1)) for name in names),
        )  # fmt: skip
        placed = zip(world.frame_ids, np.repeat(names, shots).tolist(), np.tile(times, videos).tolist(), strict=True)
        write_table(world.frames, ("id", "video", "time_s"), placed)
        writer = _Writer(rng, topic, topics)
        said = [*writer.comments(praised, PRAISE, 0.3), *writer.comments(blamed, BLAME, 1.0)]
        lines = (
            (world.users[user], names[frame // shots], f"{times[frame % shots] + delay:.2f}", text)
            for user, frame, delay, text in said
        )
        write_table(world.comments, ("user", "video", "time_s", "text"), lines)
        _draw(world, style, names, shots, seed, progress)
    return world


@dataclass(frozen=True)
class _Writer:
    """Writes what users say of frames."""

    rng: np.random.Generator
    topic: Ints
    topics: Floats

    def comments(self, frames: Ints, feelings: str, felt: float) -> Iterator[tuple[int, int, float, str]]:
        """Yield user, frame, seconds after the frame's, and text for ``frames``, int64 [users, n]."""
        for user, listed in enumerate(frames.tolist()):
            for frame in listed:
                words = self._words(user, frame)
                if self.rng.random() < felt:
                    words.insert(int(self.rng.integers(0, len(words) + 1)), str(self.rng.choice(feelings.split())))
                begun = self.rng.uniform(0, 0.9 * SHOT_S)
                yield user, frame, begun + 60 / TYPED * len(words), " ".join(words)

    def _words(self, user: int, frame: int) -> list[str]:
        """Return three to seven words, the more of the topic the more it draws the user."""
        topic = self.topic[frame]
        telling = self.rng.random(int(self.rng.integers(3, 8))) < 0.15 + 0.45 * self.topics[user, topic]
        own, fillers = TOPICS[topic].split(), FILLERS.split()
        return [str(self.rng.choice(own if told else fillers)) for told in telling]


def _draw(
    world: CommentWorld,
    style: Ints,
    names: list[str],
    shots: int,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    looks = still_looks(STYLES)
    for video, name in enumerate(names):
        (world.stills / name).mkdir(parents=True, exist_ok=True)
        # A generator of its own for each video: how many others there are changes nothing.
        rng = np.random.default_rng([seed, video])
        tint = rng.normal(1, 0.07, 3)
        for shot in range(shots):
            write_still(world.stills / name / f"{shot:03}.png", looks[style[video * shots + shot]], tint, rng)
        if progress is not None:
            progress((video + 1) * shots, len(style))
