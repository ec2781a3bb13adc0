"""What is said where in a video: the words that comments on a stretch of it have, and others do not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from graphrec.errors import QueryError
from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore

LEAST = 2
"""In so many comments on a stretch must a word be, to be one of the stretch's."""
WORDS = 3
"""So many words of each."""


def said(
    store: GraphStore, node: str, duration_s: float, stretches: Sequence[int]
) -> dict[int, list[list[str]]]:
    """Return what is said in each of so many equally long stretches of the video ``node``, the most telling first.

    A word tells n ln(p / p') of a stretch: n of its comments have the word, which is a share p of them, and p' is the
    share of the comments on all of the video. What is said as often everywhere, or less here, tells nothing. Comments
    on segments and frames count, and on the video where they have a second; those that are left out do not.

    Args:
        store: the graph.
        node: id of an item; nothing is said of an unknown one.
        duration_s: how long it is, more than 0.
        stretches: into how many it is cut, for each answer, at least 1.
    """
    try:
        found = rows(store, "words_of_video", video=node)
    except QueryError:
        # An older graphrec, whose graphs are read as they are, kept no words.
        found = []
    # Who says it ten times over says it once.
    spoken = [
        (row["time_s"] / duration_s, {*row["words"].split()})
        for row in found
        if row["time_s"] is not None and 0 <= row["time_s"] <= duration_s
    ]
    return {many: _in_each(spoken, many) for many in stretches}


def _in_each(spoken: Sequence[tuple[float, set[str]]], many: int) -> list[list[str]]:
    """Return the words of each of ``many`` stretches; of a comment its place, 0 to 1, and its words are known."""
    counts, comments = [Counter[str]() for _ in range(many)], [0] * many
    for place, words in spoken:
        at = min(int(place * many), many - 1)
        counts[at].update(words)
        comments[at] += 1
    everywhere = sum(counts, Counter[str]())
    usual = {word: count / len(spoken) for word, count in everywhere.items()}
    return [_telling(words, of, usual) for words, of in zip(counts, comments, strict=True)]


def _telling(words: Mapping[str, int], comments: int, usual: Mapping[str, float]) -> list[str]:
    told = {word: count * math.log(count / comments / usual[word]) for word, count in words.items() if count >= LEAST}
    best = sorted((-gain, word) for word, gain in told.items() if gain > 0)
    return [word for _, word in best[:WORDS]]
