"""The lists of all users: block by block, as `recommend --all-users`, against asking user by user, as `recommend USER`.

    python benchmarks/lists.py [WORKSPACE]

Made: 20k users x 5k items, a million views, iALS with 64 numbers; of 1,000 users the history has changed since, and
1,000 came later. Of the peer some users are asked, and multiplied. With a workspace, what is published there.
Seconds of processor time, so that what else the machine does counts less.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.api.train import Plan, train
from graphrec.serving.lists import write_lists
from graphrec.serving.publish import publish
from graphrec.serving.published import current_runs
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS, VIEWS, LATER = 20_000, 5_000, 1_000_000, 1_000
K, SOME = 50, 300


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(sys.argv[1] if len(sys.argv) > 1 else folder))
        if len(sys.argv) < 2:
            fill(workspace)
        with closing(LadybugStore(workspace)) as store:
            everybody = store.read_nodes("User")["id"].to_pylist()
            run = current_runs(store)[0].id
        print(f"{len(everybody):,} users, {run}, k = {K}\n")
        print("| lists | user by user, s | ms a user | block by block, s | ms a user | times faster |")
        print("|---|---|---|---|---|---|")
        target = Path(folder) / "lists.parquet"
        some = np.random.default_rng(1).permutation(everybody)[:SOME].tolist()
        for name, asked in (("published embeddings", {}), ("--run", {"run": run}), ("--new-only", {"new_only": True})):
            with closing(LadybugStore(workspace)) as store:
                # What is loaded once is loaded by now.
                write_lists(store, workspace, Request("", K, **asked), target, some)
                started = time.process_time()
                for user in some:
                    recommend(store, workspace, Request(user, K, **asked))
                one = (time.process_time() - started) / len(some)
            with closing(LadybugStore(workspace)) as store:
                started = time.process_time()
                write_lists(store, workspace, Request("", K, **asked), target)
                many = (time.process_time() - started) / len(everybody)
            print(
                f"| {name} | {one * len(everybody):.0f} | {one * 1e3:.1f} | {many * len(everybody):.1f} | "
                f"{many * 1e3:.2f} | {one / many:.0f} |",
                flush=True,
            )


def fill(workspace: Workspace) -> None:
    """Make the graph, train and publish, and let users come and choose after that."""
    rng = np.random.default_rng(0)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"user{n}" for n in range(USERS)]}))
        store.write_nodes("Item", pa.table({"id": [f"item{n}" for n in range(ITEMS)]}))
        store.write_nodes("Item", pa.table({"id": [f"new{n}" for n in range(ITEMS // 50)]}))
        view(store, rng, np.arange(USERS), VIEWS // USERS)
    trained = train(workspace, Plan("ials", {"dimension": 64, "epochs": 3}, "random-70-10-20", baselines=False))
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, trained.loaded)
        store.write_nodes("User", pa.table({"id": [f"user{n}" for n in range(USERS, USERS + LATER)]}))
        view(store, rng, np.arange(USERS - LATER, USERS + LATER), 10)


def view(store: LadybugStore, rng: np.random.Generator, users: np.ndarray, each: int) -> None:
    item = (rng.random(len(users) * each) ** 2 * ITEMS).astype(np.int64)
    user, item = np.divmod(np.unique(np.repeat(users, each) * ITEMS + item), ITEMS)
    rows = {"from": [f"user{n}" for n in user], "to": [f"item{n}" for n in item]}
    at = rng.integers(1_500_000_000_000, 1_600_000_000_000, len(user))
    store.write_relationships("VIEWED", "User", "Item", pa.table({**rows, "at": at}))


if __name__ == "__main__":
    main()
