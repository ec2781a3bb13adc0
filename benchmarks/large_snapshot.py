"""Memory and time of a snapshot of many records, in a process of its own: what it adds to the interpreter's.

python benchmarks/large_snapshot.py [--records 10000000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

BLOCK = 1_000_000
MEASURED = """
import sys, time
from pathlib import Path
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
store = LadybugStore(workspace)
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
    records = parser.parse_args().records
    with tempfile.TemporaryDirectory() as folder:
        fill(Workspace(Path(folder)), records)
        told = subprocess.run(
            [sys.executable, "-c", MEASURED, folder], capture_output=True, text=True, check=True
        ).stdout.split()
    print("| records | seconds | before, MB | added at the peak, MB |\n|---|---|---|---|")
    print(f"| {int(told[0]):,} | {float(told[1]):.1f} | {float(told[2]):.0f} | {float(told[3]):.0f} |")


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
