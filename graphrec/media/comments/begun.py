"""When a comment was begun: what is recorded is when it was sent, and typing it took a while (KFRCI, section 5.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.media.language import Language

Floats = npt.NDArray[np.float64]

WORD_LENGTH = {Language.JAPANESE: 2.0, Language.CHINESE: 1.5}
"""Characters of a word, by which typing is timed where no spaces tell the words apart."""


def begun(texts: pa.Array, sent_s: Floats, language: Language, speed: float) -> Floats:
    """Return when each comment was begun, float64 [n], seconds of its video, never before its start.

    Args:
        texts: string [n], as they were written.
        sent_s: float64 [n], seconds, when they were sent.
        language: of all of them.
        speed: words typed in a minute; 0 for what takes no time.
    """
    typing = typed_words(texts, language) * (60.0 / speed) if speed else np.zeros(len(texts))
    return np.maximum(sent_s - typing, 0)


def typed_words(texts: pa.Array, language: Language) -> Floats:
    """Return how many words were typed, float64 [n]: in Japanese two characters are one, in Chinese one and a half."""
    if language in WORD_LENGTH:
        characters = pc.utf8_length(pc.replace_substring_regex(texts, r"\s", ""))
        return np.asarray(characters, np.float64) / WORD_LENGTH[language]
    return np.asarray(pc.count_substring_regex(texts, r"\S*[\pL\pN]\S*"), np.float64)
