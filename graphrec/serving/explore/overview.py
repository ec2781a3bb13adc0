"""The whole of a graph at a glance: what it holds, what is new in it, which runs it can answer by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphrec import schema
from graphrec.media.journal import Entry, Journal
from graphrec.serving.explore.named import named
from graphrec.serving.popularity import new
from graphrec.serving.published import PublishedRun, current_runs
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

    run: PublishedRun
    label: str
    embedded: int
    nodes: int


@dataclass(frozen=True)
class Overview:
    """What ``overview`` finds.

    Attributes:
        nodes: per label that has any, how many.
        ends: the relationships that there are, by type and the labels that they join.
        runs: the last published first.
        coverage: of each run in turn.
        new: how many items nobody has interacted with.
        newest: some of these: id, kind, title, year.
    """

    nodes: Mapping[str, int]
    ends: tuple[Ends, ...]
    runs: tuple[PublishedRun, ...]
    coverage: tuple[Coverage, ...]
    new: int
    newest: tuple[Mapping[str, Any], ...]


def overview(store: GraphStore, most: int = 12) -> Overview:
    """Return the graph at a glance, with at most ``most`` new items."""
    counts, runs = store.counts(), current_runs(store)
    return Overview(
        {label: counts[label] for label in schema.LABELS if counts[label]},
        tuple(
            Ends(rel.name, *ends, count)
            for rel in schema.RELATIONSHIPS.values()
            if counts[rel.name]
            for ends, count in _by_ends(store, rel, counts[rel.name]).items()
            if count
        ),
        tuple(runs),
        tuple(part for run in runs for part in _coverage(store, run)),
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


def _coverage(store: GraphStore, run: PublishedRun) -> Iterator[Coverage]:
    for row in named(store, "embedding_coverage", property=run.property):
        if row["embedded"]:
            yield Coverage(run, row["label"], row["embedded"], row["nodes"])
