"""The whole of a graph at a glance: what it holds, what is new in it, which runs it can answer by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphrec import schema
from graphrec.media.journal import Entry, Journal
from graphrec.serving.explore.named import named
from graphrec.serving.popularity import new
from graphrec.serving.recommend import current_runs
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced_rows
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Ends:
    """How many relationships of a type lead from one label to another."""

    type: str
    source: str
    target: str
    count: int


@dataclass(frozen=True)
class Coverage:
    """How many nodes of a label there are, and how many of them a run has embedded."""

    label: str
    embedded: int
    nodes: int


@dataclass(frozen=True)
class PublishedRun:
    """A run that the graph answers by; ``published_at`` is epoch milliseconds."""

    id: str
    model: str
    label: str
    property: str
    published_at: int | None
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True)
class Overview:
    """What ``overview`` finds.

    Attributes:
        nodes: per label that has any, how many.
        ends: the relationships that there are, by type and the labels that they join.
        runs: the last published first.
        new: how many items nobody has interacted with.
        newest: some of these: id, kind, title, year.
    """

    nodes: Mapping[str, int]
    ends: tuple[Ends, ...]
    runs: tuple[PublishedRun, ...]
    new: int
    newest: tuple[Mapping[str, Any], ...]


def overview(store: GraphStore, most: int = 12) -> Overview:
    """Return the graph at a glance, with at most ``most`` new items."""
    counts = store.counts()
    return Overview(
        {label: counts[label] for label in schema.LABELS if counts[label]},
        tuple(
            Ends(rel.name, *ends, count)
            for rel in schema.RELATIONSHIPS.values()
            if counts[rel.name]
            for ends, count in _by_ends(store, rel, counts[rel.name]).items()
            if count
        ),
        tuple(_published(store, run) for run in current_runs(store)),
        len(new(store, "Item")),
        tuple(named(store, "cold_items", limit=most)),
    )


def newest_files(workspace: Workspace, most: int) -> list[Entry]:
    """Return the ``most`` video files that were described, or found to be none, last; the newest first."""
    return Journal(workspace.media).latest(most)


def _by_ends(store: GraphStore, rel: schema.RelationshipType, count: int) -> dict[tuple[str, str], int]:
    if len(rel.ends) == 1:
        return {rel.ends[0]: count}
    return {
        (source, target): spliced_rows(store, "ends", "e", (), label=source, type=rel.name, other=target)[0][
            "count"
        ]
        for source, target in rel.ends
    }


def _published(store: GraphStore, run: Mapping[str, Any]) -> PublishedRun:
    rows = named(store, "embedding_coverage", property=run["property"])
    coverage = tuple(Coverage(row["label"], row["embedded"], row["nodes"]) for row in rows if row["embedded"])
    return PublishedRun(run["id"], run["model"], run["label"], run["property"], run["published_at"], coverage)
