"""The verb ``forget``: a user or an item out of everything that graphrec keeps.

What lies outside the graph goes first and the nodes last, in one transaction: a call that was killed in between is
finished by the same call.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from shutil import rmtree

import pyarrow as pa

from graphrec.api.forget_files import (
    copies_with,
    drop_copy,
    drop_files,
    drop_rejects,
    drop_snapshot,
    media_of,
    rejects_with,
    snapshots_with,
)
from graphrec.api.forgotten import Forgotten, stays
from graphrec.errors import StoreError, UsageError
from graphrec.features import FeatureStore
from graphrec.keys import composed
from graphrec.media.journal import Journal, shown
from graphrec.media.kept_encoders import kept_encoder
from graphrec.serving.lookups import no_such
from graphrec.store.base import GraphStore
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace

LABELS = ("User", "Item")

PARTS = (
    ("Trailer", "HAS_TRAILER", ("Item",)),
    ("Segment", "HAS_SEGMENT", ("Item",)),
    ("Frame", "HAS_FRAME", ("Item", "Segment", "Trailer")),
    ("Comment", "ON", ("Item", "Segment", "Frame")),
)
"""What goes with an item: a label, the type that leads to it, and the labels of what it belongs to."""


def forget(store: GraphStore, workspace: Workspace, node: str, *, dry_run: bool = False) -> Forgotten:
    """Remove a user with all that the user wrote, or an item with its parts and what was said of them.

    Args:
        store: the graph, open for writing.
        workspace: what is kept beside it.
        node: ``User:ID`` or ``Item:ID``.
        dry_run: only tell.

    Raises ``UsageError`` for another label, ``NotFoundError`` with the nearest id where nothing is kept of it, and
    ``StoreError`` where it is still in somebody else's graph, from which the next training would have it again.
    """
    label, key = parsed(node)
    key = _as_stored(store, label, key)
    gone = _with_parts(store, label, key)
    features = FeatureStore(workspace.features)
    told = {one: features.remove(one, ids, dry_run=True) for one, ids in gone.items()}
    counts = {name: count for found in told.values() for name, count in found.items()}
    snapshots, copies = snapshots_with(workspace, gone), copies_with(workspace, _all(gone))
    journal = Journal(workspace.media)
    items = {shown(one) for name in ("Item", "Trailer") for one in gone.get(name, ())}
    entries = [entry for entry in journal.entries() if entry.item in items]
    rejects = list(rejects_with(workspace, {key}))
    there = {one: _there(store, one, ids) for one, ids in gone.items()}
    if not (there[label] or counts or snapshots or copies or entries or rejects):
        raise no_such(store, label, key)
    files = _media(store, workspace, gone)
    maps = sorted(workspace.maps.glob("*.npy"))
    fingerprints = {folder.name for folder in snapshots}
    found = Forgotten(
        f"{label}:{key}",
        {one: len(ids) for one, ids in there.items() if ids},
        not store.owns(label),
        counts,
        sorted(fingerprints),
        len(copies),
        len(files),
        len(entries),
        len(maps),
        sum(rows for _, rows in rejects),
        _learned(workspace, fingerprints),
        sorted(workspace.root.glob("backup-*")),
        _carried(workspace, there, gone),
        workspace.database if store.uri == str(workspace.database) else None,
    )
    if dry_run:
        return found
    if stays(found):
        raise StoreError(stays(found))
    for folder in snapshots:
        drop_snapshot(folder)
    for folder in copies:
        drop_copy(folder)
    for one, ids in gone.items():
        features.remove(one, ids)
    drop_files(files)
    rmtree(workspace.maps, ignore_errors=True)
    for file, _ in rejects:
        drop_rejects(file, {key})
    if entries:
        journal.forget(items)
    if not found.read_only:
        with store.transaction():
            for one, ids in reversed(there.items()):
                store.delete_nodes(one, pa.array(ids, pa.string()))
    return found


def parsed(node: str) -> tuple[str, str]:
    """Return label and id of ``User:u1``; raises ``UsageError`` for what is neither a user nor an item."""
    label, colon, key = node.partition(":")
    if label not in LABELS or not colon or not key:
        raise UsageError(f"forget takes User:ID or Item:ID, not {node!r}")
    return label, key


def _as_stored(store: GraphStore, label: str, key: str) -> str:
    return next((one for one in (key, composed(key)) if _there(store, label, [one])), key)


def _with_parts(store: GraphStore, label: str, key: str) -> dict[str, list[str]]:
    """Return ids by label: the node, and what is nobody else's part or saying."""
    gone: dict[str, list[str]] = {label: [key]}
    if label == "User":
        gone["Comment"] = _ids(store, "(p:User)-[:WROTE]->(c:Comment)", "p", [key])
        return gone
    for part, kind, owners in PARTS:
        found = set[str]()
        kept = set[str]()
        pattern = f"(c:{part})-[:`{kind}`]->(p:{{0}})" if kind == "ON" else f"(p:{{0}})-[:{kind}]->(c:{part})"
        for owner in owners:
            found |= {*_ids(store, pattern.format(owner), "p", gone.get(owner, []))}
        for owner in owners:
            # A trailer of two films, for one, stays with the other.
            rows = _rows(store, pattern.format(owner), "c", sorted(found))
            kept |= {child for child, parent in rows if parent not in gone.get(owner, ())}
        gone[part] = sorted(found - kept)
    return gone


