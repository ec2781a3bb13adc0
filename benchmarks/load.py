"""Bulk load of RATED rows from one CSV into the embedded store, beside UNWIND + MERGE.

    python benchmarks/load.py [--rows 1000000] [--users 60000] [--items 20000]

Every way is a process of its own, from start to end, so that its seconds count the interpreter and the imports, and
its peak memory is its own. The peer reads the same file and sends batches of 10,000 rows to the same database: first
the nodes, then the relationships between them, which is six times faster than all three MERGEs in one statement.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from rich.console import Console
from rich.table import Table

LOAD = (
    "load", "table", "--rels", "RATED", "--from", "User:userId", "--to", "Item:movieId",
    "--property", "rating", "--property", "at:timestamp",
)  # fmt: skip

PEER = """
import csv, sys
import ladybug

database = ladybug.Database(sys.argv[2])
connection = ladybug.Connection(database)
connection.execute("CREATE NODE TABLE User(id STRING PRIMARY KEY)")
connection.execute("CREATE NODE TABLE Item(id STRING PRIMARY KEY)")
connection.execute("CREATE REL TABLE RATED(FROM User TO Item, rating DOUBLE, at INT64)")
with open(sys.argv[1], newline="") as file:
    rows = csv.reader(file)
    next(rows)
    while batch := [
        {"user": user, "item": item, "rating": float(rating), "at": int(at)}
        for (user, item, rating, at), _ in zip(rows, range(10_000))
    ]:
        for label, key in (("User", "user"), ("Item", "item")):
            ids = sorted({row[key] for row in batch})
            connection.execute(f"UNWIND $ids AS id MERGE (n:{label} {{id: id}})", {"ids": ids})
        connection.execute(
            "UNWIND $rows AS row MATCH (u:User {id: row.user}) MATCH (i:Item {id: row.item}) "
            "MERGE (u)-[e:RATED]->(i) SET e.rating = row.rating, e.at = row.at", {"rows": batch})
connection.close()
database.close()
"""


@dataclass(frozen=True)
class Cost:
    """What one process took: wall-clock seconds and peak resident memory in MB."""

    seconds: float
    megabytes: float


def write_csv(path: Path, rows: int, users: int, items: int) -> None:
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, users * items, rows + rows // 8, np.int64))
    user, item = np.divmod(rng.permutation(pairs)[:rows], items)
    pacsv.write_csv(
        pa.table(
            {
                "userId": user,
                "movieId": item,
                "rating": rng.integers(1, 11, len(user)) / 2,
                "timestamp": rng.integers(1_000_000_000_000, 1_600_000_000_000, len(user)),
            }
        ),
        path,
    )


def measure(*arguments: str | Path) -> Cost:
    began = time.perf_counter()
    command = [sys.executable, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the measured process ended with {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--no-peer", action="store_true", help="measure graphrec only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ratings = folder / "ratings.csv"
        write_csv(ratings, arguments.rows, arguments.users, arguments.items)
        costs = {
            "graphrec load": measure("-m", "graphrec", *LOAD, ratings, "--workspace", folder / "workspace"),
            "graphrec load, again": measure(
                "-m", "graphrec", *LOAD, ratings, "--workspace", folder / "workspace"
            ),
        }
        if not arguments.no_peer:
            costs["UNWIND + MERGE, 10k batches"] = measure("-c", PEER, ratings, folder / "peer.lbug")
        title = f"{arguments.rows:,} RATED rows, {ratings.stat().st_size / 2**20:.0f} MB of CSV"
    table = Table("way", "seconds", "rows/s", "peak MB", "times the first", title=title)
    first = costs["graphrec load"].seconds
    for way, cost in costs.items():
        table.add_row(
            way,
            f"{cost.seconds:.2f}",
            f"{arguments.rows / cost.seconds:,.0f}",
            f"{cost.megabytes:.0f}",
            f"{cost.seconds / first:.1f}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
