"""The verb ``study``: the same training over folds and seeds, and what its metrics come to."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from graphrec.api.train import Plan, train
from graphrec.errors import ConfigError, NotFoundError, unknown
from graphrec.files import read_json, write_json
from graphrec.graph.splits import FOLDED
from graphrec.training.runs import find_run
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace

FILE = "study.json"


@dataclass(frozen=True)
class Spread:
    """A metric over the runs of a study."""

    minimum: float
    maximum: float
    mean: float
    median: float
    deviation: float


@dataclass(frozen=True)
class Study:
    """What a study has come to.

    Attributes:
        id: its folder's name, below ``studies``.
        plan: what each run does, but for fold and seed.
        runs: id of the run of each fold and seed, by ``fold/seed``.
        planned: how many runs there will be.
        metrics: by name, over the finished runs.
    """

    id: str
    plan: Mapping[str, Any]
    runs: Mapping[str, str]
    planned: int
    metrics: Mapping[str, Spread]


Each = Callable[[str, int, int], None]
"""Called before each run with its fold and seed in words, its number from 1, and how many there are."""


def study(
    workspace: Workspace,
    plan: Plan,
    *,
    folds: int | None = None,
    seeds: Sequence[int] = (0,),
    store: str | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> Study:
    """Train and test ``plan`` for every fold and every seed. Nothing is published.

    Args:
        workspace: where runs are kept; the study itself below ``studies``.
        plan: what to train; its own fold and seed do not matter.
        folds: how many folds, for splits that have folds; None for one run per seed.
        seeds: of every random choice, that of the split included.
        store: what ``open_store`` takes.
        each: told about each run.
        progress: of the training within a run.

    Raises ``ConfigError`` for folds of a split that has none, and what ``train`` raises.
    """
    if folds is not None and plan.split not in FOLDED:
        raise ConfigError(f"--folds are of the splits {', '.join(FOLDED)}; choose one with --split")
    if not seeds:
        raise ConfigError("a study needs at least one seed")
    told = {
        "plan": replace(plan, folds=folds or plan.folds, baselines=False).to_dict(),
        "cells": [f"{fold}/{seed}" for seed, fold in product(seeds, range(folds or 1))],
        "runs": {},
    }
    folder = workspace.root / "studies" / f"{plan.model}-{time.strftime('%Y%m%d-%H%M%S')}"
    write_json(folder / FILE, told)
    return _go_on(workspace, folder, store, each, progress)


def resume_study(
    workspace: Workspace,
    name: str,
    *,
    store: str | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> Study:
    """Go on with a study that was cut off: its runs that are done are not made again.

    Raises ``NotFoundError`` for an unknown study.
    """
    known = [path.parent.name for path in (workspace.root / "studies").glob(f"*/{FILE}")]
    if name not in known:
        raise unknown("study", name, known)
    return _go_on(workspace, workspace.root / "studies" / name, store, each, progress)


def _go_on(
    workspace: Workspace, folder: Path, store: str | None, each: Each | None, progress: Progress | None
) -> Study:
    told = read_json(folder / FILE)
    values: list[Mapping[str, float]] = []
    for number, cell in enumerate(told["cells"], 1):
        fold, seed = map(int, cell.split("/"))
        if each is not None:
            each(f"fold {fold}, seed {seed}", number, len(told["cells"]))
        run = told["runs"].get(cell)
        finished = None if run is None else _finished(workspace, run)
        if finished is None:
            plan = Plan.of({**told["plan"], "fold": fold, "seed": seed})
            trained = train(workspace, plan, store=store, progress=progress)
            told["runs"][cell] = trained.run.id
            write_json(folder / FILE, told)
            finished = trained.run.manifest["test"]["metrics"]
        values.append(finished)
    names = [name for name in values[0] if all(one.get(name) is not None for one in values)]
    spreads = {name: _spread([one[name] for one in values]) for name in names}
    write_json(folder / FILE, {**told, "metrics": {name: vars(one) for name, one in spreads.items()}})
    return Study(folder.name, told["plan"], told["runs"], len(told["cells"]), spreads)


def _finished(workspace: Workspace, run: str) -> Mapping[str, float] | None:
    try:
        found = find_run(workspace, run)
    except NotFoundError:
        return None
    metrics: Mapping[str, float] | None = found.manifest.get("test", {}).get("metrics")
    return metrics


def _spread(values: Sequence[float]) -> Spread:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return Spread(min(values), max(values), statistics.fmean(values), statistics.median(values), deviation)
