"""A run that is asked several things: of items and of their frames, for example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.snapshot import Snapshot
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split


@dataclass(frozen=True)
class FurtherTask:
    """What a run is asked beside its first task, of other records of the same users.

    Attributes:
        task: what is asked.
        snapshot: what holds the records.
        split: theirs.
    """

    task: Task[Any]
    snapshot: Snapshot
    split: Split[Any]


def together(split: Split[Any], snapshot: Snapshot, others: Mapping[str, FurtherTask]) -> Split[Any]:
    """Return ``split`` with the training data of ``others``, by projection, as ``Data.others``.

    Args:
        split: of the first task, which an early stop watches.
        snapshot: what it was made from.
        others: by the name of their projection.

    Raises ``DataError`` where the graph has changed between two snapshots, so that a number means another node.
    """
    nodes = dict(split.data.nodes)
    for name, other in others.items():
        for label in other.snapshot.ids.keys() & snapshot.ids.keys():
            if not other.snapshot.ids[label].values.equals(snapshot.ids[label].values):
                raise DataError(
                    f"{label} nodes were added or removed while {name} was read; train again when nobody writes"
                )
        nodes = {**other.split.data.nodes, **nodes}
    shots = [snapshot, *(other.snapshot for other in others.values())]
    data = {name: _without_records(other.split.data, shots) for name, other in others.items()}
    first = _without_records(split.data, shots)
    return replace(split, data=replace(first, nodes=nodes, others=data))


def _without_records(data: Data, shots: Sequence[Snapshot]) -> Data:
    """Return ``data`` without lists that tell what is held out of any of ``shots``."""
    lists = {name: listed for name, listed in data.lists.items() if not any(s.tells_records(name) for s in shots)}
    return replace(data, lists=lists)
