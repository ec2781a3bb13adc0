"""Users whose history is no longer what a run was trained on: those who came later, and those who chose more since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphrec.errors import NotFoundError, TrainingError
from graphrec.graph.projection import THEN
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
    then = own.item[task.holds(own)]
    return Now(run, at, now, set(then.tolist()) != set(now.tolist()))


def _history(store: GraphStore, shot: Snapshot, task: Ranking, user: str) -> Ints:
    """Return the positions of the items of the user's positive records, the latest last."""
    kind, label = str(shot.projection["relationship"]), shot.item_label
    known = store.properties.of(kind)
    rows = spliced_rows(store, "records", "e", known, type=kind, label=label, id=user)
    if not rows:
        return np.empty(0, np.int64)
    times = np.array([_when(row) for row in rows])
    item = shot.items.index([row["id"] for row in rows])
    values = {
        name: np.array([np.nan if row.get(name) is None else row[name] for row in rows], np.float64)
        for name in {rule.property for rule in task.positive}
    }
    records = Records.of_pairs(np.zeros(len(rows), np.int64), item, 1, **values)
    kept = task.holds(records) & (item >= 0)
    order = np.argsort(times[kept], kind="stable")
    found: Ints = item[kept][order]
    return found


def _when(row: dict[str, object]) -> float:
    when = row.get("at") if row.get("at") is not None else row.get("sequence")
    return float(when) if isinstance(when, int | float) else 0.0
