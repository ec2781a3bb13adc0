"""recommend, warm, through the API: 60k users x 20k items, 1M ratings, embeddings of 128 numbers.

python benchmarks/recommend.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from snapshot import ITEMS, USERS, fill

from graphrec.serving.recommend import Request, recommend
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

CALLS = 300


def main() -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        fill(workspace)
        store = LadybugStore(workspace, write=True)
        for label, prefix, count in (("User", "user", USERS), ("Item", "item", ITEMS)):
            vectors = rng.standard_normal((count, 128), np.float32)
            store.write_embeddings(
                label, "transgrec", pa.array([f"{prefix}{n}" for n in range(count)]), vectors
            )
        store.write_nodes(
            "GraphrecRun",
            pa.table(
                {
                    "id": ["run"],
                    "model": ["transgrec"],
                    "label": ["Item"],
                    "property": ["transgrec"],
                    "published_at": [1],
                }
            ),
        )
        store.close()
        store = LadybugStore(workspace)
        print("| recommend | p50 ms | p95 ms | max ms |\n|---|---|---|---|")
        for name, options in (
            ("k=10", {}),
            ("k=100", {"k": 100}),
            ("k=10, include seen", {"include_seen": True}),
        ):
            recommend(store, workspace, Request("user0", **options))
            spent = []
            for user in rng.integers(0, USERS, CALLS):
                started = time.perf_counter()
                recommend(store, workspace, Request(f"user{user}", **options))
                spent.append((time.perf_counter() - started) * 1e3)
            print(f"| {name} | {np.median(spent):.1f} | {np.quantile(spent, 0.95):.1f} | {max(spent):.1f} |")
        store.close()


if __name__ == "__main__":
    main()
