"""Neo4j: bulk load, snapshot, write-back and nearest neighbours, on a real server that this script starts.

60k users, 20k items, 690k ratings with string ids. The peers of the load are py2neo's bulk ``create_relationships``,
which doubles what is loaded twice, and UNWIND + MERGE through the driver, both in batches of 10,000; those of the
snapshot a row per relationship into pandas, by the driver and by py2neo.

python benchmarks/on_neo4j.py [--edges 690000]    (Java 17 and Maven)
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import neo4j
import numpy as np
import py2neo
import pyarrow as pa
from py2neo.bulk import create_relationships

from graphrec.graph.refresh import read_relationships
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import GraphStore
from graphrec.store.nearest import exact_nearest
from graphrec.store.open import open_store
from graphrec.testing.neo4j_server import Neo4jServer, free_port
from graphrec.workspace import Workspace

USERS, ITEMS, DIMENSION, ASKED = 60_000, 20_000, 128, 200
BLOCK = 500_000
MERGE = (
    "UNWIND $rows AS row MATCH (u:User {id: row[0]}) MATCH (i:Item {id: row[1]}) "
    "MERGE (u)-[e:RATED]->(i) SET e.rating = row[2], e.at = row[3]"
)

ROWS = "MATCH (u:User)-[e:RATED]->(i:Item) RETURN u.id, i.id, e.rating, e.at"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", type=int, default=690_000)
    edges = parser.parse_args().edges
    with tempfile.TemporaryDirectory() as folder:
        server = Neo4jServer(Path(folder) / "server", free_port())
        server.start()
        os.environ["NEO4J_PASSWORD_FILE"] = str(server.password_file)
        workspace = Workspace(Path(folder) / "workspace")
        store = open_store(workspace, server.uri, write=True)
        try:
            store.initialise()
            print("| what | seconds | in comparison |\n|---|---|---|")
            measure(store, server, ratings(edges), workspace)
        finally:
            store.close()
            server.stop()


def measure(store: GraphStore, server: Neo4jServer, table: pa.Table, workspace: Workspace) -> None:
    """Print one row per measurement."""
    count = table.num_rows
    tenth = count // 10
    seconds = timed(lambda: write_nodes(store))
    print(f"| {USERS + ITEMS:,} nodes | {seconds:.1f} | {(USERS + ITEMS) / seconds:,.0f} a second |")
    merged = timed(lambda: merge(server, table.slice(0, tenth)))
    bulk = timed(lambda: py2neo_bulk(server, table.slice(tenth, tenth)))
    ours = timed(lambda: write(store, table.slice(2 * tenth)))
    rate = (count - 2 * tenth) / ours
    compared = f"{rate:,.0f} a second: {rate * bulk / tenth:.1f} times py2neo, {rate * merged / tenth:.1f} times MERGE"
    print(f"| {count - 2 * tenth:,} relationships | {ours:.1f} | {compared} |")
    print(f"| {tenth:,} by py2neo's create_relationships | {bulk:.1f} | {tenth / bulk:,.0f} a second |")
    print(f"| {tenth:,} by UNWIND + MERGE | {merged:.1f} | {tenth / merged:,.0f} a second |", flush=True)
    again = timed(lambda: write(store, table))
    print(f"| {count:,} again: nothing changes | {again:.1f} | |", flush=True)
    store.read_relationships("RATED", "User", "Item", ["rating", "at"])
    ours = timed(lambda: store.read_relationships("RATED", "User", "Item", ["rating", "at"]))
    peer = timed(lambda: rows_to_pandas(server))
    py2neo_peer = timed(lambda: py2neo_to_pandas(server))
    compared = f"{peer / ours:.0f} times the driver, {py2neo_peer / ours:.0f} times py2neo"
    print(f"| {count:,} relationships to arrays | {ours:.1f} | {compared} |")
    print(f"| a row each, by the driver, to pandas | {peer:.1f} | |")
    print(f"| a row each, by py2neo's to_data_frame | {py2neo_peer:.1f} | |", flush=True)
    copies = workspace.snapshots / "copies"
    wanted = ["rating", "at"]
    first = timed(lambda: read_relationships(store, copies, "RATED", "User", "Item", wanted))
    write(store, later(table))
    seconds = timed(lambda: read_relationships(store, copies, "RATED", "User", "Item", wanted))
    compared = f"{first / seconds:.1f} times faster than the first"
    print(f"| the copy of these brought up to date by 1,000 newer | {seconds:.1f} | {compared} |", flush=True)
    users, items = embeddings(USERS), embeddings(ITEMS)
    seconds = timed(lambda: publish(store, users, items))
    print(
        f"| {USERS + ITEMS:,} vectors of {DIMENSION}, index of the items ready | {seconds:.1f} | |",
        flush=True,
    )
    seconds += timed(lambda: index_ready(server))
    print(f"| ... index of the users ready | {seconds:.1f} | |", flush=True)
    spent, recall = nearest(store, users, items)
    p95 = np.quantile(spent, 0.95)
    print(f"| nearest 10 of {ITEMS:,} | p95 {p95 * 1e3:.0f} ms | recall@10 {recall:.3f} against exact |")
    spent = asked(store, workspace)
    p50, p95 = np.quantile(spent, [0.5, 0.95]) * 1e3
    print(f"| recommend 10, warm | p50 {p50:.0f} ms, p95 {p95:.0f} ms | |")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratings(count: int) -> pa.Table:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(np.unique(rng.integers(0, USERS * ITEMS, count + count // 8)))[:count]
    user, item = np.divmod(pairs, ITEMS)
    return pa.table(
        {
            "from": pa.array(np.char.add("user", user.astype(str)).tolist()),
            "to": pa.array(np.char.add("item", item.astype(str)).tolist()),
            "rating": rng.integers(1, 11, count) / 2,
            "at": rng.integers(1_000_000_000_000, 1_600_000_000_000, count),
        }
    )


def later(table: pa.Table) -> pa.Table:
    """1,000 of the ratings given again, later than all."""
    again = table.slice(0, 1000)
    return again.set_column(3, "at", pa.array(range(1_700_000_000_000, 1_700_000_001_000)))


def write_nodes(store: GraphStore) -> None:
    for label, name, count in (("User", "user", USERS), ("Item", "item", ITEMS)):
        store.write_nodes(label, pa.table({"id": [f"{name}{n}" for n in range(count)]}))


def write(store: GraphStore, table: pa.Table) -> None:
    with store.transaction():
        for start in range(0, table.num_rows, BLOCK):
            store.write_relationships("RATED", "User", "Item", table.slice(start, BLOCK))


def merge(server: Neo4jServer, table: pa.Table) -> None:
    with driver(server) as found, found.session() as session:
        for start in range(0, table.num_rows, 10_000):
            columns = [column.to_pylist() for column in table.slice(start, 10_000).columns]
            rows = [list(row) for row in zip(*columns, strict=True)]
            session.execute_write(lambda tx, rows=rows: tx.run(MERGE, rows=rows).consume())


def py2neo_bulk(server: Neo4jServer, table: pa.Table) -> None:
    columns = [column.to_pylist() for column in table.columns]
    rows = [
        (user, {"rating": rating, "at": at}, item) for user, item, rating, at in zip(*columns, strict=True)
    ]
    graph = py2neo_graph(server)
    for start in range(0, len(rows), 10_000):
        create_relationships(
            graph.auto(), rows[start : start + 10_000], "RATED",
            start_node_key=("User", "id"), end_node_key=("Item", "id"),
        )  # fmt: skip


def py2neo_to_pandas(server: Neo4jServer) -> object:
    return py2neo_graph(server).run(ROWS).to_data_frame()


def py2neo_graph(server: Neo4jServer) -> py2neo.Graph:
    return py2neo.Graph(server.uri, auth=("neo4j", server.password_file.read_text()))


def rows_to_pandas(server: Neo4jServer) -> object:
    with driver(server) as found:
        return found.execute_query(ROWS, result_transformer_=neo4j.Result.to_df)


def driver(server: Neo4jServer) -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(server.uri, auth=("neo4j", server.password_file.read_text()))


def embeddings(count: int) -> np.ndarray:
    """Vectors in clusters, as trained ones are."""
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((50, DIMENSION), np.float32)
    return centres[rng.integers(0, 50, count)] + 0.3 * rng.standard_normal((count, DIMENSION), np.float32)


def publish(store: GraphStore, users: np.ndarray, items: np.ndarray) -> None:
    with store.transaction():
        store.write_embeddings("User", "measured", pa.array([f"user{n}" for n in range(USERS)]), users)
        store.write_embeddings("Item", "measured", pa.array([f"item{n}" for n in range(ITEMS)]), items)


def index_ready(server: Neo4jServer) -> None:
    with driver(server) as found:
        found.execute_query("CALL db.awaitIndexes(600)")


def asked(store: GraphStore, workspace: Workspace) -> list[float]:
    now = time.time_ns() // 1_000_000
    run = {"id": "run", "model": "measured", "label": "Item", "property": "measured", "published_at": now}
    store.write_nodes("GraphrecRun", pa.table({name: [value] for name, value in run.items()}))
    spent = []
    for number in range(ASKED + 20):
        started = time.perf_counter()
        ranking = recommend(store, workspace, Request(f"user{number}"))
        spent.append(time.perf_counter() - started)
        assert (ranking.basis, len(ranking.items)) == ("run", 10)
    return spent[20:]


def nearest(store: GraphStore, users: np.ndarray, items: np.ndarray) -> tuple[list[float], float]:
    ids = pa.array([f"item{n}" for n in range(ITEMS)])
    spent, found = [], 0
    for user in users[:ASKED]:
        started = time.perf_counter()
        told = store.nearest("Item", "measured", user, 10, metric="cosine")
        spent.append(time.perf_counter() - started)
        right = exact_nearest(ids, items, user, 10, among=None, without=(), metric="cosine")
        found += len({n.id for n in told} & {n.id for n in right})
    return spent, found / (10 * ASKED)


if __name__ == "__main__":
    main()
