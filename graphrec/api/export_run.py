"""A run's split and its figures per case as Parquet, for comparisons made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphrec.api.evaluate import evaluate_run
from graphrec.files import refuse_existing, replacing
from graphrec.graph.snapshot import Snapshot
from graphrec.ragged import Ints
from graphrec.serving.load_model import Loaded, load_run
from graphrec.tasks.cases import Cases, NodeCases, PairCases, RankingCases
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


def export_split(workspace: Workspace, run_id: str, path: Path) -> Mapping[str, int]:
    """Write what trained, validated and tested a run: user, item, part, and the values and times of the records.

    ``part`` is train, valid or test. What a ranking does not ask for, since the user had it before, is not there;
    pairs without a record, such as what nobody clicked, have no time. Returns how many rows each part has.

    Raises ``NotFoundError`` for an unknown run, ``TrainingError`` where its files are gone.
    """
    refuse_existing(path)
    loaded = load_run(workspace, find_run(workspace, run_id))
    parts = dict(_parts(loaded))
    table = pa.concat_tables([one.append_column("part", pa.array([name] * len(one))) for name, one in parts.items()])
    front = [name for name in ("user", "item", "part") if name in table.column_names]
    with replacing(path) as file:
        pq.write_table(table.select([*front, *(name for name in table.column_names if name not in front)]), file)
    return {name: len(one) for name, one in parts.items()}


def export_cases(
    workspace: Workspace, run_id: str, path: Path, *, cuts: Sequence[int] = (5, 10, 20), part: str = "test"
) -> int:
    """Write a run's metrics of every case, of whom and what it is; return how many cases there are.

    Raises what ``evaluate_run`` raises.
    """
    refuse_existing(path)
    found = evaluate_run(workspace, run_id, cuts=cuts, part=part)
    loaded = load_run(workspace, found.run)
    cases: Cases = loaded.split.test if part == "test" else loaded.split.valid
    figures = {name: pa.array(each) for name, each in found.evaluation.values.items()}
    with replacing(path) as file:
        pq.write_table(pa.table({**_asked(cases, loaded.snapshot), **figures}), file)
    return found.evaluation.groups


def _parts(loaded: Loaded) -> Iterator[tuple[str, pa.Table]]:
    split, shot = loaded.split, loaded.snapshot
    records, value = split.data.records, split.data.value or "value"
    numbers = sorted({*records.values, *([value] if isinstance(split.test, PairCases) else [])})
    if isinstance(split.test, NodeCases):
        assert split.data.targets is not None
        known = np.flatnonzero(np.isfinite(split.data.targets).all(1))
        yield "train", pa.table({"item": _ids(shot.items.values, known)})
    else:
        told = {name: records.values.get(name, np.full(len(records), np.nan)) for name in numbers}
        yield "train", _rows(shot, records.user, records.item, told, np.asarray(records.order))
    for name, cases in (("valid", split.valid), ("test", split.test)):
        if isinstance(cases, NodeCases):
            yield name, pa.table({"item": _ids(shot.items.values, cases.nodes)})
            continue
        ranked = isinstance(cases, RankingCases)
        users = cases.users[cases.relevant.rows] if ranked else cases.users
        items = cases.relevant.indices if ranked else cases.items
        at = _latest(shot, users, items)
        told = {name: _of_record(shot.records.values.get(name), at) for name in numbers}
        if not ranked:
            told[value] = cases.targets
        order = np.where(at < 0, 0, np.asarray(shot.records.order)[at]) if len(shot.records) else np.zeros_like(at)
        yield name, _rows(shot, users, items, told, order)


def _rows(shot: Snapshot, users: Ints, items: Ints, values: Mapping[str, Any], order: Ints) -> pa.Table:
    columns = {"user": _ids(shot.users.values, users), "item": _ids(shot.items.values, items)}
    columns |= {name: pa.array(np.asarray(each, np.float64), from_pandas=True) for name, each in values.items()}
    return pa.table({**columns, "at": pa.array(np.asarray(order, np.int64), mask=np.asarray(order) == 0)})


def _latest(shot: Snapshot, users: Ints, items: Ints) -> Ints:
    """Return the number of the latest record of each pair, int64 [n]; -1 where there is none."""
    pairs = shot.records.user * len(shot.items) + np.asarray(shot.records.item)
    order = np.argsort(pairs, kind="stable")
    wanted = users * len(shot.items) + np.asarray(items)
    at = np.searchsorted(pairs[order], wanted, side="right") - 1
    found: Ints = order[np.maximum(at, 0)] if len(order) else np.full(len(wanted), -1)
    return np.where((at >= 0) & (pairs[found] == wanted), found, -1) if len(order) else found


def _of_record(values: Any, at: Ints) -> Any:
    return np.full(len(at), np.nan) if values is None else np.where(at < 0, np.nan, np.asarray(values)[at])


def _asked(cases: Cases, shot: Snapshot) -> dict[str, pa.Array]:
    """Return of whom and what the cases are, those that have anything to find."""
    if isinstance(cases, NodeCases):
        return {"item": _ids(shot.items.values, cases.nodes)}
    if isinstance(cases, PairCases):
        return {"user": _ids(shot.users.values, cases.users), "item": _ids(shot.items.values, cases.items)}
    kept = np.flatnonzero(cases.relevant.lengths)
    relevant = cases.relevant.take(kept)
    listed = pa.ListArray.from_arrays(
        pa.array(relevant.indptr, pa.int32()), _ids(shot.items.values, relevant.indices)
    )
    return {"user": _ids(shot.users.values, cases.users[kept]), "relevant": listed}


def _ids(values: pa.Array, at: Ints) -> pa.Array:
    return values.take(pa.array(np.asarray(at, np.int64)))
