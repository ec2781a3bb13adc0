"""Whose the nodes of an unmapped graph are: some that are called like graphrec's may be somebody else's."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.store.neo4j.mapping import OWN_LABELS
from graphrec.store.neo4j.read import RunQuery

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taken:
    """A label that graphrec would use, of which there are nodes.

    Attributes:
        label: of the schema.
        nodes: how many there are.
        alike: how many of them have a text of their own as their id, as graphrec's nodes have.
    """

    label: str
    nodes: int
    alike: int


def written_by_graphrec(run: RunQuery) -> bool:
    """Return whether graphrec has ever written anything to the graph."""
    return any(run(f"MATCH (n:{label}) RETURN 1 LIMIT 1") for label in OWN_LABELS)


def taken_labels(run: RunQuery) -> list[Taken]:
    """Return the labels of the schema that there are nodes of."""
    alike = "count(DISTINCT CASE WHEN n.id IS :: STRING NOT NULL THEN n.id END)"
    parts = [
        f"MATCH (n:`{label}`) WITH count(n) AS nodes, {alike} AS alike RETURN '{label}' AS label, nodes, alike"
        for label in schema.LOADED_LABELS
    ]
    return [Taken(*row) for row in run(" UNION ALL ".join(parts)) if row[1]]


def refuse_taken(uri: str, run: RunQuery) -> None:
    """Raise ``StoreError`` where nodes cannot be graphrec's; say in the log which are taken for graphrec's."""
    if written_by_graphrec(run):
        return
    taken = taken_labels(run)
    theirs = [one for one in taken if one.alike < one.nodes]
    if theirs:
        told = ", ".join(f"{one.nodes - one.alike:,} of {one.nodes:,} {one.label} nodes" for one in theirs)
        raise StoreError(
            f"{uri}: {told} have no text of their own as their id, so they are not graphrec's; map the graph "
            "(`graphrec init --map` proposes how), or name another database with NEO4J_DATABASE"
        )
    if taken:
        told = ", ".join(f"{one.nodes:,} {one.label} nodes" for one in taken)
        log.warning(
            "%s: %s that graphrec did not write are taken for its own: their ids are kept unique from now on, and "
            "loading updates them; to leave them alone, map the graph (`graphrec init --map`)",
            uri,
            told,
        )
