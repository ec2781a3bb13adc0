"""Whether what nodes are made of has changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from graphrec.graph.columns import Numbers
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.ids import Ids
from graphrec.graph.made_of import Making
from graphrec.graph.records import Records
from graphrec.ragged import Ragged

LOOKS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
IDS = {"Item": ["a", "b", "c"], "Frame": ["f0", "f1", "f2", "f3"]}
NOTHING = np.empty(0, np.int64)


def graph(frames: list[tuple[int, int]], looks: np.ndarray = LOOKS, times: tuple[float, ...] = (0, 1, 2, 3)) -> Data:
    rows, values = np.array(frames).T
    return Data(
        {"User": 1, "Item": 3, "Frame": 4},
        "Item",
        Records.of_pairs(NOTHING, NOTHING, 1),
        np.zeros(3, bool),
        {"look": Mapped("Frame", looks, np.array([True, True, True, False]))},
        {"Item>Frame": Ragged.from_pairs(rows, values, 3)},
        {"Frame.time_s": Numbers(np.array(times, np.float64))},
    )


def made(data: Data, ids: dict[str, list[str]] = IDS) -> Making:
    known = {label: Ids(pa.array(some)) for label, some in ids.items()}
    return Making(data, known, ["Frame"], ["Item>Frame"], ["Frame.time_s"])


BEFORE = graph([(0, 0), (0, 1), (1, 2), (2, 3)])
OTHER = LOOKS.copy()
OTHER[1, 2] = np.nextafter(OTHER[1, 2], 9)


@pytest.mark.parametrize(
    ("now", "ids", "changed"),
    [
        (BEFORE, IDS, []),
        (graph([(0, 1), (0, 0), (1, 2), (2, 3)]), IDS, []),
        (graph([(0, 0), (0, 1), (1, 2), (2, 3)], OTHER), IDS, [0]),
        (graph([(0, 0), (0, 1), (1, 2), (2, 3)], times=(0, 1, 5, 3)), IDS, [1]),
        (graph([(0, 0), (1, 1), (1, 2), (2, 3)]), IDS, [0, 1]),
        (graph([(0, 0), (0, 1), (1, 2), (2, 3)]), {**IDS, "Frame": ["f0", "f1", "f2", "new"]}, [2]),
        (replace(BEFORE, features={}), IDS, [0, 1, 2]),
    ],
    ids=["the same", "another order", "one number", "a time", "another's frame", "another frame", "no features"],
)  # fmt: skip
def test_what_is_made_of_something_else_is_told(now: Data, ids: dict[str, list[str]], changed: list[int]) -> None:
    before, after = made(BEFORE)["Item"], made(now, ids)["Item"]
    assert np.flatnonzero(before.marks != after.marks).tolist() == changed


def test_what_has_features_or_a_part_that_has_is_described() -> None:
    found = made(BEFORE)
    assert found["Item"].described.tolist() == [True, True, False]
    assert found["Frame"].described.tolist() == [True, True, True, False]
    assert len({*found["Frame"].marks.tolist()}) == 4
