"""What a server lacks of what graphrec needs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphrec.store.neo4j.server import About, Server
from graphrec.store.neo4j.vectors import index_name


@dataclass(frozen=True)
class Health:
    """What a server is, and what it lacks.

    Attributes:
        about: what it says of itself.
        missing: labels whose ids no constraint keeps unique.
        indexes: state by name of the vector indexes of graphrec's embeddings, ``MISSING`` where there is none.
    """

    about: About
    missing: list[str]
    indexes: dict[str, str]


def missing_constraints(server: Server, labels: Sequence[str]) -> list[str]:
    """Return those of ``labels`` whose ids no constraint keeps unique."""
    found = server.rows(
        "SHOW CONSTRAINTS YIELD labelsOrTypes, properties, type "
        "WHERE type IN ['UNIQUENESS', 'NODE_KEY'] AND properties = ['id'] RETURN labelsOrTypes[0]"
    )
    return [label for label in labels if [label] not in found]


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
