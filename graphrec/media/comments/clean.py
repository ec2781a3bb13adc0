"""Texts of comments -> their words, what they feel, and which of them say nothing of what is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from graphrec.media.comments.begun import begun
from graphrec.media.comments.by_words import ByWords
from graphrec.media.comments.feelings import Felt, Said, Teller
from graphrec.media.comments.lexicon import Lexicon, lexicon_of
from graphrec.media.comments.splitters import Splitter, split_by
from graphrec.media.language import Language
from graphrec.media.words import plain, split
from graphrec.settings import Settings

EARLY_S = 30.0
"""Where a video's greetings stand."""
EARLY_SHARE = 0.7
"""A text is a greeting where so much of it is said that early."""
NO_WORDS, OPENING, GREETING = "no words", "opening", "greeting"


class Cleaning(Settings):
    """What counts as a usable comment."""

    opening_s: float = Field(5, ge=0, allow_inf_nan=False)
    """Comments on the first so many seconds of a video greet and say nothing of it."""
    greeting_videos: int = Field(5, ge=1)
    """A text is a greeting, wherever it stands, if it is said of so many videos, mostly in their first 30 seconds."""
    typing_speed: float = Field(40, ge=0, allow_inf_nan=False)
    """Words a minute: a comment was begun so much before it was sent as it took to type. 0 for no time at all."""


@dataclass(frozen=True)
class Cleaned:
    """What was made of some comments.

    Attributes:
        table: ``words`` (string, separated by spaces), ``polarity`` (float64, 1 for what is not bad, else 0),
            ``left_out`` (string: why the comment is of no use, empty where it is) and ``moment_s`` (float64, seconds:
            when it was begun).
        counts: what each step did, by what it is called, in order.
        felt: how feelings were told.
    """

    table: pa.Table
    counts: Mapping[str, int]
    felt: Felt


def clean(
    comments: pa.Table,
    lexicon: Lexicon,
    language: Language,
    cleaning: Cleaning,
    splitter: Splitter = Splitter.SCRIPT,
    teller: Teller | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Cleaned:
    """Return what is made of comments, ``video``, ``time_s`` (float64) and ``text`` of each, without nulls.

    Everything is worked out once for each different text. What many say early in many videos is a greeting: so all
    comments that there are shall be given at once. ``teller`` tells what they feel, by default the
    ``lexicon``; ``tell`` is told how far it is where that takes long.
    """
    encoded = comments["text"].combine_chunks().dictionary_encode()
    code, texts = np.asarray(encoded.indices), plain(encoded.dictionary)
    mapped, slang = slang_replaced(texts, lexicon)
    slang_words = frozenset(word for _, word in lexicon.slang)
    kept, stopped = _without(split_by(splitter, mapped, language, slang_words, tell), lexicon.stop)
    words = pc.binary_join(kept, " ")
    felt = (teller or ByWords(lexicon)).tell(Said(encoded.dictionary, mapped, kept, code), tell)
    feeling = felt.feeling
    time = comments["time_s"].to_numpy()
    # Greetings are told by their words, however they are written.
    text = np.asarray(words.dictionary_encode().indices)[code]
    video = np.asarray(comments["video"].combine_chunks().dictionary_encode().indices)
    reasons = {
        NO_WORDS: np.asarray(pc.list_value_length(kept))[code] == 0,
        OPENING: time < cleaning.opening_s,
        GREETING: _greetings(text, video, time, cleaning.greeting_videos),
    }
    left_out = np.select([*reasons.values()], [*range(len(reasons))], len(reasons))
    polarity = (feeling >= 0).astype(np.float64)[code]
    table = pa.table(
        {
            "words": words.take(pa.array(code)),
            "polarity": polarity,
            "left_out": pa.array([*reasons, ""]).take(pa.array(left_out)),
            "moment_s": begun(comments["text"].combine_chunks(), time, language, cleaning.typing_speed),
        }
    )
    counts = {
        "comments": len(code),
        "different texts": len(texts),
        "with slang": int(slang[code].sum()),
        "stop words": int(stopped[code].sum()),
        **{reason: int((left_out == number).sum()) for number, reason in enumerate(reasons)},
        "usable": int((left_out == len(reasons)).sum()),
        "positive": int((feeling[code] > 0).sum()),
        "neutral": int((feeling[code] == 0).sum()),
        "negative": int((feeling[code] < 0).sum()),
    }
    return Cleaned(table, counts, felt)


def words_of(texts: pa.Array, language: Language) -> pa.Array:
    """Return the words of each text with slang replaced, separated by spaces: string [n]; null for a text without any.

    Args:
        texts: string [n], as ``plain`` returns them.
        language: of all of them.
    """
    found = pc.binary_join(split(slang_replaced(texts, lexicon_of(language))[0], language), " ")
    return pc.if_else(pc.equal(pc.utf8_length(found), 0), None, found)


def slang_replaced(texts: pa.Array, lexicon: Lexicon) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """Return texts with slang replaced by the words that it stands for, and bool [n], in which there was any."""
    if not lexicon.slang:
        return texts, np.zeros(len(texts), bool)
    any_of_it = pc.match_substring_regex(texts, "|".join(f"(?:{pattern})" for pattern, _ in lexicon.slang))
    some = texts.filter(any_of_it)
    for pattern, word in lexicon.slang:
        some = pc.replace_substring_regex(some, pattern, f" {word} ")
    return pc.replace_with_mask(texts, any_of_it, some), any_of_it.to_numpy(zero_copy_only=False)


def _without(words: pa.ListArray, stop: frozenset[str]) -> tuple[pa.ListArray, npt.NDArray[np.int64]]:
    """Return lists of words without those of ``stop``, and how many were taken out of each, int64 [n]."""
    encoded = words.flatten().dictionary_encode()
    says = pc.invert(pc.is_in(encoded.dictionary, value_set=pa.array([*stop], pa.string())))
    kept = np.asarray(says, bool)[np.asarray(encoded.indices)]
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    offsets = words.offsets.to_numpy()
    left = encoded.filter(pa.array(kept)).cast(pa.string())
    lists = pa.ListArray.from_arrays(pa.array(before[offsets], pa.int32()), left)
    return lists, np.diff(offsets) - np.diff(before[offsets])


def _greetings(
    text: npt.NDArray[np.int64], video: npt.NDArray[np.int64], time: npt.NDArray[np.float64], videos: int
) -> npt.NDArray[np.bool_]:
    """Return bool [n], which comments are of a text that is said in many videos, and mostly early."""
    count, of_video = int(text.max(initial=-1)) + 1, int(video.max(initial=-1)) + 1
    early = np.bincount(text, time < EARLY_S, count)
    pairs = np.unique(text.astype(np.int64) * of_video + video)
    of_videos = np.bincount(pairs // max(1, of_video), minlength=count)
    greets = (early >= EARLY_SHARE * np.bincount(text, minlength=count)) & (of_videos >= videos)
    found: npt.NDArray[np.bool_] = greets[text]
    return found
