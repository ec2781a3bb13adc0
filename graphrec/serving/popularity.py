"""What users have chosen most, and what nobody has chosen yet: asked of the whole graph once, until it changes."""

from __future__ import annotations

import pyarrow as pa

from graphrec.serving.lookups import check_label, table
from graphrec.store.base import GraphStore
from graphrec.store.upsert import firsts


def popular(store: GraphStore, label: str) -> pa.Table:
    """Return ``id`` and ``score``, how many users' records lead to it, of what anybody has chosen; best first."""
    # Of an empty answer a server tells no types.
    found = _kept(store, "popular", label).cast(pa.schema([("id", pa.string()), ("score", pa.int64())]))
    # In a graph of somebody else's an id may be doubled.
    return found.take(firsts(found["id"]))


def new(store: GraphStore, label: str) -> list[str]:
    """Return the ids of what nobody has chosen; of segments and frames, those of videos of which nobody has any."""
    found: list[str] = _kept(store, "new", label)["id"].to_pylist()
    return found


def _kept(store: GraphStore, name: str, label: str) -> pa.Table:
    check_label(label)
    return store.kept.get(
        (name, label), store.state, lambda: table(store, name, label), lambda found: found.nbytes
    )
