"""Store -> tensors of 1M edges with string ids: cold, against query -> pandas -> dict of ids -> torch; and warm.

python benchmarks/snapshot.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from graphrec.graph.build import snapshot
from graphrec.graph.projection import Projection
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS, EDGES = 60_000, 20_000, 1_000_000
PROJECTION = Projection("all-ratings", "Item", "RATED", features=())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        fill(workspace)
        store = LadybugStore(workspace)
        cold, shot = timed(lambda: snapshot(store, PROJECTION, workspace))
        warm = min(timed(lambda: snapshot(store, PROJECTION, workspace))[0] for _ in range(3))
        peer, tensors = timed(lambda: by_pandas(store))
        store.close()
        assert len(tensors[0]) == len(shot.records)
    print(f"{EDGES:,} edges asked for, {len(shot.records):,} distinct, {torch.get_num_threads()} threads\n")
    print("| store -> arrays | seconds | against the peer |\n|---|---|---|")
    print(f"| query, pandas, dict of ids, torch (peer) | {peer:.2f} | 1.0 |")
    print(
        f"| graphrec, cold: read, sort, both CSR, fingerprint, written to disk | {cold:.2f} | {peer / cold:.1f} |"
    )
    print(f"| graphrec, warm | {warm:.3f} | {peer / warm:.0f} |")


def fill(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    users, items = (
        pa.array([f"{kind}{n}" for n in range(count)]) for kind, count in (("user", USERS), ("item", ITEMS))
    )
    pairs = np.unique(rng.integers(0, USERS * ITEMS, EDGES))
    store = LadybugStore(workspace, write=True)
    store.initialise()
    with store.transaction():
        store.write_nodes("User", pa.table({"id": users}))
        store.write_nodes("Item", pa.table({"id": items}))
        store.write_relationships(
            "RATED",
            "User",
            "Item",
            pa.table(
                {
                    "from": users.take(pa.array(pairs // ITEMS)),
                    "to": items.take(pa.array(pairs % ITEMS)),
                    "rating": rng.integers(1, 11, len(pairs)) / 2,
                    "at": rng.integers(0, 1 << 40, len(pairs)),
                }
            ),
        )
    store.close()


def by_pandas(store: LadybugStore) -> tuple[torch.Tensor, torch.Tensor]:
    frame = store.read("MATCH (u:User)-[e:RATED]->(i:Item) RETURN u.id AS user, i.id AS item").to_pandas()
    user_ids = {key: n for n, key in enumerate(dict.fromkeys(frame["user"]))}
    item_ids = {key: n for n, key in enumerate(dict.fromkeys(frame["item"]))}
    return (
        torch.tensor([user_ids[key] for key in frame["user"]]),
        torch.tensor([item_ids[key] for key in frame["item"]]),
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


if __name__ == "__main__":
    main()
