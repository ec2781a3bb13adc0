"""What a user has rated, liked, viewed or highlighted, with what it looks like."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec.serving.explore.looks import Look, looks
from graphrec.serving.explore.named import named
from graphrec.serving.lookups import LABELS
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Seen:
    """One record of a user's history: of what, the ``rating`` if one was given, and when, epoch milliseconds."""

    look: Look
    rating: float | None = None
    at: int | None = None


def history(store: GraphStore, user: str, limit: int = 20) -> list[Seen]:
    """Return the ``limit`` latest records of ``user``, the latest first; nothing for an unknown one."""
    records = named(store, "history", user=user, limit=limit)
    ids = [row["id"] for row in records]
    by_label = {label: looks(store, label, ids) for label in LABELS}
    return [Seen(_look(row, by_label), row["rating"], row["at"]) for row in records]


def _look(row: dict[str, object], by_label: dict[str, dict[str, Look]]) -> Look:
    found = [by_label[label][str(row["id"])] for label in LABELS if row["id"] in by_label[label]]
    # Nodes of several labels may have the same id.
    return next((look for look in found if look.video == row["video"]), found[0])


def longest(store: GraphStore, limit: int = 12) -> dict[str, int]:
    """Return the ``limit`` users with the longest histories, and of how many nodes each is."""
    return {row["id"]: row["things"] for row in named(store, "top_users", limit=limit)}
