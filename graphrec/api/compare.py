"""The verb ``compare``: models beside each other on the same cases, trained over seeds and folds where they are not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graphrec.api.blending import with_kinds
from graphrec.api.cells import Each, cells_of, system, train_cells, trained_cells
from graphrec.api.ground import open_ground, read_ground
from graphrec.api.plan import Plan, read_given
from graphrec.api.same_cases import TestedOn, of_plan, of_runs, require_same
from graphrec.api.search import Found, Search, Tried, begin_search, require_folds, run_search
from graphrec.api.search_space import NothingToTuneError, search_space
from graphrec.api.studies import StudyFolder, beginning, find_study
from graphrec.api.systems import Asked
from graphrec.errors import ConfigError, unknown
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.evaluation.side_by_side import BEST, Row, side_by_side
from graphrec.evaluation.systems import Measured
from graphrec.serving.load_model import load_run
from graphrec.tasks.cases import Split
from graphrec.training.runs import Run
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace

SEEDS = (0, 1, 2)
METRICS = 2
"""So many metrics are compared where none is named: the one that an early stop watches, and the task's first."""


@dataclass(frozen=True)
class Comparison:
    """What a comparison has come to.

    Attributes:
        id: of the study.
        reference: by metric, the system that the others are tested against.
        rows: by metric and system, in the order they were asked for.
        runs: ids, by system and ``fold/seed``.
        settings: by system, what it was given or what a search has found.
        notes: what is to be said of it, a sentence each.
    """

    id: str
    reference: Mapping[str, str]
    rows: Sequence[Row]
    runs: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, Mapping[str, Any]]
    notes: Sequence[str]


def begin_comparison(
    workspace: Workspace,
    asked: Sequence[Asked],
    *,
    seeds: Sequence[int] | None = None,
    folds: int | None = None,
    trials: int | None = None,
    in_folds: int = 1,
    metrics: Sequence[str] = (),
    store: str | None = None,
) -> str:
    """Write down a comparison, and return its id.

    Args:
        workspace: where runs are kept; the comparison itself below ``studies``.
        asked: what is compared.
        seeds: of what is trained; None: those of the runs, or 0, 1 and 2.
        folds: how many, for splits that have folds; None: those of the runs, or fold 0.
        trials: so many for each model that is trained, to search its settings by validation first; None: none.
        in_folds: in how many folds each such trial is trained, that of the first cell and those after it.
        metrics: of the test; by default two that the task names.
        store: what ``open_store`` takes.

    Raises ``ConfigError`` and ``DataError``, before anything is trained, where a model does not fit task or data, or
    not all are tested on the same cases.
    """
    if len(asked) < 2:
        raise ConfigError("a comparison needs two models or runs at least")
    taken = next((list(one.runs) for one in asked if one.runs), None)
    if seeds is None and folds is None and taken is not None:
        cells = taken
    else:
        split = next((one.plan.split for one in asked if not one.runs), None)
        cells = cells_of(split, folds, SEEDS if seeds is None else seeds)
    systems: dict[str, Any] = {}
    searches: dict[str, tuple[Plan, Any, Any]] = {}
    tested: list[TestedOn] = []
    for one in asked:
        if one.runs:
            tested.append(of_runs(workspace, one.title, one.runs.values()))
            ids = {cell: run.id for cell, run in one.runs.items()}
            systems[one.title] = {"plan": one.plan.to_dict(), "ground": None, "runs": ids}
            continue
        plan = replace(one.plan, folds=folds or one.plan.folds)
        whole = with_kinds(plan, {title: Plan.of(told["plan"]) for title, told in systems.items()})
        ground = read_ground(workspace, whole, store=store)
        fold, seed = map(int, cells[0].split("/"))
        first = replace(whole, fold=fold, given={**whole.given, "seed": seed})
        _require_fit(first, ground.split(first, seed)[0], metrics)
        tested.append(of_plan(one.title, plan, ground, cells))
        systems[one.title] = system(plan, ground, cells)
        if trials is not None:
            require_folds(first, in_folds)
            searches[one.title] = first, ground, _space(first)
    require_same(tested)
    told = {"systems": systems, "trials": trials, "metrics": list(metrics)}
    with beginning(workspace, "compare", "compare", told) as study:
        for title, (plan, ground, ranges) in searches.items():
            if not ranges:
                continue
            name = f"search-{list(systems).index(title) + 1}"
            (study.path / name).mkdir()
            search = begin_search(study.path / name, plan, ground, ranges, folds=in_folds)
            systems[title]["search"] = {"folder": name, **search.told()}
        study.write({**study.read(), "systems": systems})
        return study.id


