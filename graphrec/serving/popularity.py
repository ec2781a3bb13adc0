"""What users have chosen most, and what nobody has met yet: asked of the whole graph once, until it changes."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from graphrec.serving.chosen import USUAL, Chosen
from graphrec.serving.lookups import check_label, table
from graphrec.store.base import GraphStore


def popular(store: GraphStore, label: str, chosen: Chosen = USUAL) -> pa.Table:
    """Return ``id`` and ``score``, how many users have chosen it, of what anybody has; best first, then by id."""
    return _kept(store, "popular", label, chosen.leads_to(label), _most_first)


def new(store: GraphStore, label: str) -> list[str]:
    """Return the ids of what nobody has met; of segments and frames, those of videos of which nobody has any.

    What people had and disliked is not new.
    """
    found: list[str] = _kept(store, "new", label, USUAL, lambda read: read)["id"].to_pylist()
    return found


def _most_first(read: pa.Table) -> pa.Table:
    # Of an empty answer a server tells no types.
    told = read.cast(pa.schema([("id", pa.string()), ("score", pa.int64())]))
    summed = told.group_by("id").aggregate([("score", "sum")]).rename_columns(["id", "score"])
    return summed.sort_by([("score", "descending"), ("id", "ascending")])


def _kept(
    store: GraphStore, name: str, label: str, chosen: Chosen, arranged: Callable[[pa.Table], pa.Table]
) -> pa.Table:
    check_label(label)
    return store.kept.get(
        (name, label, chosen),
        store.state,
        lambda: arranged(table(store, name, label, chosen)),
        lambda found: found.nbytes,
    )
