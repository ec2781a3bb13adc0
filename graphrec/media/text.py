"""Texts -> vectors without any weights: character n-grams, TF-IDF, and their main directions (LSA).

N-grams of characters need no word list, so that titles and comments of any language can be described, those without
spaces between words, as in Japanese, too. What was fitted once describes later texts in the same space.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from graphrec.errors import ConfigError, DataError
from graphrec.files import replacing

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BUCKETS = 1 << 16
NGRAMS = (2, 4)
FORMAT = "1"
"""Of the file and of all that vectors depend on besides it: buckets, n-grams, how text is brought to one form."""

FITTED_TEXTS = 100_000
"""Of more texts, so many are fitted on, evenly spread."""

BLOCK = 8_192


@dataclass(frozen=True)
class TextSettings:
    """What a fit depends on besides the texts.

    Attributes:
        dimension: D, numbers per text, 1 to 4096.
        seed: of the randomised decomposition.
    """

    dimension: int = 128
    seed: int = 0


@dataclass(frozen=True)
class TfidfEncoder:
    """A fitted encoder; make one by ``fit`` or ``load``.

    Attributes:
        settings: what it was fitted with.
        buckets: int64 [C], which of the hashed n-grams were seen, in order.
        weights: float32 [C], their inverse document frequencies.
        directions: float32 [C, D]; where the texts had fewer main directions than D, the rest are zeros.
    """

    settings: TextSettings
    buckets: Ints
    weights: Floats
    directions: Floats

    @property
    def dimension(self) -> int:
        """D, numbers per text."""
        return self.settings.dimension

    @classmethod
    def fit(cls, texts: Sequence[str], settings: TextSettings | None = None) -> TfidfEncoder:
        """Learn which n-grams matter and their main directions; the same texts and seed give the same encoder.

        Raises ``ConfigError`` for a dimension out of range, ``DataError`` where all texts are blank.
        """
        settings = settings or TextSettings()
        if not 1 <= settings.dimension <= 4096:
            raise ConfigError(f"dimension must be from 1 to 4096, not {settings.dimension}")
        written = [text for text in texts if not blank(text)]
        if not written:
            raise DataError("there is no text to learn from: all are empty")
        counts = _counts(_spread(written))
        buckets = np.unique(counts.indices).astype(np.int64)
        counts = counts[:, buckets]
        weights = TfidfTransformer().fit(counts).idf_.astype(np.float32)
        matrix = _weighted(counts, weights)
        directions = np.zeros((len(buckets), settings.dimension), np.float32)
        rank = min(settings.dimension, *matrix.shape)
        _, _, main = randomized_svd(matrix, rank, n_iter=5, random_state=settings.seed)
        directions[:, :rank] = main.T
        return cls(settings, buckets, weights, directions)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return float32 [n, D], lengths up to 1; zeros for a text that is empty or has no n-gram that was seen."""
        out = np.zeros((len(texts), self.settings.dimension), np.float32)
        for start in range(0, len(texts), BLOCK):
            part = texts[start : start + BLOCK]
            matrix = _weighted(_counts(part)[:, self.buckets], self.weights)
            out[start : start + len(part)] = matrix @ self.directions
        return out

    def save(self, path: Path, told: dict[str, str] | None = None) -> None:
        """Write it as safetensors, whole or not at all, with ``told`` beside it; ``load`` gives both back.

        Raises ``DataError`` when it cannot be written.
        """
        tensors: dict[str, npt.NDArray[Any]] = {
            "buckets": self.buckets,
            "weights": self.weights,
            "directions": self.directions,
        }
        about = {"format": FORMAT, "settings": json.dumps(asdict(self.settings)), **(told or {})}
        with replacing(path) as file:
            file.write(save(tensors, about))

    @classmethod
    def load(cls, path: Path) -> tuple[TfidfEncoder, dict[str, str]]:
        """Read what ``save`` wrote; raises ``DataError`` for a file that is damaged or of another format."""
        try:
            with safe_open(path, "numpy") as file:
                told: dict[str, str] = dict(file.metadata() or {})
                tensors = {name: file.get_tensor(name) for name in ("buckets", "weights", "directions")}
        except (OSError, SafetensorError) as error:
            raise DataError(f"{path} cannot be read ({error}); fit anew with --refit") from error
        if told.pop("format", None) != FORMAT:
            raise DataError(f"{path} was written by another version of graphrec; fit anew with --refit")
        settings = TextSettings(**json.loads(told.pop("settings")))
        return cls(settings, tensors["buckets"], tensors["weights"], tensors["directions"]), told


def blank(text: str) -> bool:
    """Return whether nothing is written in ``text``."""
    return not text.strip()


def _spread(texts: Sequence[str]) -> Sequence[str]:
    if len(texts) <= FITTED_TEXTS:
        return texts
    return [texts[at] for at in np.linspace(0, len(texts) - 1, FITTED_TEXTS).astype(int).tolist()]


def _counts(texts: Sequence[str]) -> Any:
    """Return how often each text has the n-grams of each bucket, a scipy csr matrix [n, BUCKETS]."""
    hashing = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=NGRAMS,
        n_features=BUCKETS,
        alternate_sign=False,
        norm=None,
        preprocessor=_one_form,
    )
    return hashing.transform(texts)


def _weighted(counts: Any, weights: Floats) -> Any:
    """Return rows of unit length, float32 csr [n, C]: (1 + log count) times the bucket's weight (float32 [C])."""
    logs = counts.astype(np.float32)
    logs.data = np.log(logs.data) + 1
    return normalize(logs.multiply(weights).tocsr(), copy=False)


def _one_form(text: str) -> str:
    """Return ``text`` without differences of case and of width, such as between ＡＢＣ and abc."""
    return unicodedata.normalize("NFKC", text).casefold()
