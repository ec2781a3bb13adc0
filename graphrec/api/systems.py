"""What people name to be compared: runs, models with settings, and config.toml files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graphrec.api.plan import Plan, read_given
from graphrec.config import read_toml
from graphrec.errors import ConfigError, TrainingError, unknown
from graphrec.models.registry import models
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.runs import Run, find_run, list_runs, require_format, require_use
from graphrec.workspace import Workspace

SHARED = ("split", "at", "task", "projection", "where", "folds", "features")
"""What of the first run or file also holds for models that are named by themselves."""


@dataclass(frozen=True)
class Asked:
    """Something to compare.

    Attributes:
        title: what it is called.
        plan: what it trains, but for fold and seed.
        runs: those that are taken as they are, by ``fold/seed``; empty where they are to be trained.
    """

    title: str
    plan: Plan
    runs: Mapping[str, Run]


def asked_systems(workspace: Workspace, what: Sequence[str], common: Mapping[str, Any]) -> list[Asked]:
    """Return what is asked for; runs that differ by seed and fold only are one system.

    Args:
        workspace: where runs are.
        what: ids of runs, ``MODEL``, ``MODEL:KEY=VALUE,KEY=VALUE``, and paths of TOML files.
        common: attributes of plans and settings for all that is to be trained; where they say nothing, models that
            are named by themselves are split and asked as the first run or file is, and read the same features.

    Raises ``NotFoundError`` for what is none of these, ``ConfigError`` for what is named twice.
    """
    alike = _alike(workspace, what)
    named: list[tuple[str, Plan | str, dict[str, Run]]] = []
    for text in what:
        if text in alike:
            plan, runs = alike.pop(text)
            named.append((text, plan, runs))
        elif text.endswith(".toml"):
            values = {key: value for key, value in read_toml(Path(text)).items() if key not in ("seed", "fold")}
            plan = Plan.of({**values, **common})
            named.append((f"{plan.model} ({Path(text).resolve().parent.name})", plan, {}))
        elif not _is_run(workspace, text):
            named.append((text, text, {}))
    own = [plan for _, plan, _ in named if isinstance(plan, Plan)]
    shared = _shared(own[0]) if own else {}
    found = [
        Asked(title, plan if isinstance(plan, Plan) else _of_model(workspace, plan, shared, common), runs)
        for title, plan, runs in named
    ]
    return list(_titled(found))


def _alike(workspace: Workspace, what: Sequence[str]) -> dict[str, tuple[Plan, dict[str, Run]]]:
    """Return runs by the first of those that differ by seed and fold only: what they train, and all by cell."""
    groups: dict[str, tuple[str, Plan, dict[str, Run]]] = {}
    for text in what:
        if not _is_run(workspace, text):
            continue
        run = find_run(workspace, text)
        require_format(run)
        require_use(run)
        if not run.finished:
            raise TrainingError(f"run {run.id} is not finished; `graphrec train --resume {run.id}` goes on with it")
        values = read_toml(run.folder / "config.toml")
        cell = f"{values.pop('fold', 0)}/{values.pop('seed', 0)}"
        values.pop("baselines", None)
        runs = groups.setdefault(json.dumps(values, sort_keys=True), (text, Plan.of(values), {}))[2]
        if cell in runs:
            raise ConfigError(f"{runs[cell].id} and {run.id} trained the same; leave one out")
        runs[cell] = run
    return {first: (plan, runs) for first, plan, runs in groups.values()}


def _shared(plan: Plan) -> dict[str, Any]:
    task = read_given(plan).task.model_fields
    values = plan.to_dict()
    return {key: value for key, value in values.items() if key in SHARED or (key in plan.given and key in task)}


def _of_model(workspace: Workspace, text: str, shared: Mapping[str, Any], common: Mapping[str, Any]) -> Plan:
    name, _, settings = text.partition(":")
    if name not in models():
        raise unknown("model or run", name, [*models(), *(run.id for run in list_runs(workspace))])
    given = {}
    for pair in filter(None, settings.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"{text}: settings are KEY=VALUE with commas between them, not {pair!r}")
        given[key.strip()] = value.strip()
    plan = Plan.of({**shared, **common, **given, "model": name})
    asked = read_given(plan)
    reads = asked.kind.reads(asked.settings)
    # Of a model that reads none, features would only say that items are known which it knows nothing of.
    unread = "features" not in common and not (reads.features or reads.described)
    return replace(plan, features=None) if unread else plan


def _titled(found: Sequence[Asked]) -> Iterator[Asked]:
    """Call runs by their model where nothing else is of it."""
    for one in found:
        alone = [other.plan.model for other in found].count(one.plan.model) == 1
        title = one.plan.model if one.runs and alone else one.title
        if [other.title for other in found].count(one.title) > 1:
            raise ConfigError(f"{one.title} is named twice; leave one out")
        yield replace(one, title=title)


def _is_run(workspace: Workspace, text: str) -> bool:
    folder = workspace.runs / text
    return folder.name == text and (folder / MANIFEST).exists()
