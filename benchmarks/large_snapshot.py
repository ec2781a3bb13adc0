"""Memory and time of a snapshot of many records, in a process of its own: what it adds to the interpreter's.

python benchmarks/large_snapshot.py [--records 10000000] [--neo4j]    (Java 17 and Maven)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.api.neo4j_import import export_neo4j_import
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer, fetch_jars, free_port
from graphrec.workspace import Workspace

BLOCK = 1_000_000
MEASURED = """
import sys, time
from pathlib import Path
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.store.open import open_store
from graphrec.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
store = open_store(workspace, sys.argv[2] or None)
def memory(name):
    return int(next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith(name)).split()[1])
before = memory("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
start = time.perf_counter()
found = snapshot(store, PROJECTIONS["ratings"], workspace)
seconds = time.perf_counter() - start
peak = memory("VmHWM")
print(len(found.records), seconds, before / 2**10, (peak - before) / 2**10)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--neo4j", action="store_true", help="from a server as well")
    asked = parser.parse_args()
    print("| database | records | seconds | before, MB | added at the peak, MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder, "embedded"))
        fill(workspace, asked.records)
        measure("embedded", workspace)
        if asked.neo4j:
            on_server(workspace, Path(folder))


def measure(name: str, workspace: Workspace, uri: str = "", login: Login | None = None) -> None:
    """Print a row."""
    given = {} if login is None else {"NEO4J_USERNAME": login.user, "NEO4J_PASSWORD": str(login.password)}
    command = [sys.executable, "-c", MEASURED, str(workspace.root), uri]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **given})
    count, seconds, before, added = map(float, told.stdout.split())
    print(f"| {name} | {count:,.0f} | {seconds:.1f} | {before:.0f} | {added:.0f} |", flush=True)


def on_server(workspace: Workspace, folder: Path) -> None:
    """Measure the same records on a server, which takes them by Neo4j's importer."""
    fetch_jars()
    with closing(LadybugStore(workspace)) as store:
        export_neo4j_import(store, folder / "files")
    server = Neo4jServer(folder / "server", free_port())
    server.import_files(folder / "files" / "import.sh")
    server.start()
    try:
        login = Login("neo4j", server.password_file.read_text())
        with closing(Neo4jStore(server.uri, login, write=True)) as store:
            store.initialise()
        measure("Neo4j", Workspace(folder / "of-server"), server.uri, login)
    finally:
        server.stop()


def fill(workspace: Workspace, records: int) -> None:
    users, items = records // 50, records // 100
    rng = np.random.default_rng(0)
    store = LadybugStore(workspace, write=True)
    store.initialise()
    store.write_nodes("User", pa.table({"id": [f"user{n}" for n in range(users)]}))
    store.write_nodes("Item", pa.table({"id": [f"item{n}" for n in range(items)]}))
    # Every user's items differ: a step through the items that is prime to their number.
    for start in range(0, records, BLOCK):
        number = np.arange(start, min(start + BLOCK, records))
        user, item = number % users, (number % users * 7 + number // users * 7919) % items
        store.write_relationships(
            "RATED",
            "User",
            "Item",
            pa.table(
                {
                    "from": pa.array([f"user{n}" for n in user.tolist()]),
                    "to": pa.array([f"item{n}" for n in item.tolist()]),
                    "rating": rng.integers(1, 11, len(number)) / 2,
                    "at": rng.integers(0, 1 << 40, len(number)),
                }
            ),
        )
    store.close()


if __name__ == "__main__":
    main()
