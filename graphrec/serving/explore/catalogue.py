"""All items in an order for looking through them."""

from __future__ import annotations

from typing import Literal

import pyarrow.compute as pc

from graphrec.errors import unknown
from graphrec.serving.popularity import popular
from graphrec.store.base import GraphStore

Order = Literal["popular", "newest"]


def catalogue(store: GraphStore, order: Order, most: int = 20_000) -> list[str]:
    """Return the ids of at most ``most`` items: the most ``popular`` first, or the ``newest``, by addition, then year.

    Among equals they stand in the order of their ids, and those of which nothing is known come last. Raises
    ``NotFoundError`` for another order.
    """
    if order not in ("popular", "newest"):
        raise unknown("order", order, ("popular", "newest"))
    table = store.read_nodes("Item", ["added_at", "year"])
    newest = [("added_at", "descending"), ("year", "descending"), ("id", "ascending")]
    by = newest if order == "newest" else [("id", "ascending")]
    everything: list[str] = table.take(pc.sort_indices(table, sort_keys=by))["id"].to_pylist()
    first = popular(store, "Item")["id"].to_pylist() if order == "popular" else []
    chosen = set(first)
    return [*first, *(node for node in everything if node not in chosen)][:most]
