"""The verb ``tune``: a search for a model's best settings by validation, and what these come to on the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from graphrec.api.cells import Each, Spread, spreads, system, train_cells
from graphrec.api.ground import open_ground, read_ground
from graphrec.api.plan import Plan
from graphrec.api.search import Search, Tell, begin_search, prepare, require_folds, run_search
from graphrec.api.search_space import Range, defaults, search_space
from graphrec.api.studies import StudyFolder, beginning, find_study
from graphrec.errors import ConfigError, StoreBusy
from graphrec.training.runs import Run, write_config
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace

TRIALS = 20
"""So many where neither their number nor the time is limited."""


@dataclass(frozen=True)
class Tuned:
    """What a search has come to.

    Attributes:
        id: of the study.
        model: whose settings.
        metric: the validation metric that decides.
        trials: how many there were, by what became of them.
        default: the default of each setting that was searched.
        best: its best value.
        default_value: the metric of the defaults; None where their training failed.
        best_value: that of the best.
        config: the best as a file that ``graphrec train --config`` reads.
        runs: id of the run of the best by ``fold/seed``; none where another process makes them.
        test: metrics over these runs.
    """

    id: str
    model: str
    metric: str
    trials: Mapping[str, int]
    default: Mapping[str, Any]
    best: Mapping[str, Any]
    default_value: float | None
    best_value: float
    config: Path
    runs: Mapping[str, str]
    test: Mapping[str, Spread]


def begin_tuning(
    workspace: Workspace,
    plan: Plan,
    *,
    over: Sequence[str] = (),
    trials: int | None = None,
    minutes: float | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    folds: int = 1,
    store: str | None = None,
) -> str:
    """Write down a search, and return its id.

    Args:
        workspace: where it is kept, below ``studies``.
        plan: what is trained; its seed is that of the search, and of the split that all trials share.
        over: what is searched, as ``search_space`` takes it.
        trials: how many; None: 20, or as many as there is time for.
        minutes: how long each process makes trials; None: until there are enough.
        seeds: of the runs with the best settings.
        folds: in how many folds each trial is trained, and the best settings; the mean over them decides.
        store: what ``open_store`` takes.

    Raises ``ConfigError`` for what cannot be searched, ``DataError`` where the data lack what the model needs, and
    what ``read_ground`` raises.
    """
    ranges = search_space(plan, over)
    if not seeds:
        raise ConfigError("the best settings need at least one seed")
    ground = read_ground(workspace, plan, store=store)
    split, _ = prepare(plan, ground)
    plan = ground.chosen(plan, split.name)
    require_folds(plan, folds)
    trials = TRIALS if trials is None and minutes is None else trials
    told = {"trials": trials, "minutes": minutes, "seeds": list(seeds), "ground": ground.told(), "systems": {}}
    with beginning(workspace, "tune", f"tune-{plan.model}", told) as study:
        search = begin_search(study.path, plan, ground, ranges, folds=folds)
        study.write({**study.read(), "search": search.told()})
    return study.id


def searched(workspace: Workspace, name: str) -> dict[str, Range]:
    """Return what the study ``name`` searches; raises ``NotFoundError`` for an unknown one."""
    return dict(Search.of(find_study(workspace, name, "tune").read()["search"]).ranges)


def tune(
    workspace: Workspace,
    name: str,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    tell: Tell | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Go on with a search that was begun, and train the best settings; several processes may do so at once.

    The last of them to end trains.

    Args:
        workspace: where it is.
        name: its id.
        trials: how many there are to be in all, where that is to be another number than before.
        minutes: how long this process makes trials, likewise.
        tell: told before and after each trial.
        each: told before each run with the best settings.
        progress: of the training within a trial or run.

    Raises ``NotFoundError`` for an unknown study, ``TrainingError`` where every trial failed, and what ``train``
    raises.
    """
    study = find_study(workspace, name, "tune")
    if trials is not None or minutes is not None:
        with study.alone():
            study.write({**study.read(), "trials": trials, "minutes": minutes})
    told = study.read()
    search, ground = Search.of(told["search"]), open_ground(workspace, told["ground"])
    limits = {"trials": told["trials"], "minutes": told["minutes"], "after": len(told["seeds"])}
    found = run_search(study.path, search, ground, **limits, tell=tell, progress=progress)
    plan = replace(search.plan, given={**search.plan.given, **found.settings})
    write_config(study.path, plan.to_dict())
    folds = [one.fold for one in search.plans]
    runs = {} if found.open else _trained(workspace, study, plan, folds, found.seconds / len(folds), each, progress)
    return Tuned(
        study.id,
        plan.model,
        search.metric,
        found.counts,
        defaults(search.plan, list(search.ranges)),
        found.settings,
        found.default,
        found.value,
        study.path / "config.toml",
        {cell: run.id for cell, run in runs.items()},
        spreads(runs.values()) if runs else {},
    )


def _trained(
    workspace: Workspace,
    study: StudyFolder,
    plan: Plan,
    folds: Sequence[int],
    seconds: float,
    each: Each | None,
    progress: Progress | None,
) -> dict[str, Run]:
    """Return the runs of the best settings by cell; none where another process makes them."""
    try:
        with study.alone():
            told = study.read()
            cells = [f"{fold}/{seed}" for seed, fold in product(dict.fromkeys(told["seeds"]), folds)]
            wanted = system(plan, open_ground(workspace, told["ground"]), cells)
            made = told["systems"].get(plan.model)
            # Those of settings that were the best before more trials were made are no more.
            if made is None or made["plan"] != wanted["plan"]:
                study.write({**told, "systems": {plan.model: wanted}})
            return train_cells(workspace, study, expected_s=seconds, each=each, progress=progress)[plan.model]
    except StoreBusy:
        return {}
