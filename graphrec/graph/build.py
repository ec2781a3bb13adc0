"""From the store to a snapshot; an unchanged store is not read again."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from graphrec import schema
from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.files import read_json, replacing_folder, write_json
from graphrec.graph.projection import Projection
from graphrec.graph.refresh import read_relationships
from graphrec.graph.snapshot import ARRAYS, ID_COLUMNS, SPLITS, Snapshot, open_snapshot
from graphrec.ragged import Ints, Ragged
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions
from graphrec.workspace import Workspace

GENRES = "genres"
"""A feature that the graph itself holds: which genres an item is in."""

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def snapshot(store: GraphStore, projection: Projection, workspace: Workspace) -> Snapshot:
    """Return the snapshot of ``projection``, from disk where store and features have not changed since.

    Raises ``DataError`` when no relationship is left to learn from, ``NotFoundError`` for an unknown feature.
    """
    features = FeatureStore(workspace.features)
    names = _feature_names(projection, features)
    projection = replace(projection, features=tuple(names))
    key = _key(store, projection, features, names)
    pointer = workspace.snapshots / "known" / f"{key}.json"
    if pointer.exists():
        folder = workspace.snapshots / read_json(pointer)["fingerprint"]
        if (folder / "meta.json").exists():
            return open_snapshot(folder)
    ids, arrays = _read(store, projection, features, names, workspace.snapshots / "copies")
    folder = workspace.snapshots / _fingerprint(projection, ids, arrays)
    if not (folder / "meta.json").exists():
        _save(folder, projection, ids, arrays)
    write_json(pointer, {"fingerprint": folder.name})
    return open_snapshot(folder)


def _feature_names(projection: Projection, features: FeatureStore) -> list[str]:
    if projection.features is not None:
        for name in projection.features:
            if name != GENRES:
                info = features.info(name)
                if info.label != projection.item:
                    raise DataError(f"feature {name!r} describes {info.label} nodes, not {projection.item}")
        return list(projection.features)
    own = [name for name in features.names() if features.info(name).label == projection.item]
    return own + ([GENRES] if projection.item == "Item" else [])


def _key(store: GraphStore, projection: Projection, features: FeatureStore, names: list[str]) -> str:
    used = ["User", projection.item, projection.relationship]
    used += ["HAS_SEGMENT"] if projection.grouped else []
    used += ["IN_GENRE", "Genre"] if GENRES in names else []
    content = {
        "store": store.uri,
        "projection": projection.to_dict(),
        "versions": store.versions(used),
        "features": {name: features.info(name).fingerprint for name in names if name != GENRES},
    }
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


def _read(
    store: GraphStore, projection: Projection, features: FeatureStore, names: list[str], copies: Path
) -> tuple[dict[str, pa.Array], dict[str, npt.NDArray[Any]]]:
    available = {p.name for p in schema.relationship(projection.relationship).properties}
    wanted = sorted({f.property for f in projection.filters} | (available & {"at", "sequence", "split"}))
    edges = read_relationships(store, copies, projection.relationship, "User", projection.item, wanted)
    kept = np.ones(len(edges.source), bool)
    for rule in projection.filters:
        values = edges.properties[rule.property].to_numpy().astype(np.float64)
        kept &= _COMPARE[rule.operator](values, rule.value)
    if not kept.any():
        conditions = projection.conditions
        raise DataError(
            f"no {projection.relationship} relationships from User to {projection.item} are left to learn "
            f"from{' where ' + conditions if conditions else ''} (of {len(kept)} in the graph)"
        )
    users, user_rank = _sorted(edges.source_ids)
    items, item_rank = _sorted(edges.target_ids)
    user, item = user_rank[edges.source[kept]], item_rank[edges.target[kept]]
    order = _order(edges.properties, kept)
    arranged = np.lexsort((item, order, user))
    user, item, order = user[arranged], item[arranged], order[arranged]
    by_user = Ragged.from_pairs(user, item, len(users))
    by_item = Ragged.from_pairs(item, user, len(items))
    split = np.zeros(len(kept), np.int8)
    if "split" in edges.properties:
        split = (
            positions(edges.properties["split"], pa.chunked_array([pa.array(SPLITS)])).clip(0).astype(np.int8)
        )
    groups, group, position = _groups(store, projection, items)
    matrix, described = item_features(store, features, names, items)
    return {"users": users, "items": items, "groups": groups}, {
        "by_user_indptr": by_user.indptr,
        "by_user_indices": by_user.indices,
        "by_item_indptr": by_item.indptr,
        "by_item_indices": by_item.indices,
        "order": order,
        "split": split[kept][arranged],
        "group": group,
        "position": position,
        "features": matrix,
        "described": described,
    }


def _sorted(ids: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Return the ids in order, and for each position of before its position now."""
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    arranged = ids.take(pa.array(order)).combine_chunks()
    return arranged if isinstance(arranged, pa.Array) else pa.concat_arrays(arranged.chunks), rank


