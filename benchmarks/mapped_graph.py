"""What a mapping costs: one graph on a real server, read as graphrec's own (the peer) and as somebody else's.

60k users, 40k items and 1M ratings, each with a number and a time. Mapped it is read under the same names, so that only
the mapping differs: without an index on the ids, and with one.

python benchmarks/mapped_graph.py [--edges 1000000]    (Java 17 and Maven)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import neo4j
import numpy as np

from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.store.base import closing
from graphrec.store.neo4j.mapping import SCHEMA_NAMES, GraphMapping, read_mapping
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer, free_port
from graphrec.workspace import Workspace

USERS, ITEMS, BATCH = 60_000, 40_000, 20_000
MAPPING = """
[neo4j.nodes.User]
label = "User"
id = "id"

[neo4j.nodes.Item]
label = "Item"
id = "id"

[neo4j.relationships.RATED]
type = "RATED"
rating = "rating"
at = "at"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=1_000_000)
    edges = parser.parse_args().edges
    with tempfile.TemporaryDirectory() as folder:
        # The commands find their mapping there.
        os.chdir(folder)
        server = Neo4jServer(Path(folder) / "server", free_port())
        server.start()
        os.environ["NEO4J_PASSWORD_FILE"] = str(server.password_file)
        try:
            with driver_of(server) as driver:
                compare(server, driver, edges)
        finally:
            server.stop()


def compare(server: Neo4jServer, driver: neo4j.Driver, edges: int) -> None:
    """Print a row for each way to read the graph."""
    print("| read as | the check | the records | a snapshot | `stats` | `doctor` |\n|---|---|---|---|---|---|")
    with closing(Neo4jStore(server.uri, server.login, write=True)) as store:
        store.initialise()
    fill(driver, edges)
    measure("graphrec's own (peer)", server, SCHEMA_NAMES)
    Path("graphrec.toml").write_text(MAPPING, encoding="utf-8")
    mapping = read_mapping(tomllib.loads(MAPPING)["neo4j"])
    for label in ("User", "Item"):
        driver.execute_query(f"DROP CONSTRAINT graphrec_{label}_id")
    measure("mapped, no index on the ids", server, mapping)
    for label in ("User", "Item"):
        driver.execute_query(f"CREATE INDEX FOR (n:{label}) ON (n.id)")
    driver.execute_query("CALL db.awaitIndexes(600)")
    measure("mapped, an index on each id", server, mapping)


def driver_of(server: Neo4jServer) -> neo4j.Driver:
    auth = ("neo4j", server.password_file.read_text())
    return neo4j.GraphDatabase.driver(server.uri, auth=auth, notifications_min_severity="OFF")


def fill(driver: neo4j.Driver, edges: int) -> None:
    """Write the graph."""
    internal = []
    for label, count in (("User", USERS), ("Item", ITEMS)):
        text = f"CYPHER 5 UNWIND range(0, $count - 1) AS n CREATE (x:{label} {{id: '{label}' + n}}) RETURN id(x)"
        internal.append(np.array([row[0] for row in driver.execute_query(text, count=count).records]))
    rng = np.random.default_rng(0)
    pairs = rng.permutation(np.unique(rng.integers(0, USERS * ITEMS, edges + edges // 8)))[:edges]
    user, item = np.divmod(pairs, ITEMS)
    columns = [
        internal[0][user], internal[1][item],
        rng.integers(1, 11, edges) / 2, rng.integers(1_000_000_000_000, 1_600_000_000_000, edges),
    ]  # fmt: skip
    text = (
        "CYPHER 5 UNWIND $rows AS row MATCH (a) WHERE id(a) = row[0] MATCH (b) WHERE id(b) = row[1] "
        "CREATE (a)-[:RATED {rating: row[2], at: row[3]}]->(b)"
    )
    for start in range(0, edges, BATCH):
        rows = zip(*(column[start : start + BATCH].tolist() for column in columns), strict=True)
        driver.execute_query(text, rows=[list(row) for row in rows])


def measure(name: str, server: Neo4jServer, mapping: GraphMapping) -> None:
    """Print a row: seconds of each."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(Neo4jStore(server.uri, server.login, mapping=mapping)) as store:
            looked = timed(store.flaws)
            store.read_relationships("RATED", "User", "Item", ["rating", "at"])
            read = timed(lambda: store.read_relationships("RATED", "User", "Item", ["rating", "at"]))
        with closing(Neo4jStore(server.uri, server.login, mapping=mapping)) as store:
            shot = timed(lambda: snapshot(store, PROJECTIONS["ratings"], Workspace(Path(folder))))
        told = [timed(lambda verb=verb: command(verb, server.uri, folder)) for verb in ("stats", "doctor")]
    print(f"| {name} | " + " | ".join(f"{s:.1f}" for s in (looked, read, shot, *told)) + " |", flush=True)


def command(verb: str, uri: str, folder: str) -> None:
    arguments = [sys.executable, "-m", "graphrec", verb, "-w", folder, "--store", uri, "--json"]
    subprocess.run(arguments, capture_output=True, check=True)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
