"""What a run is trained for beside its first task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.protocols import protocol_of
from graphrec.graph.build import snapshot
from graphrec.graph.data import Data
from graphrec.graph.projection import Projection, choose
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import base_name
from graphrec.models.base import Model
from graphrec.store.base import GraphStore
from graphrec.tasks.base import Task
from graphrec.tasks.beside import FurtherTask
from graphrec.tasks.cases import Split
from graphrec.tasks.parts_of_items import list_of, split_as_items
from graphrec.workspace import Workspace

Read = tuple[Task[Any], Snapshot]


def check_also(kind: type[Model[Any]], first: Projection, also: Sequence[str]) -> None:
    """Raise ``ConfigError`` where the model takes no further projection, or one is named twice."""
    if also and not kind.several:
        raise ConfigError(f"{kind.name} learns from one kind of record; leave out --also {' --also '.join(also)}")
    names = [first.name, *also]
    twice = [name for name in also if names.count(name) > 1]
    if twice:
        raise ConfigError(f"projection {twice[0]!r} is named twice (the first is {first.name}); leave one out")


def read_also(
    graph: GraphStore,
    workspace: Workspace,
    task: type[Task[Any]],
    also: Sequence[str],
    item: str,
    needed: Callable[[Projection], Projection],
    *,
    fresh: bool = False,
) -> dict[str, Read]:
    """Return the task of each further projection and its snapshot.

    Args:
        graph: the store.
        workspace: where snapshots are.
        task: its kind.
        also: names of projections.
        item: label of what the first projection recommends, whose parts others may be.
        needed: adds what the model reads to a projection.
        fresh: whether what was read before is read again.
    """
    found = {}
    for name in also:
        projection = choose(name, graph.counts(), properties=graph.properties)
        asked = task.of(projection, ())
        listed = list_of(item, projection.item)
        read = needed(asked.reads(projection)).asking(lists=() if listed is None else (listed,))
        found[name] = asked, snapshot(graph, read, workspace, fresh=fresh)
    return found


def split_also(
    read: Mapping[str, Read], first: Split[Any], items: Snapshot, *, seed: int, fold: int, folds: int
) -> dict[str, FurtherTask]:
    """Return each with its split: that of ``items`` by ``first`` where it is of their parts, else what its data say."""
    found = {}
    for name, (task, shot) in read.items():
        split = split_as_items(task, shot, first, items) or task.split(shot, seed=seed, fold=fold, folds=folds)
        found[name] = FurtherTask(task, shot, split)
    return found


def told_also(beside: Mapping[str, FurtherTask]) -> dict[str, Any]:
    """Return what a manifest says of them, under the names that it has for the first task."""
    return {
        name: {
            "task": other.task.told(),
            "snapshot": other.snapshot.fingerprint,
            "projection": other.snapshot.projection,
            "split": other.split.name,
            "split_name": base_name(other.split.name),
            "item_label": other.snapshot.item_label,
            "protocol": protocol_of(other.split.test),
        }
        for name, other in beside.items()
    }


def tested_also(
    model: Model[Any], beside: Mapping[str, FurtherTask], first: Data, *, seed: int
) -> dict[str, Evaluation]:
    """Return the test metrics of each; ``first`` is what the model was trained on."""
    found = {}
    for name, other in beside.items():
        cases = other.split.test
        metrics = other.task.metrics(cases)
        found[name] = judge_model(model, other.task, other.split.data, cases, metrics, seed=seed, first=first)
    return found
