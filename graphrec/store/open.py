"""Which database a URI means."""

from __future__ import annotations

from pathlib import Path

from graphrec.store.base import GraphStore
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


def database_of(uri: str | None) -> str:
    """Return which of ``queries.DATABASES`` a store's address names."""
    return "ladybug" if uri is None else "neo4j"


def open_store(
    workspace: str | Path | Workspace, uri: str | None = None, *, write: bool = False
) -> GraphStore:
    """Open a workspace's graph.

    Args:
        workspace: the folder.
        uri: a Neo4j server, ``neo4j://host`` for example; None for the embedded database in the workspace.
        write: open it for writing. The embedded database is then held: one process at a time can.

    Raises ``StoreBusy`` when another process holds it, ``StoreError`` when there is nothing to read or no server,
    ``ConfigError`` for an address that is none.
    """
    folder = workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))
    if uri is None:
        return LadybugStore(folder, write=write)
    from graphrec.store.neo4j.store import Neo4jStore

    store = Neo4jStore(uri, write=write)
    # Features, snapshots and runs stay on this machine.
    folder.create()
    return store
