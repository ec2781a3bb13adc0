"""Which nodes belong to which others: a comment to its segment, and so to its video.

What users do (rate, view, follow) is no belonging: what is carried along it would tell a model what it is tested on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from graphrec import schema
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions


@dataclass(frozen=True)
class Step:
    """From nodes of the label ``start`` to those of ``end``; ``forward`` where the relationship leads the same way."""

    type: str
    start: str
    end: str
    forward: bool


Way = tuple[Step, ...]


@dataclass(frozen=True)
class Belonging:
    """Which of some nodes belong to which of a label.

    Attributes:
        ids: of that label, in order.
        matrix: scipy csr, bool [len(ids), nodes]: whether a node belongs to it, along any way.
        ways: how many pairs each way that leads to any has, by its labels, such as ``Comment > Segment > Item``.
    """

    ids: list[str]
    matrix: Any
    ways: dict[str, int]


def ways(source: str, target: str) -> list[Way]:
    """Return all ways from one label to another that lead only up, or only down.

    One that turns round would lead from a comment to every part of its video, or from a user to what the user
    commented.
    """
    return [*_ways(source, target, up=True), *_ways(source, target, up=False)] if source != target else []


def reachable(source: str) -> list[str]:
    """Return the labels to which there is a way."""
    return [label for label in schema.LABELS if ways(source, label)]


def shown(way: Way) -> str:
    """Return its labels."""
    return " > ".join([way[0].start, *(step.end for step in way)])


def belonging(store: GraphStore, source: str, keys: pa.Array, target: str) -> Belonging:
    """Return to which nodes of ``target`` each of ``keys``, ids of ``source``, belongs; each pair counts once."""
    ids = {source: keys}
    read: dict[Step, Any] = {}
    for label in {step.end for way in ways(source, target) for step in way}:
        # In this order on every database.
        ids[label] = store.read_nodes(label)["id"].combine_chunks().sort()
    everything = sparse.csr_matrix((len(keys), len(ids[target])), dtype=bool)
    found: dict[str, int] = {}
    for way in ways(source, target):
        reached = sparse.identity(len(keys), dtype=bool, format="csr")
        for step in way:
            if not reached.nnz:
                break
            if step not in read:
                read[step] = _matrix(store, step, ids[step.start], ids[step.end])
            reached = reached @ read[step]
        if reached.nnz:
            found[shown(way)] = int(reached.nnz)
            everything = everything + reached
    return Belonging(ids[target].to_pylist(), everything.T.tocsr(), found)


def _ways(at: str, target: str, *, up: bool) -> Iterator[Way]:
    for step in _steps(at, up=up):
        if step.end == target:
            yield (step,)
        else:
            yield from ((step, *further) for further in _ways(step.end, target, up=up))


def _steps(at: str, *, up: bool) -> Iterator[Step]:
    for one in schema.RELATIONSHIPS.values():
        for ends in one.ends if one.part else ():
            part, whole = ends if one.part == "from" else ends[::-1]
            start, end = (part, whole) if up else (whole, part)
            if start == at:
                yield Step(one.name, start, end, forward=(start, end) == ends)


def _matrix(store: GraphStore, step: Step, starts: pa.Array, ends: pa.Array) -> Any:
    """Return scipy csr, bool [starts, ends]: which are connected."""
    between = (step.start, step.end) if step.forward else (step.end, step.start)
    edges = store.read_relationships(step.type, *between)
    of = [(edges.source_ids, edges.source), (edges.target_ids, edges.target)]
    places = [
        positions(stored, ids)[at]
        for (stored, at), ids in zip(of if step.forward else of[::-1], (starts, ends), strict=True)
    ]
    known = (places[0] >= 0) & (places[1] >= 0)
    rows, columns = (place[known] for place in places)
    return sparse.csr_matrix((np.ones(len(rows), bool), (rows, columns)), (len(starts), len(ends)))
