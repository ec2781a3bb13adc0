"""What there is to choose from: the nodes of a label, by id and title."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow.compute as pc

from graphrec import schema
from graphrec.serving.naming import TITLES
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced_rows


def names(store: GraphStore, label: str, most: int = 20_000) -> Mapping[str, str]:
    """Return the ids of at most ``most`` nodes of ``label`` and what each is called (its id, if nothing else).

    They are in order of their titles, those of a label without titles in order of their ids.
    """
    title = _title(label)
    table = store.read_nodes(label, [title] if title else [])
    called = pc.coalesce(table[title], table["id"]) if title else table["id"]
    order = pc.sort_indices(
        table.select(["id"]).append_column("called", called),
        sort_keys=[("called", "ascending"), ("id", "ascending")],
    )[:most]
    return dict(zip(table["id"].take(order).to_pylist(), called.take(order).to_pylist(), strict=True))


def find(store: GraphStore, label: str, text: str, most: int = 50) -> Mapping[str, str]:
    """Return the node of ``label`` whose id is ``text`` or, if there is none, those with it in their id or title.

    They are at most ``most``, by their ids, each with what it is called; small and capital letters are the same.
    """
    title = _title(label)
    shown = [schema.label(label).property(title)] if title else []
    rows = spliced_rows(store, "nodes", "n", shown, label=label, ids=[text]) or spliced_rows(
        store, "found", "n", shown, label=label, property=title or schema.KEY, text=text.lower(), limit=most
    )
    return {row["id"]: (title and row[title]) or row["id"] for row in rows}


def _title(label: str) -> str | None:
    known = {prop.name for prop in schema.label(label).properties}
    return next((name for name in TITLES if name in known), None)
