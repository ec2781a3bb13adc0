"""The verb ``study``: the same training over folds and seeds, and what its metrics come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphrec.api.cells import Each, Spread, cells_of, spreads, system, train_cells
from graphrec.api.ground import read_ground
from graphrec.api.plan import Plan
from graphrec.api.studies import beginning, find_study
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Study:
    """What a study has come to.

    Attributes:
        id: its folder's name, below ``studies``.
        plan: what each run does, but for fold and seed.
        runs: id of the run of each fold and seed, by ``fold/seed``.
        metrics: of the test, by name, over the runs.
    """

    id: str
    plan: Mapping[str, Any]
    runs: Mapping[str, str]
    metrics: Mapping[str, Spread]


def begin_study(
    workspace: Workspace,
    plan: Plan,
    *,
    folds: int | None = None,
    seeds: Sequence[int] = (0,),
    store: str | None = None,
) -> str:
    """Write down a study of ``plan`` for every fold and every seed, and return its id.

    Args:
        workspace: where runs are kept; the study itself below ``studies``.
        plan: what to train; its own fold and seed do not matter.
        folds: how many folds, for splits that have folds; None for one run per seed.
        seeds: of every random choice, that of the split included.
        store: what ``open_store`` takes.

    Raises ``ConfigError`` for folds of a split that has none, and what ``read_ground`` raises.
    """
    cells = cells_of(plan.split, folds, seeds)
    plan = replace(plan, folds=folds or plan.folds)
    told = system(plan, read_ground(workspace, plan, store=store), cells)
    with beginning(workspace, "study", plan.model, {"systems": {plan.model: told}}) as study:
        return study.id


def run_study(
    workspace: Workspace, name: str, *, each: Each | None = None, progress: Progress | None = None
) -> Study:
    """Train what is missing of a study that was begun. Nothing is published.

    Args:
        workspace: where it is.
        name: its id.
        each: told about each run before it begins.
        progress: of the training within a run.

    Raises ``NotFoundError`` for an unknown study, and what ``train`` raises.
    """
    study = find_study(workspace, name, "study")
    with study.alone():
        ((_, runs),) = train_cells(workspace, study, each=each, progress=progress).items()
        told = study.read()
        metrics = spreads(runs.values())
        study.write({**told, "metrics": {name: vars(one) for name, one in metrics.items()}})
    (one,) = told["systems"].values()
    return Study(study.id, one["plan"], {cell: run.id for cell, run in runs.items()}, metrics)
