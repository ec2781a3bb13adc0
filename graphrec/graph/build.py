"""From the store to a snapshot; an unchanged store is not read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.arrays import sizes_of
from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.files import making_folder, read_json, write_json
from graphrec.graph.content import VALUES
from graphrec.graph.ids import Ids
from graphrec.graph.projection import TEXT, THEN, Projection, list_ends, list_type
from graphrec.graph.reading import Reader
from graphrec.graph.snapshot import FORMAT, GENRES, Snapshot, open_snapshot
from graphrec.graph.usable import LEFT_OUT
from graphrec.graph.writing import SnapshotWriter
from graphrec.store.base import GraphStore, TellingStore
from graphrec.store.upsert import positions
from graphrec.workspace import Workspace

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def snapshot(
    store: GraphStore, projection: Projection, workspace: Workspace, *, fresh: bool = False
) -> Snapshot:
    """Return the snapshot of ``projection``, from disk where store and features have not changed since.

    With ``fresh`` everything is read again.

    Raises ``DataError`` when there is no record to learn from, ``NotFoundError`` for an unknown feature.
    """
    features = FeatureStore(workspace.features)
    projection = _whole(projection, features)
    key = _key(store, projection, features)
    pointer = workspace.snapshots / "known" / f"{key}.json"
    if pointer.exists() and not fresh:
        folder = workspace.snapshots / read_json(pointer)["fingerprint"]
        if (folder / "meta.json").exists():
            return open_snapshot(folder)
    with making_folder(workspace.snapshots) as made:
        reader = Reader(store, projection, workspace.snapshots / "copies", fresh)
        made.name = _write(reader, features, SnapshotWriter(made.path, projection.to_dict()))
    write_json(pointer, {"fingerprint": made.name})
    return open_snapshot(workspace.snapshots / made.name)


def _whole(projection: Projection, features: FeatureStore) -> Projection:
    """Return the projection with what it asks for without a word: features by name, and the lists they need."""
    names = _feature_names(projection, features)
    lists = ("Item>Genre",) if GENRES in names else ()
    fields: tuple[str, ...] = ()
    if projection.grouped:
        lists, fields = (*lists, "Item>Segment"), ("Segment.position",)
    if projection.through == "Comment":
        lists = (*lists, TEXT)
    return replace(projection, features=tuple(names)).asking(lists=lists, fields=fields)


def _feature_names(projection: Projection, features: FeatureStore) -> list[str]:
    labels = projection.item, *projection.described
    if projection.features is None:
        genres = projection.item == "Item" and not projection.arrays
        names = _all_of(features, projection.item, arrays=projection.arrays) + ([GENRES] if genres else [])
    else:
        names = list(projection.features)
    of = {name: "Item" if name == GENRES else features.info(name).label for name in names}
    for name, label in of.items():
        if label not in labels:
            raise DataError(f"feature {name!r} describes {label} nodes, not {' or '.join(labels)}")
    unnamed = (label for label in projection.described if label not in of.values())
    return names + [name for label in unnamed for name in _all_of(features, label)]


def _all_of(features: FeatureStore, label: str, *, arrays: bool = False) -> list[str]:
    """Return the matrices of ``label``; what a run has learned, of the held-out data too, must be asked for.

    Those of arrays are of no use to who reads features, and the other way round.
    """
    infos = (features.info(name) for name in features.names())
    of_label = [info for info in infos if info.label == label and not info.run]
    return [info.name for info in of_label if bool(sizes_of(info.name, info.width)) == arrays]


def _key(store: GraphStore, projection: Projection, features: FeatureStore) -> str:
    used = {"User", projection.item, *projection.steps} | ({projection.through} if projection.through else set())
    for name in projection.lists:
        used |= {"Comment"} if name == TEXT else _read_for(name)
    used |= {name.partition(".")[0] for name in projection.fields} | {*projection.described}
    content = {
        "format": FORMAT,
        "store": store.uri,
        "server": [store.reading, store.others()] if isinstance(store, TellingStore) else None,
        "projection": projection.to_dict(),
        "versions": store.versions(sorted(used)),
        "features": {n: features.info(n).fingerprint for n in projection.features or () if n != GENRES},
    }
    if projection.through:
        # Snapshots of before any were left out hold more.
        content["without"] = LEFT_OUT
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


def _read_for(name: str) -> set[str]:
    """Return the labels and types that a list is read from."""
    return set(list_type(name)) if THEN in name else {list_ends(name)[0]}


def _write(reader: Reader, features: FeatureStore, out: SnapshotWriter) -> str:
    """Read what the projection asks for and write it, part by part; return the fingerprint."""
    projection = reader.projection
    records = reader.records()
    if not len(records):
        raise DataError(
            f"no {projection.relationship} relationships from User to {projection.item} are there to learn from"
        )
    out.records(records.by_user, records.order, records.split)
    for name, values in records.values.items():
        out.value(name, values)
    for name, words in records.texts.items():
        out.said(name, words)
    if records.text is not None:
        out.text(records.text)
    del records
    for name in projection.lists:
        out.list(name, reader.list(name))
    for name in projection.fields:
        out.field(name, reader.field(name))
    for name in projection.features or ():
        if name == GENRES:
            out.listed_features(name, projection.item)
        else:
            label, width = features.info(name).label, features.info(name).width
            nodes = reader.nodes(label)
            out.features(name, label, (len(nodes), width), _blocks(features, name, width, nodes))
    for label in (projection.item, *projection.described):
        reader.nodes(label)
    for label in sorted(reader.ids):
        out.nodes(label, reader.ids[label])
    return out.finish()


def _blocks(features: FeatureStore, name: str, width: int, ids: pa.Array) -> Iterator[tuple[Floats, Mask]]:
    step = max(1, VALUES // max(1, width))
    for start in range(0, len(ids), step):
        yield features.read(name, ids.slice(start, step))


def item_features(
    store: GraphStore, features: FeatureStore, names: Sequence[str], items: pa.Array, genres: Ids | None
) -> tuple[dict[str, Floats], Mask]:
    """Return the feature matrices called ``names`` and which items each describes.

    Args:
        store: for the features that the graph itself holds.
        features: for the others.
        names: their names, in order, at least one.
        items: string [n].
        genres: those that have a column, in order; others are not counted. None where genres are not among ``names``.

    Returns:
        float32 [n, width] by name, and bool [n, matrices].
    """
    blocks, present = {}, []
    for name in names:
        in_graph = genres if name == GENRES else None
        blocks[name], described = features.read(name, items) if in_graph is None else _genres(store, items, in_graph)
        present.append(described)
    return blocks, np.stack(present, axis=1)


def _genres(store: GraphStore, items: pa.Array, genres: Ids) -> tuple[Floats, Mask]:
    edges = store.read_relationships("IN_GENRE", "Item", "Genre")
    column = genres.index(edges.target_ids.combine_chunks())[edges.target]
    row = positions(edges.source_ids, pa.chunked_array([items]))[edges.source]
    inside = (row >= 0) & (column >= 0)
    matrix = np.zeros((len(items), len(genres)), np.float32)
    matrix[row[inside], column[inside]] = 1
    return matrix, np.asarray(matrix.any(1))
