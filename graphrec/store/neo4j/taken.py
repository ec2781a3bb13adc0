"""Whose the nodes of an unmapped graph are: some that are called like graphrec's may be somebody else's."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.store.neo4j.mapping import META
from graphrec.store.neo4j.server import Server

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """A label that graphrec would use, of which there are nodes that it did not write.

    Attributes:
        label: of the schema.
        nodes: how many there are.
        alike: how many of them have a text of their own as their id, as graphrec's nodes have.
    """

    label: str
    nodes: int
    alike: int


def taken_labels(server: Server) -> list[Taken]:
    """Return the labels of the schema that others use; none where graphrec has ever written anything."""
    if server.rows(f"MATCH (m:{META}) RETURN 1 LIMIT 1") or server.rows(f"MATCH (r:{schema.RUN}) RETURN 1 LIMIT 1"):
        return []
    alike = "count(DISTINCT CASE WHEN n.id IS :: STRING NOT NULL THEN n.id END)"
    parts = [
        f"MATCH (n:`{label}`) WITH count(n) AS nodes, {alike} AS alike RETURN '{label}' AS label, nodes, alike"
        for label in schema.LOADED_LABELS
    ]
    return [Taken(*row) for row in server.rows(" UNION ALL ".join(parts)) if row[1]]


def refuse_taken(server: Server) -> None:
    """Raise ``StoreError`` where nodes cannot be graphrec's; say in the log which are taken for graphrec's."""
    taken = taken_labels(server)
    theirs = [one for one in taken if one.alike < one.nodes]
    if theirs:
        told = ", ".join(f"{one.nodes - one.alike:,} of {one.nodes:,} {one.label} nodes" for one in theirs)
        raise StoreError(
            f"{server.uri}: {told} have no text of their own as their id, so they are not graphrec's; map the graph "
            "(`graphrec init --map` proposes how), or name another database with NEO4J_DATABASE"
        )
    if taken:
        told = ", ".join(f"{one.nodes:,} {one.label} nodes" for one in taken)
        log.warning(
            "%s: %s that graphrec did not write are taken for its own: their ids are kept unique from now on, and "
            "loading updates them; to leave them alone, map the graph (`graphrec init --map`)",
            server.uri, told,
        )
