"""What a graph and its runs hold, as one short text that is another after any change."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

from graphrec import schema
from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore
from graphrec.training.manifest import FILE
from graphrec.workspace import Workspace


def fingerprint(store: GraphStore) -> str:
    """Return a digest of the content's versions and of which runs are published."""
    names = [*schema.LABELS, *schema.RELATIONSHIPS]
    return _digest(store.versions(names), rows(store, "published"))


def fingerprint_of_files(workspace: Workspace) -> str:
    """Return a digest of the embedded database's files; any commit changes them, and nothing has to be opened."""
    found = workspace.root.glob(f"{workspace.database.name}*")
    return _digest(*sorted((path.name, *_state(path)) for path in found))


def fingerprint_of_runs(workspace: Workspace) -> str:
    """Return a digest of the runs' manifests, each of which is replaced as its run goes on."""
    return _digest(*sorted((path.parent.name, *_state(path)) for path in workspace.runs.glob(f"*/{FILE}")))


def _state(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return told.st_size, told.st_mtime_ns


def _digest(*values: object) -> str:
    return blake2b(json.dumps(values, default=str).encode(), digest_size=12).hexdigest()
