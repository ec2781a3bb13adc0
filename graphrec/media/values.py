"""Properties that are no running text -> vectors: categories and lists as 0 and 1, numbers on one scale."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.files import read_json, replacing

Floats = npt.NDArray[np.float32]
Value = str | float | bool | list[str]

MOST = 1_000
"""So many different values at most where nothing else is said: the most frequent ones."""


@dataclass(frozen=True)
class NHotEncoder:
    """For a text or each text of a list 1 in its own column; what is not in the vocabulary has none.

    Attributes:
        vocabulary: the values, by their columns.
        left_out: how many different values there were beyond those.
    """

    vocabulary: tuple[str, ...]
    left_out: int = 0

    name = "n-hot"

    @classmethod
    def fit(cls, values: Sequence[str | list[str]], dimension: int | None) -> NHotEncoder:
        """Take the ``dimension`` most frequent values, ``MOST`` for None."""
        counted = Counter(one for value in values for one in set(_listed(value)))
        # Of equally frequent ones always the same.
        ordered = sorted(counted, key=lambda one: (-counted[one], one))[: dimension or MOST]
        return cls(tuple(sorted(ordered)), len(counted) - len(ordered))

    @property
    def dimension(self) -> int:
        """How many values there are."""
        return len(self.vocabulary)

    def encode(self, values: Sequence[str | list[str]]) -> Floats:
        """Return float32 [n, D]."""
        place = {one: column for column, one in enumerate(self.vocabulary)}
        found = np.zeros((len(values), self.dimension), np.float32)
        for row, value in enumerate(values):
            for one in _listed(value):
                if one in place:
                    found[row, place[one]] = 1
        return found


@dataclass(frozen=True)
class NumberEncoder:
    """(value - mean) / deviation, as they were when it was fitted.

    Attributes:
        mean: of the values.
        deviation: their standard deviation; 1 where all are equal.
    """

    mean: float
    deviation: float

    name = "number"
    dimension = 1

    @classmethod
    def fit(cls, values: Sequence[float], dimension: int | None) -> NumberEncoder:
        """Take mean and deviation; there is nothing to choose about the dimension."""
        numbers = np.asarray(values, np.float64)
        return cls(float(numbers.mean()), float(numbers.std()) or 1.0)

    def encode(self, values: Sequence[float]) -> Floats:
        """Return float32 [n, 1]."""
        found: Floats = ((np.asarray(values, np.float64) - self.mean) / self.deviation).astype(np.float32)[:, None]
        return found


ValueEncoder = NHotEncoder | NumberEncoder
ENCODERS: dict[str, type[ValueEncoder]] = {one.name: one for one in (NHotEncoder, NumberEncoder)}


def save(encoder: ValueEncoder, path: Path, what: str) -> None:
    """Keep ``encoder``, which was fitted on the property ``what``."""
    with replacing(path) as file:
        file.write(json.dumps({"what": what, "encoder": encoder.name, **asdict(encoder)}).encode())


def load(path: Path) -> tuple[ValueEncoder, str]:
    """Return what ``save`` kept, and of which property; raises ``DataError`` for another file."""
    content: dict[str, Any] = read_json(path)
    kind, what = ENCODERS.get(content.pop("encoder", "")), content.pop("what", "")
    if kind is None:
        raise DataError(f"{path} holds no encoder of values; describe anew with --refit", str(path))
    if kind is NHotEncoder:
        content["vocabulary"] = tuple(content["vocabulary"])
    return kind(**content), what


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
