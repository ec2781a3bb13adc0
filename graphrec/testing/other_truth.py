"""The same graph with another truth about what is held out, and all that training data tell, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from graphrec.graph.columns import Column, Numbers
from graphrec.graph.content import Features, NHot
from graphrec.graph.data import Data
from graphrec.graph.records import Mask, Records
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Cases, NodeCases, RankingCases

Array = npt.NDArray[Any]


def other_truth(task: Task[Any], snapshot: Snapshot, cases: Cases) -> Snapshot:
    """Return ``snapshot`` with other answers to ``cases``, and not a number more or less.

    Held-out records are of other items of which the user has no record, and have other values unless they are to be
    ranked. Of held-out nodes the task's ``target``, where it has one, is another.
    """
    if isinstance(cases, NodeCases):
        return _other_nodes(str(getattr(task, "target", "")), snapshot, cases.nodes)
    records, width = snapshot.records, len(snapshot.items)
    keys = records.user * width + records.item
    held_out = np.isin(keys, [user * width + item for user, item in keys_of(cases)])
    item, taken = np.array(records.item), set(keys.tolist())
    # Of items held out whole, only others of those may have the records.
    among = np.unique(item[held_out]).tolist()
    for row in np.flatnonzero(held_out):
        first = int(records.user[row]) * width
        item[row] = next((one for one in among if first + one not in taken), item[row])
        taken.add(first + int(item[row]))
    # Which records a ranking is of hangs on their values: these stay.
    return _with_records(snapshot, _with_values(records, item, held_out & (not isinstance(cases, RankingCases))))


def keys_of(cases: Cases) -> set[Any]:
    """Return what is asked: pairs of a user and an item, of rankings the relevant ones, or nodes."""
    if isinstance(cases, NodeCases):
        return set(cases.nodes.tolist())
    if isinstance(cases, RankingCases):
        return _pairs(cases.users[cases.relevant.rows], cases.relevant.indices)
    return _pairs(cases.users, cases.items)


def known_keys(records: Records) -> set[Any]:
    """Return the pairs that there are records of."""
    return _pairs(records.user, records.item)


def arrays_of(data: Data) -> dict[str, Array]:
    """Return all that ``data`` tell, by name."""
    records = data.records
    found: dict[str, Array] = {
        "users of records": np.asarray(records.user),
        "items of records": np.asarray(records.item),
        "order": np.asarray(records.order),
        "sampled": data.sampled,
        **{f"value {name}": np.asarray(values) for name, values in records.values.items()},
        **{f"feature {name}": one.rows(slice(None)) for name, one in data.features.items()},
        **{f"field {name}": _numbers(column) for name, column in data.fields.items()},
    }
    for name, listed in data.lists.items():
        found |= {f"list {name}": np.asarray(listed.indices), f"lengths of list {name}": listed.lengths}
    if records.text is not None:
        found["text"] = np.asarray(records.text)
    if data.targets is not None:
        found["targets"] = data.targets
    return found


def _other_nodes(target: str, snapshot: Snapshot, nodes: Ints) -> Snapshot:
    held_out = np.zeros(len(snapshot.items), bool)
    held_out[nodes] = True
    records = snapshot.records
    if target in records.values:
        here = held_out[records.item]
        return _with_records(snapshot, _with_values(records, np.asarray(records.item), here))
    if target in snapshot.fields:
        column = snapshot.fields[target]
        assert isinstance(column, Numbers)
        values = np.where(held_out, 3000 - column.values, column.values)
        return replace(snapshot, fields={**snapshot.fields, target: Numbers(values)})
    listed = snapshot.lists[target]
    count = int(listed.indices.max()) + 1
    moved = np.where(held_out[listed.rows], (listed.indices + 1) % count, listed.indices)
    return _with_lists(snapshot, {target: Ragged(listed.indptr, moved)})


def _with_values(records: Records, item: Ints, changed: Mask) -> Records:
    values = {name: np.where(changed, 5.5 - one, one) for name, one in records.values.items()}
    return replace(records, by_user=Ragged(records.by_user.indptr, item), values=values)


def _with_records(snapshot: Snapshot, records: Records) -> Snapshot:
    own = f"User>{snapshot.item_label}:{snapshot.projection['relationship']}"
    lists = {own: records.by_user} if own in snapshot.lists else {}
    return replace(_with_lists(snapshot, lists), records=records)


def _with_lists(snapshot: Snapshot, lists: Mapping[str, Ragged]) -> Snapshot:
    """Return the snapshot with other lists, and what features are made of them."""
    features: dict[str, Features] = dict(snapshot.features)
    genres = next((listed for name, listed in lists.items() if name.startswith("Item>Genre")), None)
    for name, one in features.items():
        if isinstance(one, NHot) and genres is not None:
            features[name] = replace(one, lists=genres)
    return replace(snapshot, lists={**snapshot.lists, **lists}, features=features)


def _numbers(column: Column) -> Array:
    return np.asarray(column.values if isinstance(column, Numbers) else column.codes)


def _pairs(users: Ints, items: Ints) -> set[Any]:
    return set(zip(users.tolist(), np.asarray(items).tolist(), strict=True))