def compare(
    workspace: Workspace,
    name: str,
    *,
    reference: str | None = None,
    metrics: Sequence[str] = (),
    so_far: bool = False,
    tell: Callable[[str, Tried], None] | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Train what is missing of a comparison that was begun, and compare. Nothing is published.

    Args:
        workspace: where it is.
        name: its id.
        reference: the system that the others are tested against, or ``best``; the first by default.
        metrics: others than it began with.
        so_far: compare what is trained in all seeds and folds, and train nothing; another process may be at it.
        tell: told before and after each trial of a search, and whose it is.
        each: told before each training.
        progress: of the training within a trial or run.

    Raises ``NotFoundError`` for an unknown study or reference, ``ConfigError`` where fewer than two are trained so far,
    and what ``train`` raises.
    """
    study = find_study(workspace, name, "compare")
    told = study.read()
    known = trained_cells(workspace, study) if so_far else told["systems"]
    if so_far and len(known) < 2:
        raise ConfigError(f"fewer than two models of {name} are trained in all seeds and folds so far; wait for them")
    if reference not in (None, BEST, *known):
        raise unknown("model to compare with", str(reference), known)
    if so_far:
        return _compared(workspace, study, told, known, reference, metrics or told["metrics"])
    with study.alone():
        runs = _trained(workspace, study, tell, each, progress)
        told = study.read()
        return _compared(workspace, study, told, runs, reference, metrics or told["metrics"])


@dataclass(frozen=True)
class TrainedSystems:
    """What a comparison has trained.

    Attributes:
        runs: by system and ``fold/seed``.
        plans: by system, with the settings that a search has found.
        tuned: by system that was searched: ``settings``, validation ``value`` and ``default``, and ``trials``.
    """

    runs: Mapping[str, Mapping[str, Run]]
    plans: Mapping[str, Plan]
    tuned: Mapping[str, Mapping[str, Any]]


def train_systems(
    workspace: Workspace,
    name: str,
    *,
    tell: Callable[[str, Tried], None] | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> TrainedSystems:
    """Train what is missing of a comparison, as ``compare`` does, and measure nothing of it."""
    study = find_study(workspace, name, "compare")
    with study.alone():
        runs = _trained(workspace, study, tell, each, progress)
        systems = study.read()["systems"]
    tuned = {title: one["tuned"] for title, one in systems.items() if "tuned" in one}
    return TrainedSystems(runs, {title: Plan.of(one["plan"]) for title, one in systems.items()}, tuned)


def _trained(
    workspace: Workspace,
    study: StudyFolder,
    tell: Callable[[str, Tried], None] | None,
    each: Each | None,
    progress: Progress | None,
) -> dict[str, dict[str, Run]]:
    _search(workspace, study, tell, progress)
    return train_cells(workspace, study, each=each, progress=progress)


def _require_fit(plan: Plan, split: Split[Any], metrics: Sequence[str]) -> None:
    """Raise what a training would, or a test at its end."""
    given = read_given(plan)
    given.kind.check(split.data, given.settings)
    for name in metrics:
        known_metric(split.test, name)


def _space(plan: Plan) -> Mapping[str, Any]:
    """Return what is searched for a model; nothing where all its settings are fixed, or it has none."""
    try:
        return search_space(plan)
    except NothingToTuneError:
        return {}


def _search(
    workspace: Workspace,
    study: StudyFolder,
    tell: Callable[[str, Tried], None] | None,
    progress: Progress | None,
) -> None:
    """Find the settings of every system that is searched, and write them down."""
    told = study.read()
    open_ones = [title for title, one in told["systems"].items() if "search" in one and "tuned" not in one]
    for place, title in enumerate(open_ones):
        one = told["systems"][title]
        later, began = len(open_ones) - place - 1, time.monotonic()

        def say(tried: Tried, title: str = title, later: int = later, began: float = began) -> None:
            if tell is not None:
                # What others take is guessed by what this one does.
                spent, left = time.monotonic() - began, tried.left_s
                tell(title, replace(tried, left_s=None if left is None else left + later * (spent + left)))

        search, ground = Search.of(one["search"]), open_ground(workspace, one["ground"])
        folder: Path = study.path / one["search"]["folder"]
        found: Found = run_search(
            folder,
            search,
            ground,
            trials=told["trials"],
            after=len(one["runs"]) // search.folds,
            tell=say,
            progress=progress,
        )
        one["plan"] |= found.settings
        one["tuned"] = {
            "settings": found.settings,
            "value": found.value,
            "default": found.default,
            "trials": found.counts,
        }
        study.write(told)


def _compared(
    workspace: Workspace,
    study: StudyFolder,
    told: Mapping[str, Any],
    runs: Mapping[str, Mapping[str, Run]],
    reference: str | None,
    metrics: Sequence[str],
) -> Comparison:
    require_same([of_runs(workspace, title, its.values()) for title, its in runs.items()])
    measured: dict[str, list[Measured]] = {}
    higher: dict[str, bool] = {}
    for title, its in runs.items():
        measured[title] = []
        for run in its.values():
            loaded = load_run(workspace, run)
            cases, task = loaded.split.test, loaded.task
            if not higher:
                names = metrics or _usual([task.watched(cases), *task.metrics(cases)], runs)
                higher = {name: known_metric(cases, name) for name in names}
            seed = run.manifest["seed"]
            found = judge_model(loaded.model, task, loaded.split.data, cases, list(higher), seed=seed)
            measured[title].append(Measured(found, whose(found, cases, loaded.snapshot)))
    references, rows = {}, list[Row]()
    for metric, better in higher.items():
        chosen, found_rows = side_by_side(
            measured, metric, reference or next(iter(runs)), higher_is_better=better
        )
        references[metric] = chosen
        rows += found_rows
    return Comparison(
        study.id,
        references,
        rows,
        {title: {cell: run.id for cell, run in its.items()} for title, its in runs.items()},
        {title: _settings(told["systems"][title]) for title in runs},
        _notes(told, runs, measured, references, reference),
    )


def _usual(names: Sequence[str], runs: Mapping[str, Mapping[str, Run]]) -> list[str]:
    """Return the first of ``names`` that all runs have a figure of: of clicks there may be no AUC within users."""
    figures = [run.manifest["test"]["metrics"] for its in runs.values() for run in its.values()]
    different = list(dict.fromkeys(names))
    return ([name for name in different if all(of.get(name) is not None for of in figures)] or different)[:METRICS]


def _unlike_features(runs: Mapping[str, Mapping[str, Run]]) -> list[str]:
    """Return a note where those that read features do not all read the same."""
    read: dict[tuple[str, ...], list[str]] = {}
    for title, its in runs.items():
        names = {name for run in its.values() for name in run.manifest["projection"].get("features", ())}
        if names:
            read.setdefault(tuple(sorted(names)), []).append(title)
    if len(read) < 2:
        return []
    said = "; ".join(f"{', '.join(titles)} {', '.join(names)}" for names, titles in read.items())
    return [f"Not all read the same features, which may be all that makes the difference: {said}."]


def _settings(told: Mapping[str, Any]) -> Mapping[str, Any]:
    given = Plan.of(told["plan"]).given
    return {name: value for name, value in given.items() if name != "seed"}


def _notes(
    told: Mapping[str, Any],
    runs: Mapping[str, Mapping[str, Run]],
    measured: Mapping[str, Sequence[Measured]],
    references: Mapping[str, str],
    reference: str | None,
) -> list[str]:
    one = next(iter(next(iter(runs.values())).values()))
    owners = {owner for its in measured.values() for run in its for owner in run.whose.tolist()}
    of_nodes = one.manifest["protocol"] == "nodes"
    who = f"{one.manifest['item_label']} nodes" if of_nodes else "users"
    counts = sorted({len(its) for its in runs.values()})
    notes = [
        f"The same cases for all, of {len(owners):,} {who}: split {one.manifest['split_name']}, "
        f"protocol {one.manifest['protocol']}.",
        f"Mean and standard deviation over runs, {' or '.join(map(str, counts))} of each (seeds and folds). Interval "
        f"and test draw and swap {who}, each with all runs.",
    ]
    valued = [run.evaluation.values for its in measured.values() for run in its]
    if untested := [metric for metric in references if any(metric not in values for values in valued)]:
        notes.append(f"No single case has {' or '.join(untested)}, so there is no interval and no test of it.")
    against = ", ".join(dict.fromkeys(references.values()))
    chosen = " (the best on the test, which favours it)" if reference == BEST else ""
    notes.append(
        f"p: paired permutation test against {against}{chosen}; p Holm: corrected for all comparisons of a metric, "
        f"of which there are {len(runs) - 1}."
    )
    for title in runs:
        given = _settings(told["systems"][title])
        if given and "tuned" not in told["systems"][title] and ":" not in title:
            notes.append(f"{title} was given {', '.join(f'{name}={value}' for name, value in given.items())}.")
    notes += _unlike_features(runs)
    if later := [title for title in told["systems"] if title not in runs]:
        notes.append(f"Not trained in all seeds and folds yet: {', '.join(later)}.")
    for title in runs:
        system_told = told["systems"][title]
        if "tuned" in system_told:
            made = ", ".join(
                f"{count} {what}" for what, count in system_told["tuned"]["trials"].items() if count
            )
            found = ", ".join(f"{name}={value}" for name, value in system_told["tuned"]["settings"].items())
            search = Search.of(system_told["search"])
            folds = ", ".join(str(plan.fold) for plan in search.plans)
            where = f"fold{'s' if search.folds > 1 else ''} {folds}, seed {search.plan.given['seed']}"
            notes.append(f"{title} was tuned on validation of {where} ({made}): {found}.")
        elif told["trials"] is not None:
            why = "taken as it is" if system_told["ground"] is None else "nothing of it is left to search"
            notes.append(f"{title} was not tuned: {why}.")
    return notes
