"""``graphrec stats``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import typer

from graphrec import schema
from graphrec.api.first_contact import OFFER, unmapped
from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    opened,
    out,
    print_json,
    table,
)
from graphrec.features import FeatureStore
from graphrec.properties import WORDS
from graphrec.store.base import GraphStore, Relationships
from graphrec.training.runs import list_runs

Read = Callable[[str, str, str], Relationships]


def stats(
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE, store: StoreFlag = None, as_json: JsonFlag = False
) -> None:
    """Count nodes and relationships, summarise degrees, list features and runs.

    Example: `graphrec stats`
    """
    with opened(workspace, store, unmapped=True) as (graph, folder):
        strange = unmapped(graph)
        # What is called like graphrec's in a graph of somebody else's is not what it seems.
        counts = graph.counts() if strange is None else dict.fromkeys((*schema.LABELS, *schema.RELATIONSHIPS), 0)
        read = _reading(graph)
        features = FeatureStore(folder.features)
        report: dict[str, Any] = {
            "store": graph.uri,
            "nodes": {name: counts[name] for name in schema.LABELS if counts[name]},
            "relationships": {name: counts[name] for name in schema.RELATIONSHIPS if counts[name]},
            "unmapped": strange,
            "degrees": _degrees(read, counts),
            "own_properties": _own(graph, read),
            "features": {name: vars(features.info(name)) for name in features.names()},
            "runs": [run.id for run in list_runs(folder)],
            "bytes": sum(path.stat().st_size for path in folder.root.glob(folder.database.name + "*")),
        }
    if as_json:
        print_json(report)
        return
    out.print(f"{report['store']}, {report['bytes'] / 1e6:.1f} MB", markup=False)
    if strange is not None:
        out.print(table(("nodes", "count"), strange.labels.items()))
        out.print(table(("relationships", "count"), strange.types.items()))
        out.print(f"graphrec loaded none of this; {OFFER}", markup=False)
        return
    out.print(table(("nodes", "count"), report["nodes"].items()))
    out.print(table(("relationships", "count"), report["relationships"].items()))
    out.print(
        table(
            ("per user", "users", "median", "mean", "max"),
            [(name, d["users"], d["median"], d["mean"], d["max"]) for name, d in report["degrees"].items()],
        )
    )
    if report["own_properties"]:
        rows = [(name, p["type"], p["known"], p["of"]) for name, p in report["own_properties"].items()]
        out.print(table(("property of your own", "holds", "known of", "of"), rows))
    if report["features"]:
        out.print(
            table(
                ("feature", "of", "width", "rows"),
                [(n, f["label"], f["width"], f["rows"]) for n, f in report["features"].items()],
            )
        )
    if report["runs"]:
        out.print(f"runs: {', '.join(report['runs'])}", markup=False)


def _reading(graph: GraphStore) -> Read:
    """Return what reads relationships with the properties of the graph's own, those of each type and ends once."""

    @cache
    def read(name: str, start: str, end: str) -> Relationships:
        return graph.read_relationships(name, start, end, [prop.name for prop in graph.properties.own(name)])

    return read


def _own(graph: GraphStore, read: Read) -> dict[str, dict[str, Any]]:
    """Return what the properties of the graph's own hold, and how many nodes or relationships have them."""
    found = {}
    for name in (*schema.LABELS, *schema.RELATIONSHIPS):
        own = {prop.name: WORDS[prop.type] for prop in graph.properties.own(name)}
        if not own:
            continue
        tables = (
            [graph.read_nodes(name, list(own))]
            if name in schema.LABELS
            else [read(name, *ends).table() for ends in schema.relationship(name).ends]
        )
        for prop, holds in own.items():
            known = sum(table.num_rows - table[prop].null_count for table in tables)
            found[f"{name}.{prop}"] = {"type": holds, "known": known, "of": sum(table.num_rows for table in tables)}
    return found


def _degrees(read: Read, counts: dict[str, int]) -> dict[str, dict[str, float]]:
    found = {}
    for rel in schema.RELATIONSHIPS.values():
        for start, end in rel.ends:
            if start != "User" or not counts[rel.name]:
                continue
            edges = read(rel.name, start, end)
            degree = np.bincount(edges.source, minlength=1)
            active = degree[degree > 0]
            if len(active):
                found[f"{rel.name} {end}"] = {
                    "users": len(active),
                    "median": float(np.median(active)),
                    "mean": float(active.mean()),
                    "max": int(active.max()),
                }
    return found


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(stats)
