"""What tells whether comments say something good or bad: lists of words, what is liked, or a model of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from graphrec.errors import UsageError
from graphrec.media.comments.lexicon import Lexicon
from graphrec.settings import Settings

WORDS, LIKES = "words", "likes"
Ints = npt.NDArray[np.int64]


class FeelingSettings(Settings):
    """How feelings are told."""

    by: str = WORDS
    """``words``: a list of words of praise and blame; ``likes``: what users like; or the name or folder of a model of
    Transformers that classifies texts."""
    bad_share: float | None = Field(None, ge=0, le=1)
    """With ``likes``: at most this share of comments is bad, those least like what is liked; 0.1 by default."""
    negative_labels: tuple[str, ...] = ()
    """With a model: its labels of what is bad, where their names do not tell."""


@dataclass(frozen=True)
class Said:
    """Different texts, and which comment is of which.

    Attributes:
        written: string [n], as they were written.
        plain: string [n], as ``plain`` returns them, slang replaced.
        words: list<string> [n], without stop words.
        code: int [comments], the text of each comment.
    """

    written: pa.Array
    plain: pa.Array
    words: pa.ListArray
    code: npt.NDArray[np.integer]


@dataclass(frozen=True)
class Felt:
    """What was told of texts.

    Attributes:
        by: what told it.
        feeling: int64 [n], above 0 for what says something good, below 0 for something bad.
        figures: numbers by name.
        notes: how it was told, a sentence each.
    """

    by: str
    feeling: Ints
    figures: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Teller(Protocol):
    """Tells what texts feel."""

    def tell(self, said: Said, progress: Callable[[str], None]) -> Felt:
        """Return what they feel; ``progress`` is told how far it is where that takes long."""


def teller_of(settings: FeelingSettings, lexicon: Lexicon, likes: pa.Array) -> Teller:
    """Return what tells feelings; a model is loaded at once.

    Args:
        settings: how.
        lexicon: words of praise and blame.
        likes: int64 [comments], null where nobody knows.

    Raises ``UsageError`` for settings that do not go together, ``ConfigError`` for a model that cannot be used.
    """
    if settings.bad_share is not None and settings.by != LIKES:
        raise UsageError(f"--bad-share goes with --feelings {LIKES}; leave it out, or add that")
    if settings.negative_labels and settings.by in (WORDS, LIKES):
        raise UsageError("--negative-label goes with a model: --feelings MODEL; leave it out, or add that")
    if settings.by == WORDS:
        from graphrec.media.comments.by_words import ByWords

        return ByWords(lexicon)
    if settings.by == LIKES:
        from graphrec.media.comments.by_likes import BAD_SHARE, ByLikes

        return ByLikes(likes, BAD_SHARE if settings.bad_share is None else settings.bad_share)
    from graphrec.media.comments.by_model import ByModel

    return ByModel(settings.by, settings.negative_labels)
