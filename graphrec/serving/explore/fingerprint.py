"""What a graph and its runs hold, as one short text that is another after any change."""

from __future__ import annotations

import json
from hashlib import blake2b

from graphrec import schema
from graphrec.files import size_and_time
from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore
from graphrec.store.ladybug_files import state
from graphrec.training.manifest import FILE
from graphrec.workspace import Workspace


def fingerprint(store: GraphStore) -> str:
    """Return a digest of the content's versions and of which runs are published."""
    names = [*schema.LABELS, *schema.RELATIONSHIPS]
    return _digest(store.versions(names), rows(store, "published"))


def fingerprint_of_files(workspace: Workspace) -> str:
    """Return a digest of the embedded database's files, without opening it."""
    return _digest(*state(workspace))


def fingerprint_of_runs(workspace: Workspace) -> str:
    """Return a digest of the runs' manifests, each of which is replaced as its run goes on."""
    found = workspace.runs.glob(f"*/{FILE}")
    return _digest(*sorted((path.parent.name, *size_and_time(path)) for path in found))


def _digest(*values: object) -> str:
    return blake2b(json.dumps(values, default=str).encode(), digest_size=12).hexdigest()
