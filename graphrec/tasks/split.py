"""The split of a snapshot for a task; a ranking where nothing else is said."""

from __future__ import annotations

from typing import Any

from graphrec.graph.projection import PROJECTIONS, Projection
from graphrec.graph.snapshot import Snapshot
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split
from graphrec.tasks.ranking import Ranking


def split(
    snapshot: Snapshot,
    name: str | None = None,
    *,
    task: Task[Any] | None = None,
    seed: int = 0,
    fold: int = 0,
    folds: int = 5,
) -> Split[Any]:
    """Split ``snapshot`` for ``task``, by default the ranking of what its projection has records of; see ``Task``."""
    if task is None:
        told = {key: value for key, value in snapshot.projection.items() if key in ("name", "item", "relationship")}
        task = Ranking.of(PROJECTIONS.get(told["name"], Projection(**told)), ())
    return task.split(snapshot, name, seed=seed, fold=fold, folds=folds)
