"""The check that several models are tested on the very same cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from graphrec.api.ground import Ground
from graphrec.api.plan import Plan
from graphrec.errors import DataError
from graphrec.evaluation.common_cases import case_keys
from graphrec.evaluation.protocols import protocol_of
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import base_name
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split
from graphrec.training.runs import Run, snapshot_of, split_of, task_of
from graphrec.workspace import Workspace

NO_CONDITION = ("value", "calibrate")
"""What a task says that changes no case."""


@dataclass(frozen=True)
class TestedOn:
    """What a system is tested on.

    Attributes:
        title: the system's.
        facts: what explains a difference, the likeliest first, in words.
        cases: digests of what is asked of whom among what; several where a seed or a fold changes them.
    """

    title: str
    facts: dict[str, str]
    cases: frozenset[str]


def of_runs(workspace: Workspace, title: str, runs: Iterable[Run]) -> TestedOn:
    """Return what runs were tested on; raises ``TrainingError`` where a snapshot is gone."""
    parts = []
    for run in runs:
        task, shot = task_of(run), snapshot_of(workspace, run)
        cell = f"{run.manifest['fold']}/{run.manifest['seed']}"
        parts.append((task, shot, split_of(task, shot, run), cell))
    return _tested_on(title, parts)


def of_plan(title: str, plan: Plan, ground: Ground, cells: Sequence[str]) -> TestedOn:
    """Return what ``plan`` will be tested on in ``cells``; raises ``DataError`` where a split cannot be made."""
    parts = []
    for cell in cells:
        fold, seed = map(int, cell.split("/"))
        split, _ = ground.split(Plan.of({**plan.to_dict(), "fold": fold}), seed)
        parts.append((ground.task, ground.snapshot, split, cell))
    return _tested_on(title, parts)


def require_same(tested: Sequence[TestedOn]) -> None:
    """Raise ``DataError`` where two are tested on other cases, saying by what they differ."""
    for one in tested[1:]:
        first = tested[0]
        if one.cases == first.cases:
            continue
        apart = next((name for name, fact in first.facts.items() if one.facts.get(name) != fact), None)
        why = (
            f"{apart} {first.facts[apart]}, and {one.facts[apart]}" if apart else "the graph has changed between them"
        )
        raise DataError(
            f"{first.title} and {one.title} are not tested on the same cases: {why}; train anew what is to be compared"
        )


def _tested_on(title: str, parts: Sequence[tuple[Task[Any], Snapshot, Split[Any], str]]) -> TestedOn:
    task, shot, split, _ = parts[0]
    told = dict(task.told())
    facts = {
        "task": str(told.pop("name")),
        "projection": str(shot.projection["relationship"]),
        "conditions": ", ".join(f"{name} {value}" for name, value in sorted(told.items()) if name not in NO_CONDITION)
        or "none",
        "split": base_name(split.name),
        "protocol": protocol_of(split.test),
        "fold/seed": ", ".join(cell for *_, cell in parts),
    }
    return TestedOn(title, facts, frozenset(_digest(split, shot) for _, shot, split, _ in parts))


def _digest(split: Split[Any], shot: Snapshot) -> str:
    keys = case_keys(split.test, split, shot)
    order = np.lexsort((keys.ranked, keys.asked))
    return blake2b(keys.asked[order].tobytes() + keys.ranked[order].tobytes(), digest_size=16).hexdigest()
