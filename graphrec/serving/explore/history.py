"""What a user has rated, liked, viewed, highlighted or commented on, with what it looks like."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec.serving.explore.looks import Look, looks
from graphrec.serving.explore.named import named
from graphrec.serving.lookups import LABELS, rows
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Seen:
    """One record of a user's history, or all comments of the user on one thing.

    Attributes:
        look: of what.
        rating: if one was given.
        at: when, or when last, epoch milliseconds.
        comments: how many there are; 0 of another record.
    """

    look: Look
    rating: float | None = None
    at: int | None = None
    comments: int = 0


def history(store: GraphStore, user: str, limit: int = 20) -> list[Seen]:
    """Return the ``limit`` latest records of ``user``, the latest first; nothing for an unknown one."""
    others = [{**row, "comments": 0} for row in named(store, "history", user=user, limit=limit)]
    written = [{**row, "rating": None} for row in rows(store, "commented", user=user, limit=limit)]
    # Both are in order, and sorting keeps the order of equals.
    records = sorted([*others, *written], key=lambda row: -(row["at"] or 0))[:limit]
    ids = [row["id"] for row in records]
    by_label = {label: looks(store, label, ids) for label in LABELS}
    return [Seen(_look(row, by_label), row["rating"], row["at"], row["comments"]) for row in records]


def _look(row: dict[str, object], by_label: dict[str, dict[str, Look]]) -> Look:
    found = [by_label[label][str(row["id"])] for label in LABELS if row["id"] in by_label[label]]
    # Nodes of several labels may have the same id.
    return next((look for look in found if look.video == row["video"]), found[0])


def longest(store: GraphStore, limit: int = 12) -> dict[str, int]:
    """Return the ``limit`` users with the longest histories, and of how many nodes each is.

    Where all that users did is to write comments, of how many comments.
    """
    found = {row["id"]: row["things"] for row in named(store, "top_users", limit=limit)}
    if found:
        return found
    active = sorted(rows(store, "active_users"), key=lambda row: (-row["score"], row["id"]))
    return {row["id"]: row["score"] for row in active[:limit]}
