"""Stretches of lists."""

from __future__ import annotations

import numpy as np
import pytest

from graphrec.errors import ConfigError
from graphrec.learning.windows import Stretches
from graphrec.ragged import Ragged

LISTS = Ragged(np.array([0, 0, 2, 7, 10]), np.arange(10) * 10)


def test_the_last_stretch_ends_with_the_last_part() -> None:
    cut = Stretches.of(LISTS, 3, 2)
    parts, lengths = cut.parts(slice(None))
    assert cut.row.tolist() == [1, 2, 2, 3]
    assert parts.tolist() == [[0, 10, 10], [20, 30, 40], [40, 50, 60], [70, 80, 90]]
    assert lengths.tolist() == [2, 3, 3, 3]
    assert Stretches.of(LISTS, 2, 2).first.tolist() == [0, 0, 2, 3, 0, 1]


def test_some_stretches_are_as_among_all() -> None:
    cut = Stretches.of(LISTS, 3, 1)
    some = np.array([3, 0])
    for chosen, every in zip(cut.parts(some), cut.parts(slice(None)), strict=True):
        np.testing.assert_array_equal(chosen, every[some])


@pytest.mark.parametrize(("length", "shift"), [(0, 1), (3, 0)])
def test_impossible_stretches(length: int, shift: int) -> None:
    with pytest.raises(ConfigError, match="give 1 or more"):
        Stretches.of(LISTS, length, shift)
