"""The verb ``prepare``: what is derived from comments, beside what was written, as often as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError
from graphrec.graph.belonging import belonging
from graphrec.loading.planned import Planned
from graphrec.loading.resolve.placing import placing
from graphrec.media.comments.clean import Cleaning, clean
from graphrec.media.comments.feelings import FeelingSettings, teller_of
from graphrec.media.comments.lexicon import lexicon_of
from graphrec.media.comments.splitters import Splitter, splitter_of
from graphrec.media.language import Language
from graphrec.media.words import language_of, plain
from graphrec.store.base import GraphStore
from graphrec.store.checks import check_owned


@dataclass(frozen=True)
class Example:
    """A comment before and after."""

    id: str
    text: str
    words: str
    polarity: float
    left_out: str
    time_s: float
    moment_s: float


@dataclass(frozen=True)
class FeelingsTold:
    """How feelings were told.

    Attributes:
        by: ``words``, ``likes``, or the model.
        figures: numbers by name.
        notes: a sentence each.
    """

    by: str
    figures: Mapping[str, float]
    notes: Sequence[str]


@dataclass(frozen=True)
class Prepared:
    """What ``prepare`` did.

    Attributes:
        language: of all comments.
        splitter: what told their words apart.
        counts: what each step did, by what it is called, in order.
        feelings: how they were told.
        without_time: comments that stand at no moment of a video, such as tags; they stay as they are.
        written: how many comments have other words, another feeling, verdict or moment than before.
        places: what they are ON, by what it is called: how many ``moved`` to another segment or frame, since they were
            begun at another moment, or were asked to; how many ``stayed``, and so on.
        examples: some comments, evenly spread.
    """

    language: Language
    splitter: Splitter
    counts: Mapping[str, int]
    feelings: FeelingsTold
    without_time: int
    written: int
    places: Mapping[str, int]
    examples: Sequence[Example]


def prepare_comments(
    store: GraphStore,
    cleaning: Cleaning | None = None,
    *,
    language: Language | None = None,
    splitter: Splitter | None = None,
    feelings: FeelingSettings | None = None,
    more: Sequence[Path] = (),
    on: str | None = None,
    shots: int | None = None,
    show: int = 0,
    write: bool = True,
    tell: Callable[[str], None] = lambda step: None,
) -> Prepared:
    """Work out words, feelings, moments and what is of no use, of all comments on videos, and write what differs.

    Args:
        store: opened for writing, unless nothing is to be written.
        cleaning: what counts as usable.
        language: of all comments; None to tell it from their scripts.
        splitter: what tells words apart; None for the language's dictionary where it is installed.
        feelings: how it is told whether they say something bad; None for a list of words.
        more: files of words beside those that come with graphrec; see ``lexicon_of``.
        on: ``"Segment"`` or ``"Frame"``, what comments shall be ON where their video has any; None for what each is ON
            now.
        shots: put comments on frames, of equal shots of which each video without frames has so many; None for as it is.
        show: so many examples.
        write: whether the graph is changed.
        tell: is told what is done next.

    Raises ``DataError`` where there are no comments on videos, for a file of words that is wrong, or for too few likes;
    ``StoreError`` where comments are not graphrec's to change, ``ConfigError`` for a splitter or a model that cannot be
    used.
    """
    if write:
        check_owned(store)
        store.initialise()
    tell("Reading comments")
    timed, without_time = _timed(store)
    language = language or language_of(plain(timed["text"].combine_chunks()))
    splitter = splitter_of(language, splitter)
    lexicon = lexicon_of(language, more)
    teller = teller_of(feelings or FeelingSettings.model_validate({}), lexicon, timed["likes"].combine_chunks())
    tell(f"Working out the words of {len(timed):,} comments")
    on_videos = timed.append_column("video", _videos(store, timed["id"].combine_chunks()))
    done = clean(on_videos, lexicon, language, cleaning or Cleaning.model_validate({}), splitter, teller, tell)
    now = done.table.add_column(0, "id", timed["id"])
    examples = [*_examples(timed, now, show)]
    moments = on_videos.select(["id", "video", "time_s"]).append_column("moment_s", now["moment_s"])
    # What was written takes as much memory again as the database needs to write what is derived.
    del timed, on_videos
    tell("Placing them where they were begun")
    places = placing(moments, store, "Frame" if shots else on, shots)
    if write:
        tell(f"Writing what differs of {len(now):,} comments, of which {places.moved:,} move")
        with store.transaction():
            written = store.write_nodes("Comment", now).updated
            places.write(store)
        places.shots.clear(store)
    else:
        written = Planned(store).write_nodes("Comment", now).updated
    told = FeelingsTold(done.felt.by, dict(done.felt.figures), done.felt.notes)
    return Prepared(language, splitter, done.counts, told, without_time, written, places.counts, examples)


def _timed(store: GraphStore) -> tuple[pa.Table, int]:
    """Return ``text``, ``time_s`` and ``likes`` of comments on moments, by id, and how many others there are."""
    stored = store.read_nodes("Comment", ["text", "time_s", "likes"])
    timed = stored.filter(pc.and_(pc.is_valid(stored["time_s"]), pc.is_valid(stored["text"]))).sort_by("id")
    if not len(timed):
        raise DataError("the graph has no comments on moments of videos; `graphrec load comments` loads some")
    return timed, len(stored) - len(timed)


def _videos(store: GraphStore, comments: pa.Array) -> pa.Array:
    """Return which video each comment is on, string [n]; empty where that is not known."""
    found = belonging(store, "Comment", comments, "Item")
    of_comment = found.matrix.tocsc()
    known = np.flatnonzero(np.diff(of_comment.indptr))
    at = np.full(len(comments), len(found.ids), np.int64)
    at[known] = of_comment.indices[of_comment.indptr[known]]
    return pa.array([*found.ids, ""], pa.string()).take(pa.array(at))


def _examples(before: pa.Table, now: pa.Table, count: int) -> Iterator[Example]:
    at = np.unique(np.linspace(0, len(now) - 1, min(count, len(now))).astype(np.int64))
    written = before.select(["text", "time_s"]).take(pa.array(at)).to_pylist()
    for told, row in zip(written, now.take(pa.array(at)).to_pylist(), strict=True):
        yield Example(**told, **row)
