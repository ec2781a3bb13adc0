"""All items in an order for looking through them."""

from __future__ import annotations

from typing import Literal

import pyarrow.compute as pc

from graphrec.errors import unknown
from graphrec.serving.popularity import popular
from graphrec.store.base import GraphStore

Order = Literal["popular", "newest"]


def catalogue(store: GraphStore, order: Order, most: int = 20_000) -> list[str]:
    """Return the ids of at most ``most`` items: ``popular`` ones, or the ``newest`` by year, first.

    Among equals they stand in the order of their ids, and those of which nothing is known come last. Raises
    ``NotFoundError`` for another order.
    """
    if order not in ("popular", "newest"):
        raise unknown("order", order, ("popular", "newest"))
    table = store.read_nodes("Item", ["year"])
    by = [("year", "descending"), ("id", "ascending")] if order == "newest" else [("id", "ascending")]
    everything: list[str] = table.take(pc.sort_indices(table, sort_keys=by))["id"].to_pylist()
    first = popular(store, "Item")["id"].to_pylist() if order == "popular" else []
    chosen = set(first)
    return [*first, *(node for node in everything if node not in chosen)][:most]
