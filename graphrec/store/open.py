"""Which database a URI means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphrec.config import SERVER_TABLE, file_defaults
from graphrec.store.base import GraphStore
from graphrec.store.console.processes import queries
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    import py2neo


def database_of(uri: str | None) -> str:
    """Return which of ``queries.DATABASES`` a store's address names."""
    return "ladybug" if uri is None else "neo4j"


def warm_up_queries(uri: str | None) -> None:
    """Start what the queries that people type are run in, so that the first need not wait for it."""
    answers = "graphrec.store.ladybug_answers" if uri is None else "graphrec.store.neo4j.answers"
    queries(answers).warm_up()


def open_store(
    workspace: str | Path | Workspace,
    uri: str | py2neo.Graph | None = None,
    *,
    write: bool = False,
    names: Mapping[str, Any] | None = None,
) -> GraphStore:
    """Open a workspace's graph.

    Args:
        workspace: the folder.
        uri: a Neo4j server, ``neo4j://host`` for example, or a ``py2neo.Graph`` of one; None for the embedded database
            in the workspace.
        write: open it for writing. The embedded database is then held: one process at a time can.
        names: what a server's graph calls graphrec's labels, types and properties (``graphrec.store.neo4j.mapping``);
            None for what ``[neo4j]`` in graphrec.toml says.

    Raises ``StoreBusy`` when another process holds it, ``StoreError`` when there is nothing to read or no server,
    ``ConfigError`` for an address that is none.
    """
    folder = workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))
    if uri is None:
        return LadybugStore(folder, write=write)
    from graphrec.store.neo4j.mapping import read_mapping
    from graphrec.store.neo4j.py2neo import address_and_login
    from graphrec.store.neo4j.store import Neo4jStore

    mapping = read_mapping(file_defaults().get(SERVER_TABLE, {}) if names is None else names)
    where, who = (uri, None) if isinstance(uri, str) else address_and_login(uri)
    store = Neo4jStore(where, who, write=write, mapping=mapping)
    # Features, snapshots and runs stay on this machine.
    folder.create()
    return store
