"""What models of runs, such as a blend, are made of: finished runs of one split of one graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import chain
from typing import Any

import numpy as np
import torch

from graphrec.api.plan import Plan
from graphrec.config import read_toml
from graphrec.errors import ConfigError, TrainingError
from graphrec.graph.snapshot import Snapshot
from graphrec.models.of_runs import Member, OfRuns
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ragged
from graphrec.serving.load_model import Loaded, load_run
from graphrec.tasks.cases import PairCases, RankingCases, Split
from graphrec.tasks.registry import task_class
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

_FILLED = "members"
_USERS = 8
"""So many users' scores are compared."""


def is_of_runs(model: str) -> bool:
    """Return whether ``model`` is made of runs."""
    return issubclass(model_class(model), OfRuns)


def load_members(workspace: Workspace, model: str, runs: str) -> list[Loaded]:
    """Return the runs named in ``runs``, separated by commas, of which ``model`` is to be made.

    Raises ``ConfigError`` where they are no two runs that it can be made of, ``NotFoundError`` for a run that is none,
    ``TrainingError`` for one that is not finished.
    """
    names = [name.strip() for name in runs.split(",") if name.strip()]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigError(
            f"{model} needs two different runs at least: --set runs=RUN1,RUN2; `graphrec runs` lists them"
        )
    found = []
    for run in [find_run(workspace, name) for name in names]:
        if not run.finished:
            raise TrainingError(f"run {run.id} is not finished: `graphrec train --resume {run.id}` finishes it")
        tasks = model_class(model).tasks
        if run.manifest["task"]["name"] not in tasks or run.also or is_of_runs(run.model):
            raise ConfigError(
                f"run {run.id} cannot be part of a {model}: only runs of one projection whose task is {tasks[0]} can, "
                "and none that are made of runs themselves"
            )
        found.append(load_run(workspace, run))
    return found


def titles_of(plan: Plan) -> list[str]:
    """Return the systems that a model of runs within a comparison is made of, in ``runs`` with a plus between them."""
    return [title.strip() for title in str(plan.given.get("runs", "")).split("+") if title.strip()]


def with_kinds(plan: Plan, systems: Mapping[str, Plan]) -> Plan:
    """Return the plan of a model made of ``systems``, by title, none of which is trained: it tells what it will read.

    Any other plan comes back as it is. Raises ``ConfigError`` for a system that is not among them.
    """
    if not is_of_runs(plan.model):
        return plan
    for title in titles_of(plan):
        if title not in systems:
            raise ConfigError(
                f"there is no {title} for {plan.model} to be made of; name it before, such as "
                "`graphrec compare bpr ease blend:runs=bpr+ease`"
            )
    theirs = [systems[title] for title in titles_of(plan)]
    members = tuple(
        Member(run=title, model=systems[title].model, settings={}, features=(), widths={}, beside={})
        for title in titles_of(plan)
    )
    named = [one.features for one in theirs if one.features is not None]
    features = list(dict.fromkeys(chain.from_iterable(named))) if len(named) == len(theirs) else None
    return replace(plan, features=features, given={**plan.given, _FILLED: members})


def with_runs(plan: Plan, runs: Mapping[str, Run]) -> Plan:
    """Return the plan of a model of systems with the ``runs`` that these have, by title; any other as it is."""
    if not is_of_runs(plan.model):
        return plan
    ids = [runs[title].id if title in runs else title for title in titles_of(plan)]
    return replace(plan, features=None, given={**plan.given, "runs": ",".join(ids)})


