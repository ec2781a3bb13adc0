"""Users whose history is no longer what a run was trained on: those who came later, and those who chose more since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.errors import NotFoundError, TrainingError
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.projection import THEN, types_of
from graphrec.graph.records import Records
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ints
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced_rows
from graphrec.tasks.ranking import Ranking
from graphrec.training.runs import Run, find_run, require_format, snapshot_of, task_of
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Now:
    """The history of a user as the graph has it now, in the terms of a run whose files are in the workspace.

    Attributes:
        run: that run.
        user: position of the user in its snapshot; None for one who came after training.
        history: int64 [n], positions of what the user has now, the latest last; without what came after training.
        changed: whether that is something else than what the run's snapshot has of the user.
    """

    run: Run
    user: int | None
    history: Ints
    changed: bool

    @property
    def lost(self) -> bool:
        """Whether the user had a history in training of which nothing is left: deleted, or rated anew and low."""
        return self.changed and self.user is not None and not len(self.history)


def since_training(store: GraphStore, workspace: Workspace, run_id: str, user: str) -> Now | None:
    """Return the history of ``user`` now, and whether run ``run_id`` knew it.

    None where that cannot be told: the run's files are elsewhere, it is no ranking, or its records are paths.
    """
    try:
        run = find_run(workspace, run_id)
        require_format(run)
        shot = snapshot_of(workspace, run)
    except (NotFoundError, TrainingError):
        return None
    task = task_of(run)
    if not isinstance(task, Ranking) or THEN in str(shot.projection["relationship"]):
        return None
    now = _history(store, shot, task, user)
    at = int(shot.users.index([user])[0])
    if at < 0:
        return Now(run, None, now, True)
    own = shot.records.of_user(at)
    of_user = {name: column.take(np.array([at])) for name, column in shot.fields.items() if name.startswith("User.")}
    then = own.item[task.holds(own, {**shot.fields, **of_user})]
    return Now(run, at, now, set(then.tolist()) != set(now.tolist()))


def _history(store: GraphStore, shot: Snapshot, task: Ranking, user: str) -> Ints:
    """Return the positions of the items of the user's positive records, the latest last."""
    rows = [
        row
        for kind in types_of(str(shot.projection["relationship"]))
        for row in spliced_rows(
            store, "records", "e", store.properties.of(kind), type=kind, label=shot.item_label, id=user
        )
    ]
    if not rows:
        return np.empty(0, np.int64)
    times = np.array([_when(row) for row in rows])
    item = shot.items.index([row["id"] for row in rows])
    of_records = [rule for rule in task.positive if rule.of_node() is None]
    numbers = {rule.property for rule in of_records if not isinstance(rule.value, str)}
    records = Records.of_pairs(
        np.zeros(len(rows), np.int64), item, 1, **{name: _numbers(rows, name) for name in numbers}
    )
    texts = {rule.property for rule in of_records} - numbers
    records = replace(records, texts={name: _texts(rows, name) for name in texts})
    kept = task.holds(records, {**shot.fields, **_fields_of(store, task, user)}) & (item >= 0)
    order = np.argsort(times[kept], kind="stable")
    found: Ints = item[kept][order]
    # Of several types one item may be there more than once: the newest counts.
    newest = np.sort(len(found) - 1 - np.unique(found[::-1], return_index=True)[1])
    return found[newest]


def _fields_of(store: GraphStore, task: Ranking, user: str) -> dict[str, Column]:
    """Return what conditions ask about the user, as the graph has it now, as of the only one."""
    found: dict[str, Column] = {}
    names = {rule.property: rule for rule in task.positive if rule.of_node() == "User"}
    for name, rule in names.items():
        prop = store.properties.find("User", name.partition(".")[2])
        rows = spliced_rows(store, "nodes", "n", [prop], label="User", ids=[user])
        text = isinstance(rule.value, str)
        found[name] = _texts(rows, prop.name) if text else Numbers(_numbers(rows, prop.name))
    return found


def _numbers(rows: Sequence[Mapping[str, Any]], name: str) -> npt.NDArray[np.float64]:
    return np.array([np.nan if row.get(name) is None else row[name] for row in rows], np.float64)


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> Words:
    return Words.of(pa.chunked_array([pa.array([row.get(name) for row in rows], pa.string())]))


def _when(row: dict[str, object]) -> float:
    when = row.get("at") if row.get("at") is not None else row.get("sequence")
    return float(when) if isinstance(when, int | float) else 0.0
