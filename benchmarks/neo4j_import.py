"""A first load of Neo4j by its offline importer: the export by graphrec, and the importer on the files it wrote.

60k users, 20k items, 690k ratings with string ids in the embedded database; the peer is the importer alone.

python benchmarks/neo4j_import.py [--edges 690000]    (Java 17 and Maven)
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from on_neo4j import ITEMS, USERS, ratings, timed, write, write_nodes

from graphrec.api.neo4j_import import export_neo4j_import
from graphrec.store.base import closing
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.testing.neo4j_server import Neo4jServer, fetch_jars, free_port
from graphrec.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edges", type=int, default=690_000)
    edges = parser.parse_args().edges
    fetch_jars()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), edges)


def measure(folder: Path, edges: int) -> None:
    """Print one row per measurement."""
    files = folder / "files"
    with closing(open_store(Workspace(folder / "workspace"), write=True)) as store:
        store.initialise()
        write_nodes(store)
        write(store, ratings(edges))
        counts = store.counts()
        export = timed(lambda: export_neo4j_import(store, files))
    server = Neo4jServer(folder / "server", free_port())
    importer = timed(lambda: server.import_files(files / "import.sh"))
    size = sum(path.stat().st_size for path in files.iterdir()) / 1e6
    total = export + importer
    print("| what | seconds | in comparison |\n|---|---|---|")
    print(
        f"| export of {USERS + ITEMS:,} nodes and {edges:,} relationships, {size:.0f} MB | {export:.1f} | |"
    )
    print(f"| the importer, with the JVM's start (peer) | {importer:.1f} | 1 |")
    print(
        f"| both | {total:.1f} | {total / importer:.2f} times the peer, {edges / total:,.0f} relationships a second |"
    )
    server.start()
    try:
        who = Login("neo4j", server.password_file.read_text())
        with closing(Neo4jStore(server.uri, who, write=True)) as store:
            ready = timed(store.initialise)
            assert store.counts() == counts
            again = timed(lambda: export_neo4j_import(store, folder / "again"))
    finally:
        server.stop()
    print(f"| `graphrec init` afterwards, on the server just started | {ready:.1f} | |")
    print(f"| export of the same from the server | {again:.1f} | |")


if __name__ == "__main__":
    main()
