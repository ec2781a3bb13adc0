"""Which database a URI means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphrec.store.base import GraphStore
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    import py2neo


def open_store(
    workspace: str | Path | Workspace, uri: str | py2neo.Graph | None = None, *, write: bool = False
) -> GraphStore:
    """Open a workspace's graph.

    Args:
        workspace: the folder.
        uri: a Neo4j server, ``neo4j://host`` for example, or a ``py2neo.Graph`` of one; None for the embedded database
            in the workspace.
        write: open it for writing. The embedded database is then held: one process at a time can.

    Raises ``StoreBusy`` when another process holds it, ``StoreError`` when there is nothing to read or no server,
    ``ConfigError`` for an address that is none.
    """
    folder = workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))
    if uri is None:
        return LadybugStore(folder, write=write)
    if isinstance(uri, str):
        from graphrec.store.neo4j.store import Neo4jStore

        store = Neo4jStore(uri, write=write)
    else:
        from graphrec.interop.py2neo import store_of

        store = store_of(uri, write)
    # Features, snapshots and runs stay on this machine.
    folder.create()
    return store
