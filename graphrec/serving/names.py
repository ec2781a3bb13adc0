"""What there is to choose from: the nodes of a label, by id and title."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow.compute as pc

from graphrec import schema
from graphrec.store.base import GraphStore

TITLES = ("title", "name")
"""The properties that say what a node is called, the first that a label has."""


def names(store: GraphStore, label: str, most: int = 20_000) -> Mapping[str, str]:
    """Return the ids of at most ``most`` nodes of ``label`` and what each is called (its id, if nothing else).

    They are in order of their titles, those of a label without titles in order of their ids.
    """
    known = {prop.name for prop in schema.label(label).properties}
    title = next((name for name in TITLES if name in known), None)
    table = store.read_nodes(label, [title] if title else [])
    called = pc.coalesce(table[title], table["id"]) if title else table["id"]
    order = pc.sort_indices(
        table.select(["id"]).append_column("called", called),
        sort_keys=[("called", "ascending"), ("id", "ascending")],
    )[:most]
    return dict(zip(table["id"].take(order).to_pylist(), called.take(order).to_pylist(), strict=True))
