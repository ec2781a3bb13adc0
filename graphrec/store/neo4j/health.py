"""What a server lacks of what graphrec needs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.store.neo4j.server import About, Server
from graphrec.store.neo4j.vectors import index_name


@dataclass(frozen=True)
class Health:
    """What a server is, and what it lacks.

    Attributes:
        about: what it says of itself.
        missing: labels whose ids no constraint keeps unique.
        indexes: state by name of the vector indexes of graphrec's embeddings, ``MISSING`` where there is none.
        settings: those of ``SAFETY``, by name; empty where the login may not see them.
    """

    about: About
    missing: list[str]
    indexes: dict[str, str]
    settings: dict[str, str]


SAFETY = ("db.memory.transaction.max", "dbms.security.allow_csv_import_from_file_urls", "server.jvm.additional")
"""What keeps one query from bringing the server down; no client can set it."""


def safety_settings(server: Server) -> dict[str, str]:
    """Return the settings of ``SAFETY``; nothing where the login may not see them."""
    text = "SHOW SETTINGS YIELD name, value WHERE name IN $names RETURN name, value"
    try:
        return {name: str(value) for name, value in server.rows(text, names=list(SAFETY))}
    except StoreError:
        return {}


def missing_constraints(server: Server, labels: Sequence[str]) -> list[str]:
    """Return those of ``labels`` whose ids no constraint keeps unique."""
    found = server.rows(
        "SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type "
        "WHERE type IN ['UNIQUENESS', 'NODE_KEY'] AND properties = ['id'] RETURN labelsOrTypes[0]"
    )
    return [label for label in labels if [label] not in found]


def unindexed_keys(server: Server) -> list[tuple[str, str]]:
    """Return label and property of the ids of a mapped graph that no index finds."""
    if not server.mapping.labels:
        return []
    found = server.rows(
        "SHOW INDEXES YIELD labelsOrTypes, properties WHERE size(properties) = 1 "
        "RETURN labelsOrTypes[0], properties[0]"
    )
    keys = [(role.name, role.columns[schema.KEY].name) for role in server.mapping.labels.values()]
    return [key for key in keys if list(key) not in found]


def index_states(server: Server) -> dict[str, str]:
    """Return the state of the vector index of every embedding that graphrec has written."""
    asked = "SHOW VECTOR INDEXES YIELD name, state, populationPercent RETURN name, state, populationPercent"
    states = {
        name: state if state != "POPULATING" else f"{state} {percent:.0f} %"
        for name, state, percent in server.rows(asked)
    }
    noted = server.rows("MATCH (m:GraphrecMeta) WHERE m.dimension IS NOT NULL RETURN m.id ORDER BY m.id")
    names = [index_name(*embedding.split(".", 1)) for (embedding,) in noted]
    return {name: states.get(name, "MISSING") for name in names}
