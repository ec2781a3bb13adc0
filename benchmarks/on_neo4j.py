"""Neo4j: bulk load, snapshot, write-back and nearest neighbours, on a real server that this script starts.

60k users, 20k items, 690k ratings with string ids; the peer of the snapshot is the driver's row per relationship into
pandas, that of the load UNWIND + MERGE through the driver in batches of 10,000.

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
import pyarrow as pa

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
        store = open_store(Workspace(Path(folder) / "workspace"), server.uri, write=True)
        try:
            store.initialise()
            print("| what | seconds | in comparison |\n|---|---|---|")
            measure(store, server, ratings(edges))
        finally:
            store.close()
            server.stop()


def measure(store: GraphStore, server: Neo4jServer, table: pa.Table) -> None:
    """Print one row per measurement."""
    count = table.num_rows
    half = count // 10
    seconds = timed(lambda: write_nodes(store))
    print(f"| {USERS + ITEMS:,} nodes | {seconds:.1f} | {(USERS + ITEMS) / seconds:,.0f} a second |")
    peer = timed(lambda: merge(server, table.slice(0, half)))
    ours = timed(lambda: write(store, table.slice(half)))
    rate = (count - half) / ours
    compared = f"{rate:,.0f} a second, {rate / (half / peer):.1f} times the peer"
    print(f"| {count - half:,} relationships | {ours:.1f} | {compared} |")
    print(f"| {half:,} by UNWIND + MERGE (peer) | {peer:.1f} | {half / peer:,.0f} a second |", flush=True)
    again = timed(lambda: write(store, table))
    print(f"| {count:,} again: nothing changes | {again:.1f} | |", flush=True)
    store.read_relationships("RATED", "User", "Item", ["rating", "at"])
    ours = timed(lambda: store.read_relationships("RATED", "User", "Item", ["rating", "at"]))
    peer = timed(lambda: rows_to_pandas(server))
    print(f"| {count:,} relationships to arrays | {ours:.1f} | {peer / ours:.1f} times faster |")
    print(f"| a row each, by the driver, to pandas (peer) | {peer:.1f} | 1 |", flush=True)
    users, items = embeddings(USERS), embeddings(ITEMS)
    seconds = timed(lambda: publish(store, users, items))
    print(f"| {USERS + ITEMS:,} vectors of {DIMENSION}, indexes ready | {seconds:.1f} | |", flush=True)
    spent, recall = nearest(store, users, items)
    p95 = np.quantile(spent, 0.95)
    print(f"| nearest 10 of {ITEMS:,} | p95 {p95 * 1e3:.0f} ms | recall@10 {recall:.3f} against exact |")


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


def rows_to_pandas(server: Neo4jServer) -> object:
    text = "MATCH (u:User)-[e:RATED]->(i:Item) RETURN u.id, i.id, e.rating, e.at"
    with driver(server) as found:
        return found.execute_query(text, result_transformer_=neo4j.Result.to_df)


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
