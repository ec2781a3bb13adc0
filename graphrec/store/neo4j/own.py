"""Properties of a graph's own, as the server keeps them: ``(:GraphrecMeta {id: 'User', own: ['country:string']})``."""

from __future__ import annotations

from typing import cast

from graphrec.properties import Properties
from graphrec.schema import Property, PropertyType
from graphrec.store.neo4j.read import RunQuery
from graphrec.store.neo4j.work import Statement

READ = "MATCH (m:GraphrecMeta) WHERE m.own IS NOT NULL RETURN m.id, m.own"
WRITE = "MERGE (m:GraphrecMeta {id: $id}) ON CREATE SET m.rewritten = timestamp() SET m.own = $own"


def read_own(run: RunQuery) -> Properties:
    """Return the properties of the server's graph."""
    return Properties({name: [_property(text) for text in own] for name, own in run(READ)})


def declared(name: str, properties: Properties) -> Statement:
    """Return the statement that keeps what the label or type ``name`` has of its own."""
    own = own_words(properties, name)
    return Statement(WRITE, lambda: {"id": name, "own": own})


def own_words(properties: Properties, name: str) -> list[str]:
    """Return what a server keeps of those of a label or type."""
    return [f"{one.name}:{one.type}" for one in properties.own(name)]


def _property(text: str) -> Property:
    name, _, kind = text.rpartition(":")
    return Property(name, cast(PropertyType, kind))
