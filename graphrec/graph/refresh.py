"""Relationships for a snapshot: from a store that tells what came since, only that is read again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from graphrec.files import read_json, replacing_folder, write_json
from graphrec.store.base import GraphStore, Ints, Mark, Relationships, TellingStore
from graphrec.store.edges import edge_keys
from graphrec.store.upsert import positions

AT = "at"
PARTS = ("source", "target", "edges")


def read_relationships(
    store: GraphStore,
    folder: Path,
    name: str,
    source: str,
    target: str,
    properties: Sequence[str],
    *,
    fresh: bool = False,
) -> Relationships:
    """Return every relationship of a type between two labels, as ``GraphStore.read_relationships`` does.

    A copy is kept in ``folder``. It is brought up to date by what has a later ``at`` than all that it holds, where
    their number explains how many there are now and nobody but graphrec has written; otherwise, and where it is to be
    ``fresh``, all are read again.
    """
    if AT not in properties or not isinstance(store, TellingStore):
        return store.read_relationships(name, source, target, properties)
    mark = store.mark(name)
    content = json.dumps([store.uri, store.reading, name, source, target, list(properties)])
    copy = folder / f"{blake2b(content.encode(), digest_size=16).hexdigest()}.json"
    found = None if fresh else _refreshed(store, copy, mark, name, source, target, properties)
    if found is None:
        found = store.read_relationships(name, source, target, properties)
    if store.mark(name) == mark:
        _keep(copy, mark, found)
    return found


def unchecked(store: GraphStore) -> str | None:
    """Return what was not looked for when a snapshot of ``store`` was taken without reading all; None for nothing."""
    if isinstance(store, TellingStore) and store.others() is None:
        return (
            "Whether others have changed ratings or times in place since the last training was not looked for, since "
            "the server does not tell; --fresh reads everything again."
        )
    return None


def _refreshed(
    store: TellingStore,
    copy: Path,
    mark: Mark,
    name: str,
    source: str,
    target: str,
    properties: Sequence[str],
) -> Relationships | None:
    """Return the copy with what came since, or None where that cannot be told."""
    if not copy.exists():
        return None
    known = read_json(copy)
    before = Mark(**known["mark"])
    try:
        tables = {part: feather.read_table(copy.parent / known["folder"] / f"{part}.arrow") for part in PARTS}
    except OSError:
        # Another process has brought it up to date just now.
        return None
    edges = tables["edges"]
    newest = pc.max(edges[AT]).as_py()
    if replace(before, count=mark.count) != mark or newest is None:
        return None
    newer = store.newer_relationships(name, source, target, properties, newest)
    if newer is None:
        return None
    sources, targets = (store.read_nodes(label)["id"] for label in (source, target))
    old = [
        _moved(tables[end]["id"], ids, edges[end].to_numpy())
        for end, ids in (("source", sources), ("target", targets))
    ]
    new = [positions(newer[end], ids) for end, ids in (("from", sources), ("to", targets))]
    if any((rows < 0).any() for rows in (*old, *new)):
        return None
    # Of several between the same two the newest stays.
    order = pc.sort_indices(newer[AT])
    newer, new = newer.take(order), [rows[order.to_numpy()] for rows in new]
    keys = np.concatenate([edge_keys(*old), edge_keys(*new)])
    stays = len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]
    if mark.count - before.count != (len(newer) if mark.repeats else len(stays) - len(edges)):
        return None
    rows = np.sort(stays)
    values = pa.concat_tables([edges.select(properties), newer.select(properties)]).take(pa.array(rows))
    ends = [np.concatenate(pair)[rows] for pair in zip(old, new, strict=True)]
    return Relationships(sources, targets, ends[0], ends[1], {p: values[p] for p in properties})


def _moved(before: pa.ChunkedArray, ids: pa.ChunkedArray, rows: Ints) -> Ints:
    """Return where ``rows`` of the ids of before stand in ``ids``; -1 for one that is gone."""
    if before.equals(ids):
        return rows
    moved: Ints = positions(before, ids)[rows]
    return moved


def _keep(copy: Path, mark: Mark, found: Relationships) -> None:
    """Write the copy beside the one there is, then point to it."""
    former = copy.parent / read_json(copy)["folder"] if copy.exists() else None
    folder = copy.parent / f"{copy.stem}-{uuid4().hex[:8]}"
    edges = {"source": found.source, "target": found.target, **found.properties}
    tables = {"source": {"id": found.source_ids}, "target": {"id": found.target_ids}, "edges": edges}
    with replacing_folder(folder) as part:
        for name in PARTS:
            feather.write_feather(pa.table(tables[name]), part / f"{name}.arrow", compression="uncompressed")
    write_json(copy, {"mark": asdict(mark), "folder": folder.name})
    if former is not None:
        shutil.rmtree(former, ignore_errors=True)