def completed(workspace: Workspace, plan: Plan) -> Plan:
    """Return the plan of a model of runs with its members, on the part of the graph that the first was trained on.

    Any other plan comes back as it is. Raises ``ConfigError`` for one that asks for another part of the graph.
    """
    if not is_of_runs(plan.model):
        return plan
    members = load_members(workspace, plan.model, str(plan.given.get("runs", "")))
    run = members[0].run
    theirs = Plan.of(read_toml(run.folder / "config.toml"))
    features = list(dict.fromkeys(name for one in members for name in one.snapshot.projection["features"]))
    part = replace(theirs, model=plan.model, features=features, given={}, baselines=plan.baselines)
    for field in fields(Plan):
        asked, due = getattr(plan, field.name), getattr(part, field.name)
        if field.name != "given" and asked != field.default and asked != due:
            raise ConfigError(
                f"{field.name} {asked!r} is not that of {run.id}, {due!r}: a {plan.model} is tested as its runs"
            )
    of_task = {*task_class(part.task or model_class(plan.model).tasks[0]).model_fields, "seed"}
    kept = {key: value for key, value in theirs.given.items() if key in of_task}
    return replace(part, given={**kept, **plan.given, _FILLED: tuple(_member(one) for one in members)})


def as_given(plan: Plan) -> dict[str, Any]:
    """Return what was given, without what ``completed`` has filled in."""
    return {key: value for key, value in plan.given.items() if key != _FILLED}


def take_members(workspace: Workspace, model: OfRuns[Any], shot: Snapshot, split: Split[Any]) -> None:
    """Copy what the runs have learned into ``model``, which is to be judged on ``split`` of ``shot``.

    Raises ``TrainingError`` for a run that was trained or tested on anything else.
    """
    members = load_members(workspace, model.name, model.settings.runs)
    for one in members:
        if said := _other(one, shot, split):
            raise TrainingError(
                f"run {one.run.id} cannot be part of a {model.name} here: {said}; train it again with the same split "
                "and seed as the others, on the graph as it is"
            )
    model.take([one.model for one in members])
    model.attach(split.data)
    users = torch.from_numpy(np.flatnonzero(split.data.by_user.lengths)[:_USERS])
    for one, own in zip(members, model.scorers, strict=True):
        was, now = (scorer.grid(users) for scorer in (one.scorer, own))
        if not torch.allclose(was, now, rtol=1e-3, atol=1e-3 * float(was.abs().max())):
            raise TrainingError(
                f"run {one.run.id} cannot be part of a {model.name} here: it gives other scores than when it was "
                "trained, most likely by features that were made anew since; train it again"
            )


def _member(one: Loaded) -> Member:
    return Member(
        run=one.run.id,
        model=one.run.model,
        settings=one.run.manifest["settings"],
        features=tuple(one.split.data.features),
        widths=dict(one.model.shape.widths),
        beside=dict(one.model.shape.beside),
    )


def _other(one: Loaded, shot: Snapshot, split: Split[RankingCases]) -> str:
    """Say in what a run differs; empty where it does not."""
    for label in ("User", shot.item_label):
        theirs = one.snapshot.ids.get(label)
        if theirs is None or not theirs.values.equals(shot.ids[label].values):
            return f"it knows other nodes of {label}"
    here, there = split.data.records, one.split.data.records
    if not (np.array_equal(here.user, there.user) and np.array_equal(here.item, there.item)):
        return "it was trained on other records"
    for own, theirs in ((split.valid, one.split.valid), (split.test, one.split.test)):
        if not _same_cases(own, theirs):
            return "it was tested on other records"
    return ""


def _same_cases(one: RankingCases | PairCases, other: RankingCases | PairCases) -> bool:
    if isinstance(one, PairCases) or isinstance(other, PairCases):
        return type(one) is type(other) and all(
            np.array_equal(getattr(one, name), getattr(other, name)) for name in ("users", "items", "targets")
        )
    same = np.array_equal(one.users, other.users) and _same_lists(one.relevant, other.relevant)
    pools = [np.empty(0) if cases.pool is None else cases.pool for cases in (one, other)]
    return same and np.array_equal(pools[0], pools[1]) and _same_lists(one.candidates, other.candidates)


def _same_lists(one: Ragged | None, other: Ragged | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one.indptr, other.indptr) and np.array_equal(one.indices, other.indices)
