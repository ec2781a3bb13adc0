"""Whose an unmapped graph is: graphrec's own says so, and any other may be taken over only where nothing is lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.store.neo4j.mapping import OWN_LABELS
from graphrec.store.neo4j.read import RunQuery
from graphrec.store.neo4j.shape import Contents, contents

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


def constraint_name(label: str) -> str:
    """Return what graphrec calls the constraint that keeps the ids of its ``label`` nodes unique."""
    return f"graphrec_{label}_id"


def loaded_by_graphrec(run: RunQuery) -> bool:
    """Return whether a graph is graphrec's own: ``init`` has set its constraints, or something was loaded into it.

    In a mapped graph neither ever happens: there are only graphrec's bookkeeping, and what is said of embeddings.
    """
    constraints = "SHOW CONSTRAINTS YIELD name WHERE name IN $names RETURN name"
    if run(constraints, names=[constraint_name(label) for label in schema.LOADED_LABELS]):
        return True
    noted = "MATCH (m:GraphrecMeta) WHERE m.id IN $names RETURN 1 LIMIT 1"
    return bool(run(noted, names=[*schema.LOADED_LABELS, *schema.RELATIONSHIPS]))


def others(run: RunQuery) -> Contents | None:
    """Return what a graph without a mapping holds where it is somebody else's; None for graphrec's own.

    What has no label beside graphrec's, whose ids are what graphrec's are, and what was never used with a mapping, may
    be taken for its own.
    """
    if loaded_by_graphrec(run):
        return None
    found = contents(run)
    if not found.labels:
        return None
    strange = bool(found.labels.keys() - schema.LABELS.keys()) or used_with_a_mapping(run)
    return found if strange or any(one.alike < one.nodes for one in taken_labels(run)) else None


def used_with_a_mapping(run: RunQuery) -> bool:
    """Return whether a graph that is not graphrec's own has graphrec's bookkeeping."""
    return any(run(f"MATCH (n:{label}) RETURN 1 LIMIT 1") for label in OWN_LABELS)


def taken_labels(run: RunQuery) -> list[Taken]:
    """Return the labels of the schema that there are nodes of."""
    alike = "count(DISTINCT CASE WHEN n.id IS :: STRING NOT NULL THEN n.id END)"
    parts = [
        f"MATCH (n:`{label}`) WITH count(n) AS nodes, {alike} AS alike RETURN '{label}' AS label, nodes, alike"
        for label in schema.LOADED_LABELS
    ]
    return [Taken(*row) for row in run(" UNION ALL ".join(parts)) if row[1]]


def refuse_others(uri: str, run: RunQuery) -> None:
    """Raise ``StoreError`` where a graph without a mapping is somebody else's: nothing of it is to be changed."""
    found = others(run)
    if found is None:
        return
    mapped = " where you run graphrec: it was used with one" if used_with_a_mapping(run) else ""
    raise StoreError(
        f"{uri} holds {found}, which graphrec did not load, and so it changes nothing there; have a mapping{mapped} "
        "(`graphrec init --map` proposes one), or name a server or database of graphrec's own"
    )


def tell_taken(uri: str, run: RunQuery) -> None:
    """Say in the log which nodes that graphrec did not load are its own from now on."""
    taken = [] if loaded_by_graphrec(run) else taken_labels(run)
    if taken:
        told = ", ".join(f"{one.nodes:,} {one.label} nodes" for one in taken)
        log.warning(
            "%s: %s that graphrec did not write are taken for its own: their ids are kept unique from now on, and "
            "loading updates them; to leave them alone, map the graph (`graphrec init --map`)",
            uri,
            told,
        )
