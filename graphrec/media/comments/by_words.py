"""Feelings by a list of words of praise and blame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.media.comments.feelings import WORDS, Felt, Said
from graphrec.media.comments.lexicon import Lexicon


class ByWords:
    """Tells feelings by ``lexicon``."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def tell(self, said: Said, progress: Callable[[str], None]) -> Felt:
        """Return how much good each text says less how much bad."""
        return Felt(WORDS, feelings(said.plain, self._lexicon))


def feelings(texts: pa.Array, lexicon: Lexicon) -> npt.NDArray[np.int64]:
    """Return how much good each text says less how much bad, int64 [n]; what is denied counts as its opposite."""
    found = np.zeros(len(texts), np.int64)
    felt = pc.match_substring_regex(texts, f"{lexicon.good}|{lexicon.bad}")
    some = texts.filter(felt)
    score = np.zeros(len(some), np.int64)
    for pattern, sign in (
        (lexicon.denied_bad, 1), (lexicon.denied_good, -1), (lexicon.bad, -1), (lexicon.good, 1),
    ):  # fmt: skip
        score = score + sign * np.asarray(pc.count_substring_regex(some, pattern), np.int64)
        some = pc.replace_substring_regex(some, pattern, " ")
    found[felt.to_numpy(zero_copy_only=False)] = score
    return found
