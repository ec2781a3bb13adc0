"""Users whose history is no longer what a run was trained on: those who came later, and those who chose more since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.errors import NotFoundError, TrainingError
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.ids import Ids
from graphrec.graph.projection import THEN, types_of
from graphrec.graph.reading import ORDERS
from graphrec.graph.records import Records
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ints, Ragged
from graphrec.serving.histories import comments, records
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


def since_training(
    store: GraphStore, workspace: Workspace, run_id: str, users: Sequence[str]
) -> dict[str, Now] | None:
    """Return the history of each of ``users`` now, and whether run ``run_id`` knew it.

    None where that cannot be told: the run's files are elsewhere, or it is no ranking.
    """
    try:
        run = find_run(workspace, run_id)
        require_format(run)
        shot = snapshot_of(workspace, run)
    except (NotFoundError, TrainingError):
        return None
    task = task_of(run)
    if not isinstance(task, Ranking):
        return None
    now = _histories(store, shot, task, users)
    at = shot.users.index(list(users))
    there = np.flatnonzero(at >= 0)
    own = shot.records.of_users(at[there])
    of_users = {name: column.take(at[there]) for name, column in shot.fields.items() if name.startswith("User.")}
    held = task.holds(own, {**shot.fields, **of_users})
    then = np.unique(there[own.user[held]] * len(shot.items) + np.asarray(own.item)[held])
    differs = at < 0
    # Who has fewer records than the run asks for has not been in training.
    differs[there] |= own.by_user.lengths < task.min_records
    trained = ~differs
    differs[np.setxor1d(then, now.rows * len(shot.items) + now.indices) // max(1, len(shot.items))] = True
    return {
        user: Now(run, int(at[row]) if trained[row] else None, now[row], bool(differs[row]))
        for row, user in enumerate(users)
    }


def without_snapshot(workspace: Workspace, run_id: str) -> bool:
    """Return whether ``since_training`` tells nothing because the run's snapshot has been removed."""
    try:
        snapshot_of(workspace, find_run(workspace, run_id))
    except NotFoundError:
        return False
    except TrainingError:
        return True
    return False


def _histories(store: GraphStore, shot: Snapshot, task: Ranking, users: Sequence[str]) -> Ragged:
    """Return for each user the positions of the items of the positive records, the latest last."""
    relationship = str(shot.projection["relationship"])
    tables = (
        [comments(store, shot.projection, users, store.properties.of("Comment"))]
        if THEN in relationship
        else [
            records(store, kind, shot.item_label, users, store.properties.of(kind)) for kind in types_of(relationship)
        ]
    )
    user = np.concatenate([Ids(pa.array(users, pa.string())).index(_texts(table, "user")) for table in tables])
    item = np.concatenate([shot.items.index(_texts(table, "id")) for table in tables])
    when = np.concatenate([_when(table) for table in tables])
    # Of equal times in the order of the snapshot's own records.
    order = np.lexsort((item, when, user))
    of_records = [rule for rule in task.positive if rule.of_node() is None]
    texts = {rule.property for rule in of_records if isinstance(rule.value, str)}
    numbers = {rule.property for rule in of_records} - texts
    values = {name: np.concatenate([_numbers(table, name) for table in tables])[order] for name in numbers}
    told = {name: Words.of(pa.chunked_array([_texts(table, name) for table in tables])).take(order) for name in texts}
    now = replace(Records.of_pairs(user[order], item[order], len(users), **values), texts=told)
    kept = task.holds(now, {**shot.fields, **_fields_of(store, task, users)}) & (now.item >= 0)
    user, item = now.user[kept], now.item[kept]
    # Of several types one item may be there more than once: the newest counts.
    last = np.unique((user * len(shot.items) + item)[::-1], return_index=True)[1]
    newest = np.sort(len(item) - 1 - last)
    return Ragged.from_sorted(user[newest], item[newest], len(users))


def _fields_of(store: GraphStore, task: Ranking, users: Sequence[str]) -> dict[str, Column]:
    """Return what conditions ask about users, of each of ``users`` as the graph has it now."""
    found: dict[str, Column] = {}
    names = {rule.property: rule for rule in task.positive if rule.of_node() == "User"}
    for name, rule in names.items():
        prop = store.properties.find("User", name.partition(".")[2])
        rows = spliced_rows(store, "nodes", "n", [prop], label="User", ids=list(users))
        value = {row["id"]: row[prop.name] for row in rows}
        table = pa.table({prop.name: [value.get(user) for user in users]})
        text = isinstance(rule.value, str)
        found[name] = (
            Words.of(pa.chunked_array([_texts(table, prop.name)])) if text else Numbers(_numbers(table, prop.name))
        )
    return found


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Return the column ``name``, NaN where a row says nothing."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table[name].cast(pa.float64(), safe=False).to_numpy(), np.float64)


def _texts(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return table[name].cast(pa.string()).combine_chunks()


def _when(table: pa.Table) -> npt.NDArray[np.float64]:
    at, sequence, posted = (_numbers(table, name) for name in ORDERS)
    return np.nan_to_num(np.where(np.isnan(at), np.where(np.isnan(sequence), posted, sequence), at))
