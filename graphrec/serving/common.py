"""Genres and tags that what is explained shares with what a user has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore

Kind = Literal["genre", "tag"]

TAG_LENGTH = 40
"""A comment of so many characters at most, on an item as a whole, is a tag; longer ones are prose."""


@dataclass(frozen=True)
class Common:
    """A genre or tag of what is explained that ``things`` of the ``of`` items in the history have too.

    Attributes:
        kind: genre or tag.
        id: of the Genre node; of a tag its text, in lower case.
        name: what it is called.
        things: how many.
        of: out of how many.
    """

    kind: Kind
    id: str
    name: str
    things: int
    of: int


def common(store: GraphStore, item: str, history: Sequence[str], least: float, k: int) -> list[Common]:
    """Return what ``item`` shares with the items ``history``: at most ``k`` genres, then as many tags, most first.

    Args:
        store: the graph.
        item: id of an item.
        history: ids of others.
        least: the share of ``history`` that must have it.
        k: how many of each kind.
    """
    if not history:
        return []
    past, of = list(history), len(history)
    genres = rows(store, "common_genres", id=item, history=past, limit=k)
    found = [Common("genre", **row, of=of) for row in genres]
    tags = [row["tag"] for row in rows(store, "tags", id=item) if len(row["tag"]) <= TAG_LENGTH]
    if tags:
        shared = rows(store, "common_tags", tags=tags, history=past, limit=k)
        found += [Common("tag", row["name"], row["name"], row["things"], of) for row in shared]
    return [one for one in found if one.things >= least * of]


def in_words(found: Sequence[Common]) -> str:
    """Return them as ``genres Drama (5 of 8) and War (3 of 8) and the tag noir (2 of 8)``."""
    said = []
    for kind in ("genre", "tag"):
        named = [f"{one.name} ({one.things} of {one.of})" for one in found if one.kind == kind]
        if named:
            listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
            said.append(f"the {kind} {listed}" if len(named) == 1 else f"{kind}s {listed}")
    return " and ".join(said)