def _order(properties: Any, kept: npt.NDArray[np.bool_]) -> Ints:
    for name in ("at", "sequence"):
        if name in properties and properties[name].null_count < len(properties[name]):
            return np.asarray(pc.fill_null(properties[name], 0).to_numpy(), np.int64)[kept]
    return np.zeros(int(kept.sum()), np.int64)


def _groups(
    store: GraphStore, projection: Projection, items: pa.Array
) -> tuple[pa.Array, Ints, npt.NDArray[np.float32]]:
    group, middle = np.full(len(items), -1, np.int64), np.zeros(len(items), np.float32)
    if not projection.grouped:
        return pa.array([], pa.string()), group, middle
    owners = store.read_relationships("HAS_SEGMENT", "Item", "Segment")
    segments = store.read_nodes("Segment", ["position"])
    ids, rank = _sorted(owners.source_ids)
    owned = positions(owners.target_ids, pa.chunked_array([items]))[owners.target]
    group[owned] = rank[owners.source]
    place = np.zeros(len(items))
    place[positions(segments["id"], pa.chunked_array([items]))] = pc.fill_null(
        segments["position"], 0
    ).to_numpy()
    counts = np.bincount(group[group >= 0], minlength=max(len(ids), 1))
    inside = group >= 0
    middle[inside] = (place[inside] + 0.5) / counts[group[inside]]
    return ids, group, middle.clip(0, 1)


def item_features(
    store: GraphStore, features: FeatureStore, names: Sequence[str], items: pa.Array
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the feature matrices called ``names`` side by side, and which items have them all.

    Args:
        store: for the features that the graph itself holds.
        features: for the others.
        names: their names, in order.
        items: string [n].

    Returns:
        float32 [n, F] and bool [n].
    """
    parts, described = [], np.ones(len(items), bool)
    for name in names:
        matrix, present = _genres(store, items) if name == GENRES else features.read(name, items)
        if matrix.shape[1]:
            parts.append(matrix)
            described &= present
    matrix = np.concatenate(parts, axis=1) if parts else np.zeros((len(items), 0), np.float32)
    return matrix, described if parts else np.zeros(len(items), bool)


def _genres(store: GraphStore, items: pa.Array) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    edges = store.read_relationships("IN_GENRE", "Item", "Genre")
    _, rank = _sorted(edges.target_ids)
    matrix = np.zeros((len(items), len(rank)), np.float32)
    row = positions(edges.source_ids, pa.chunked_array([items]))[edges.source]
    matrix[row, rank[edges.target]] = 1
    return matrix, np.asarray(matrix.any(1))


def _fingerprint(
    projection: Projection, ids: dict[str, pa.Array], arrays: dict[str, npt.NDArray[Any]]
) -> str:
    digest = blake2b(json.dumps(projection.to_dict(), sort_keys=True).encode(), digest_size=12)
    for name in ID_COLUMNS:
        column = ids[name]
        digest.update(np.asarray(pc.binary_length(column)).tobytes())
        digest.update(b"".join(column.cast(pa.binary()).to_pylist()))
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _save(
    folder: Path, projection: Projection, ids: dict[str, pa.Array], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    with replacing_folder(folder) as part:
        for name in ID_COLUMNS:
            feather.write_feather(
                pa.table({"id": ids[name]}), part / f"{name}.arrow", compression="uncompressed"
            )
        for name in ARRAYS:
            np.save(part / f"{name}.npy", arrays[name])
        write_json(
            part / "meta.json",
            {
                "fingerprint": folder.name,
                "projection": projection.to_dict(),
                "users": len(ids["users"]),
                "items": len(ids["items"]),
                "groups": len(ids["groups"]),
                "edges": len(arrays["order"]),
                "features": int(arrays["features"].shape[1]),
            },
        )
