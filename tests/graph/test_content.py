"""Features of nodes that lack some of them."""

from __future__ import annotations

import numpy as np
import pytest

from graphrec.graph.content import Features, Joined, Mapped

LOOK = np.array([[1, 3], [5, 5], [0, 0], [3, 1], [0, 0]], np.float32)
SOUND = np.array([[2], [0], [4], [6], [0]], np.float32)
LOOKS, SOUNDS = np.array([True, True, False, True, False]), np.array([True, False, True, True, False])


@pytest.fixture
def joined() -> Joined:
    parts: list[Features] = [Mapped("Item", LOOK, LOOKS), Mapped("Item", SOUND, SOUNDS)]
    return Joined(parts, 5)


def test_the_mean_stands_in_for_what_is_lacking(joined: Joined) -> None:
    assert [mean.tolist() for mean in joined.means] == [[3, 3], [4]]
    filled = [[1, 3, 2], [5, 5, 4], [3, 3, 4], [3, 1, 6], [0, 0, 0]]
    assert joined.rows(slice(None)).tolist() == filled
    assert joined.rows(np.array([4, 2])).tolist() == [filled[4], filled[2]]
    assert joined.described.tolist() == joined.filled.tolist() == [True, True, True, True, False]
    assert joined.partial.tolist() == [False, True, True, False, False]


def test_one_matrix_is_read_as_it_is() -> None:
    alone = Joined([Mapped("Item", LOOK, LOOKS)], 5)
    assert alone.rows(slice(None)) is not None
    assert np.array_equal(alone.rows(slice(None)), LOOK)
    assert not alone.partial.any()


def test_a_matrix_is_dropped_unless_it_is_the_last(joined: Joined) -> None:
    at = np.array([0, 0, 1, 2, 4])
    assert joined.dropping(at, np.array([0, 1, 0, 1, 0])).tolist() == [
        [3, 3, 2],
        [1, 3, 4],
        [5, 5, 4],
        [3, 3, 4],
        [0, 0, 0],
    ]
