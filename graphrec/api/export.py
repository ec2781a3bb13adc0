"""The graph and its embeddings as files that other tools read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graphrec import schema
from graphrec.errors import DataError, NotFoundError
from graphrec.files import refuse_existing, replacing, replacing_folder
from graphrec.interop.graphml import write_graphml
from graphrec.interop.networkx import to_networkx
from graphrec.serving.published import current_run
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.serving.run_embeddings import Space


def export_graph(store: GraphStore, folder: Path) -> list[str]:
    """Write a Parquet file per label and per relationship type that has rows; return the files' names."""
    refuse_existing(folder)
    with replacing_folder(folder) as part:
        names = []
        for name, table in _tables(store):
            pq.write_table(table, part / f"{name}.parquet")
            names.append(f"{name}.parquet")
        return names


def export_embeddings(
    store: GraphStore,
    folder: Path,
    model: str | None = None,
    workspace: Workspace | None = None,
    run: str | None = None,
) -> list[str]:
    """Write ``<label>.npy`` (float32 [n, D]) and ``<label>.txt`` (an id per row) of a run's embeddings.

    Args:
        store: the graph.
        folder: what to write; it must not exist yet.
        model: whose published embeddings; None for those published last.
        workspace: where the files of ``run`` are.
        run: the run whose embeddings count instead; where the graph does not hold them, those of its files, and that
            is said in the log.

    Raises ``NotFoundError`` when none are published, ``DataError`` when an id holds a line break.
    """
    refuse_existing(folder)
    space = None if run is None or workspace is None else _of_files(store, workspace, run)
    if space is None:
        published = current_run(store, run or model, describing=True)
        if published is None:
            raise NotFoundError("no run is published yet; `graphrec train --model transgrec` publishes one")
        space = {label: store.read_embeddings(label, published.property) for label in schema.EMBEDDED_LABELS}
    names = []
    with replacing_folder(folder) as part:
        for label, (ids, vectors) in space.items():
            if not len(ids):
                continue
            listed = ids.to_pylist()
            if any("\n" in key or "\r" in key for key in listed):
                raise DataError(f"an id of {label} holds a line break; use `graphrec export graph` instead")
            np.save(part / f"{label}.npy", vectors)
            (part / f"{label}.txt").write_text("".join(f"{key}\n" for key in listed), encoding="utf-8")
            names += [f"{label}.npy", f"{label}.txt"]
    return names


def _of_files(store: GraphStore, workspace: Workspace, run: str) -> Space | None:
    # Here, not above: models need torch, which takes seconds.
    from graphrec.serving.run_embeddings import of_unpublished

    return of_unpublished(store, workspace, run)


def export_graphml(store: GraphStore, path: Path) -> tuple[int, int]:
    """Write the graph as GraphML; return how many nodes and relationships it has.

    Raises ``DataError`` where an id or text holds a character that XML has not.
    """
    refuse_existing(path)
    graph = to_networkx(store)
    with replacing(path) as file:
        write_graphml(graph, file)
    return graph.number_of_nodes(), graph.number_of_edges()


def _tables(store: GraphStore) -> Iterator[tuple[str, pa.Table]]:
    for name in schema.LABELS:
        table = store.read_nodes(name, [p.name for p in store.properties.of(name)])
        if table.num_rows:
            yield name, table
    for rel in schema.RELATIONSHIPS.values():
        for start, end in rel.ends:
            properties = [p.name for p in store.properties.of(rel.name)]
            table = store.read_relationships(rel.name, start, end, properties).table()
            if table.num_rows:
                yield (rel.name if len(rel.ends) == 1 else f"{rel.name}-{start}-{end}"), table
