"""What nodes are made of, as one number each, by which it is told whether that has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graphrec.graph.columns import Numbers
from graphrec.graph.content import VALUES, Joined
from graphrec.graph.data import Data
from graphrec.graph.hashes import Hashes, hashes_of, sums
from graphrec.graph.ids import Ids
from graphrec.graph.records import Mask


@dataclass(frozen=True)
class MadeOf:
    """What the nodes of a label are made of.

    Attributes:
        marks: uint64 [n]; where two are the same, so are the node's id, its features, and its parts, these'
            too.
        described: bool [n], whether it or one of its parts has features.
    """

    marks: Hashes
    described: Mask


class Making:
    """Works out what nodes are made of, a label once.

    Args:
        data: all nodes.
        ids: theirs, by label.
        labels: whose features count.
        lists: by ends, such as ``Item>Frame``; those that lead from a node lead to its parts.
        fields: such as ``Frame.time_s``.
    """

    def __init__(
        self, data: Data, ids: Mapping[str, Ids], labels: Sequence[str], lists: Sequence[str], fields: Sequence[str]
    ) -> None:
        self._data, self._ids, self._labels, self._lists, self._fields = data, ids, labels, lists, fields
        self._made: dict[str, MadeOf] = {}

    def __getitem__(self, label: str) -> MadeOf:
        if label not in self._made:
            self._made[label] = self._make(label)
        return self._made[label]

    def _make(self, label: str) -> MadeOf:
        marks = hashes_of(self._ids[label])
        described: Mask = np.zeros(len(marks), bool)
        if label in self._labels:
            content = self._data.content_of(label)
            marks, described = _mixed(marks + _of_rows(content)), content.described.copy()
        for name in self._fields:
            column = self._data.fields[name]
            if name.startswith(f"{label}.") and isinstance(column, Numbers):
                marks = _mixed(marks + column.values.view(np.uint64))
        for name in self._lists:
            of, _, part = name.partition(">")
            if of == label:
                parts, listed = self[part], self._data.lists[name]
                marks = _mixed(marks + sums(parts.marks, listed))
                described[listed.rows[parts.described[listed.indices]]] = True
        return MadeOf(marks, described)


def _of_rows(content: Joined) -> Hashes:
    """Return a number for each row of features."""
    odd = 2 * np.random.default_rng(0).integers(1 << 63, size=content.width, dtype=np.uint64) + 1
    step = max(1, VALUES // max(1, content.width))
    found = np.zeros(len(content), np.uint64)
    for start in range(0, len(content), step):
        bits = np.ascontiguousarray(content.rows(slice(start, start + step))).view(np.uint32)
        found[start : start + step] = (bits * odd).sum(1)
    return found


def _mixed(values: Hashes) -> Hashes:
    """Return the numbers with all bits mixed (splitmix64's finaliser)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
