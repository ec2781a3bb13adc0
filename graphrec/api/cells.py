"""Systems, each trained once in every cell: a fold and a seed. What is trained is not trained again."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from graphrec.api.blending import completed, with_runs
from graphrec.api.ground import Ground, open_ground
from graphrec.api.plan import Plan
from graphrec.api.studies import StudyFolder
from graphrec.api.train import resume, train_on
from graphrec.errors import ConfigError, NotFoundError
from graphrec.graph.splits import FOLDED
from graphrec.training.manifest import REFUSED
from graphrec.training.runs import Run, find_run
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Step:
    """A training that is about to begin.

    Attributes:
        system: whose.
        fold: in which.
        seed: by which.
        number: from 1.
        of: how many there are.
        left_s: how long this and all later ones take, by those that are done; None where none is.
    """

    system: str
    fold: int
    seed: int
    number: int
    of: int
    left_s: float | None


Each = Callable[[Step], None]


@dataclass(frozen=True)
class Spread:
    """A metric over several runs."""

    minimum: float
    maximum: float
    mean: float
    median: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return that of ``values``; the deviation is the sample's, 0 of one value."""
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return cls(min(values), max(values), statistics.fmean(values), statistics.median(values), deviation)


def cells_of(split: str | None, folds: int | None, seeds: Sequence[int]) -> list[str]:
    """Return the cells of so many ``folds`` and of ``seeds``, as ``fold/seed``; without folds, those of fold 0.

    Raises ``ConfigError`` for folds of a split that has none, and where there is no seed.
    """
    if folds is not None and split not in FOLDED:
        raise ConfigError(f"--folds are of the splits {', '.join(FOLDED)}; choose one with --split")
    if not seeds:
        raise ConfigError("a study needs at least one seed")
    return [f"{fold}/{seed}" for seed, fold in product(dict.fromkeys(seeds), range(folds or 1))]


def system(plan: Plan, ground: Ground, cells: Iterable[str]) -> dict[str, Any]:
    """Return what a study's file says of a system of which nothing is trained yet."""
    return {
        "plan": replace(plan, baselines=False).to_dict(),
        "ground": ground.told(),
        "runs": dict.fromkeys(cells),
    }


def train_cells(
    workspace: Workspace,
    study: StudyFolder,
    *,
    expected_s: float | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> dict[str, dict[str, Run]]:
    """Train what is missing of the study's systems; return the run of every system and cell.

    Nothing is published. The study's file is told each run before it learns, so that one that was cut off is gone on
    with. ``expected_s`` is how long a run may take of which nothing else is known.

    Raises what ``train_on`` and ``resume`` raise.
    """
    told = study.read()
    systems: Mapping[str, Any] = told["systems"]
    found: dict[str, dict[str, Run]] = {title: {} for title in systems}
    spent: dict[str, list[float]] = {title: [] for title in systems}
    steps = [(title, cell) for title, one in systems.items() for cell in one["runs"]]
    for title, cell in steps:
        if run := _known(workspace, systems[title]["runs"][cell]):
            spent[title] += [run.manifest["total_seconds"]] if run.finished else []
    grounds: dict[str, Ground] = {}
    for number, (title, cell) in enumerate(steps, 1):
        one = systems[title]
        known = _known(workspace, one["runs"][cell])
        if known is not None and known.finished:
            found[title][cell] = known
            continue
        fold, seed = map(int, cell.split("/"))
        if each is not None:
            left = _left(spent, [name for name, _ in steps[number - 1 :]], expected_s)
            each(Step(title, fold, seed, number, len(steps), left))

        def begun(run: Run, runs: dict[str, str] = one["runs"], cell: str = cell) -> None:
            runs[cell] = run.id
            study.write(told)

        began = time.monotonic()
        if known is not None and _of_use(workspace, known):
            trained = resume(workspace, known.id, progress=progress)
        else:
            if one["ground"] is None:  # a run that was taken as it is, and has gone since
                find_run(workspace, one["runs"][cell])
            if title not in grounds:
                grounds = {title: open_ground(workspace, one["ground"])}
            made = {name: its[cell] for name, its in found.items() if cell in its}
            plan = with_runs(Plan.of({**one["plan"], "fold": fold, "seed": seed}), made)
            plan = completed(workspace, plan)
            trained = train_on(workspace, plan, grounds[title], progress=progress, begun=begun)
        found[title][cell] = trained.run
        spent[title].append(time.monotonic() - began)
    return found


def trained_cells(workspace: Workspace, study: StudyFolder) -> dict[str, dict[str, Run]]:
    """Return the runs of the study's systems that are finished in all cells; trains nothing."""
    whole: dict[str, dict[str, Run]] = {}
    for title, one in study.read()["systems"].items():
        known = {cell: _known(workspace, run) for cell, run in one["runs"].items()}
        finished = {cell: run for cell, run in known.items() if run is not None and run.finished}
        if len(finished) == len(known):
            whole[title] = finished
    return whole


def spreads(runs: Iterable[Run]) -> dict[str, Spread]:
    """Return the test metrics that all of ``runs`` have."""
    values: list[Mapping[str, float | None]] = [run.manifest["test"]["metrics"] for run in runs]
    found = {}
    for name in values[0]:
        numbers = [one[name] for one in values if one.get(name) is not None]
        if len(numbers) == len(values):
            found[name] = Spread.of([float(number) for number in numbers if number is not None])
    return found


def _known(workspace: Workspace, run: str | None) -> Run | None:
    with suppress(NotFoundError):
        return None if run is None else find_run(workspace, run)
    return None


def _of_use(workspace: Workspace, run: Run) -> bool:
    """Return whether a run that was cut off can be gone on with."""
    there = (workspace.snapshots / str(run.manifest.get("snapshot")) / "meta.json").exists()
    return there and REFUSED not in run.manifest


def _left(spent: Mapping[str, Sequence[float]], to_come: Sequence[str], expected_s: float | None) -> float | None:
    known = {title: statistics.fmean(seconds) for title, seconds in spent.items() if seconds}
    usual = statistics.fmean(known.values()) if known else expected_s
    if usual is None:
        return None
    return sum(known.get(title, usual) for title in to_come)
