"""A py2neo ``Graph`` as a store: the official driver does the work, on connections of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping
from graphrec.store.neo4j.py2neo import address_and_login
from graphrec.store.neo4j.store import Neo4jStore

if TYPE_CHECKING:
    import py2neo


def store_of(graph: py2neo.Graph, write: bool = False, mapping: GraphMapping = SCHEMA_NAMES) -> Neo4jStore:
    """Return a store with the address, user, password and database of ``graph``.

    Args:
        graph: where; a graph without a name is the user's home database.
        write: whether the store may be written to.
        mapping: what the graph calls graphrec's labels, types and properties.

    Raises ``ConfigError`` where py2neo is not installed, or ``graph`` cannot be used, ``StoreError`` where the server
    does not answer or has no such database.
    """
    where, who = address_and_login(graph)
    return Neo4jStore(where, who, write=write, mapping=mapping)