def _ids(store: GraphStore, pattern: str, given: str, keys: Sequence[str]) -> list[str]:
    return sorted({child for child, _ in _rows(store, pattern, given, keys)})


def _rows(store: GraphStore, pattern: str, given: str, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return child and parent of the pattern where the id of ``given`` is among ``keys``."""
    if not keys:
        return []
    text = f"MATCH {pattern} WHERE {given}.id IN $ids RETURN c.id AS child, p.id AS parent"
    found = store.read(text, ids=list(keys))
    return list(zip(found["child"].to_pylist(), found["parent"].to_pylist(), strict=True))


def _there(store: GraphStore, label: str, keys: Sequence[str]) -> list[str]:
    if not keys:
        return []
    found = store.read(f"MATCH (n:{label}) WHERE n.id IN $ids RETURN n.id AS id", ids=list(keys))
    return sorted(found["id"].to_pylist())


def _media(store: GraphStore, workspace: Workspace, gone: dict[str, list[str]]) -> list[Path]:
    """Return the pictures and descriptions that only nodes that go have."""
    if not workspace.media.exists():
        return []
    told = {"Item": ("digest", "thumbnail"), "Trailer": ("digest",), "Frame": ("uri",)}
    theirs, kept = set[str](), set[str]()
    for label, names in told.items():
        ids = set(gone.get(label, ()))
        for row in store.read_nodes(label, names).to_pylist() if ids else ():
            (theirs if row["id"] in ids else kept).update(row[name] for name in names if row[name])
    wanted = theirs - kept
    digests = {one for one in wanted if "/" not in one}
    return [file for file in media_of(workspace, digests, wanted - digests) if not _is_kept(file, workspace, kept)]


def _is_kept(file: Path, workspace: Workspace, kept: Collection[str]) -> bool:
    # By its own path, or as one of the pictures of a content that another node has too.
    below = str(file.relative_to(workspace.root.resolve()))
    return below in kept or file.parent.name in kept


def _learned(workspace: Workspace, fingerprints: Collection[str]) -> list[str]:
    return [
        run.id
        for run in list_runs(workspace)
        if {str(one.manifest.get("snapshot")) for one in (run, *run.also.values())} & set(fingerprints)
    ]


def _carried(workspace: Workspace, there: dict[str, list[str]], gone: dict[str, list[str]]) -> list[str]:
    found = {
        name: made
        for name in FeatureStore(workspace.features).names()
        if (made := kept_encoder(workspace.encoders, name))
    }
    return [
        made.command(name)
        for name, made in found.items()
        if made.values.onto and there.get(made.values.label) and not gone.get(made.values.onto)
    ]


def _all(gone: dict[str, list[str]]) -> set[str]:
    return {key for ids in gone.values() for key in ids}
