"""A publish that a server commits in parts: readers see the run before, whole, until the new one is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, train
from graphrec.features import FeatureStore
from graphrec.serving.embed import embed
from graphrec.serving.load_model import Loaded, load_run
from graphrec.serving.publish import publish
from graphrec.serving.published import current_runs
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import Floats, closing
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j


class Killed(BaseException):
    """What ends a publish in the middle."""


@dataclass
class Graph:
    """A store that writes in small parts, another that only reads, and two runs that differ."""

    workspace: Workspace
    store: Neo4jStore
    reader: Neo4jStore
    runs: list[Loaded]
    in_between: list[Any] = field(default_factory=list)

    def seen(self) -> tuple[Any, ...]:
        """Return what a reader is told."""
        runs = [run.id for run in current_runs(self.reader)]
        lists = [recommend(self.reader, self.workspace, Request(f"u{n}", k=5)) for n in (3, 8)]
        alike = similar(self.reader, "i4", 3)
        return (
            runs, [(found.basis, [(n.id, n.score) for n in found.items]) for found in lists],
            [(n.id, n.score) for n in alike],
        )  # fmt: skip

    def stored(self) -> tuple[set[str], set[str]]:
        """Return the properties and the vector indexes of items."""
        keys = self.reader._server.rows("MATCH (n:Item) UNWIND keys(n) AS key RETURN DISTINCT key")
        indexes = self.reader._server.rows("SHOW VECTOR INDEXES YIELD name RETURN name")
        return {key for (key,) in keys} - {"id"}, {name for (name,) in indexes}


@pytest.fixture
def graph(neo4j_empty: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Graph]:
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_empty.password_file))
    monkeypatch.setattr("graphrec.store.neo4j.vectors.FLOATS_PER_BATCH", 160)
    workspace, rng = Workspace(tmp_path / "w"), np.random.default_rng(0)
    pairs = rng.permutation(np.argwhere(rng.random((60, 40)) < 0.25))
    with closing(Neo4jStore(neo4j_empty.uri, neo4j_empty.login, write=True)) as store:
        store.initialise()
        store.write_nodes("User", nodes(*(f"u{n}" for n in range(60))))
        store.write_nodes("Item", nodes(*(f"i{n}" for n in range(40))))
        rated = edges(
            *((f"u{u}", f"i{i}") for u, i in pairs), rating=[4.0] * len(pairs), at=[*range(len(pairs))]
        )
        store.write_relationships("RATED", "User", "Item", rated)
        # Of an item too that comes later.
        ids = [*(f"i{n}" for n in range(40)), "new"]
        look = rng.normal(size=(41, 6)).astype(np.float32)
        FeatureStore(workspace.features).write("look", "Item", ids, look)
        plans = [
            Plan("transgrec", {"epochs": 1, "dimension": 8, "seed": seed}, split="temporal-last")
            for seed in (1, 2)
        ]
        runs = [load_run(workspace, train(workspace, plan, store=neo4j_empty.uri).run) for plan in plans]
        store.part_rows = 40
        with closing(Neo4jStore(neo4j_empty.uri, neo4j_empty.login)) as reader:
            yield Graph(workspace, store, reader, runs)


def watch(graph: Graph, monkeypatch: pytest.MonkeyPatch, kill: str = "") -> None:
    """Let a reader look, or the publish end, whenever the vectors of a label are partly or wholly written."""
    write = graph.store.write_embeddings

    def watched(label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        half = len(ids) // 2
        write(label, name, ids[:half], vectors[:half])
        graph.in_between.append(graph.seen())
        if label == kill:
            raise Killed
        write(label, name, ids[half:], vectors[half:])
        graph.in_between.append(graph.seen())

    monkeypatch.setattr(graph.store, "write_embeddings", watched)


def test_a_publish_in_parts_is_seen_whole_or_not_at_all(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = graph.runs
    assert publish(graph.store, one).property == "transgrec"
    first = graph.seen()
    assert first[0] == [one.run.id]
    assert first[1][0][0] == one.run.id
    assert graph.stored() == ({"transgrec"}, {"graphrec_Item_transgrec", "graphrec_User_transgrec"})

    for label in ("User", "Item"):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            watch(graph, patch, kill=label)
            publish(graph.store, two)
        assert graph.seen() == first

    with monkeypatch.context() as patch:
        watch(graph, patch)
        assert publish(graph.store, two).property == "transgrec_2"
    assert len(graph.in_between) == 1 + 3 + 4
    assert all(seen == first for seen in graph.in_between)
    second = graph.seen()
    assert second[0] == [two.run.id]
    assert second[1:] != first[1:]
    assert graph.stored() == ({"transgrec_2"}, {"graphrec_Item_transgrec_2", "graphrec_User_transgrec_2"})
    graph.store.write_nodes("Item", nodes("new"))
    assert embed(graph.store, two, graph.workspace).embedded == 1
    assert graph.reader.read_embeddings("Item", "transgrec_2", ["new"])[1].shape == (1, 8)
    assert similar(graph.reader, "new", 3)

    assert publish(graph.store, one).property == "transgrec"
    assert graph.seen() == first
    assert graph.stored()[0] == {"transgrec"}


def test_a_publish_in_one_part_leaves_nothing_of_one_in_several(graph: Graph) -> None:
    one, two = graph.runs
    for run in (one, two):
        publish(graph.store, run)
    assert graph.stored()[0] == {"transgrec_2"}
    graph.store.part_rows = 1_000
    assert publish(graph.store, one).property == "transgrec"
    assert graph.stored() == ({"transgrec"}, {"graphrec_Item_transgrec", "graphrec_User_transgrec"})
