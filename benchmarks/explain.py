"""explain of a new segment and of a known one, warm, at PHD2's size: 6.5k users, 25k segments, 4096-d features.

    python benchmarks/explain.py

TransGRec with its defaults (features whitened) is trained for an epoch and published; then segments come that nobody
has seen, are embedded, and explained to users.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.api.train import Plan, train
from graphrec.features import FeatureStore
from graphrec.serving.embed import embed
from graphrec.serving.explain import explain
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, VIDEOS, PER_VIDEO, LIKES, WIDTH, NEW = 6_500, 2_500, 10, 34_000, 4_096, 50
CALLS = 50


def main() -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        known = [f"s{n}" for n in range(VIDEOS * PER_VIDEO)]
        fill(workspace, known, rng)
        run = train(workspace, Plan("transgrec", {"epochs": 1})).run
        fresh = [f"new{n}" for n in range(NEW)]
        with closing(LadybugStore(workspace, write=True)) as store:
            loaded = load_run(workspace, run)
            publish(store, loaded)
            describe(workspace, store, fresh, rng)
            embed(store, loaded, workspace)
        with closing(LadybugStore(workspace)) as store:
            print("| explain | first ms | p50 ms | p95 ms | max ms |\n|---|---|---|---|---|")
            for name, segments in (("a new segment", fresh), ("a known segment", known)):
                spent = []
                for user, segment in zip(
                    rng.integers(0, USERS, CALLS + 1), rng.permutation(segments)[: CALLS + 1], strict=False
                ):
                    started = time.perf_counter()
                    explain(store, workspace, f"u{user}", str(segment))
                    spent.append((time.perf_counter() - started) * 1e3)
                first, *rest = spent
                print(
                    f"| {name} | {first:.0f} | {np.median(rest):.1f} | {np.quantile(rest, 0.95):.1f} "
                    f"| {max(rest):.1f} |",
                    flush=True,
                )


def fill(workspace: Workspace, segments: list[str], rng: np.random.Generator) -> None:
    """Write users, videos, segments with features, and what the users highlighted."""
    users, videos = [f"u{n}" for n in range(USERS)], [f"v{n}" for n in range(VIDEOS)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": users}))
        store.write_nodes("Item", pa.table({"id": videos}))
        describe(workspace, store, segments, rng)
        inside = {"from": [videos[n // PER_VIDEO] for n in range(len(segments))], "to": segments}
        store.write_relationships("HAS_SEGMENT", "Item", "Segment", pa.table(inside))
        pairs = np.unique(rng.integers(0, USERS * len(segments), LIKES))
        chosen = {
            "from": [users[n] for n in pairs // len(segments)],
            "to": [segments[n] for n in pairs % len(segments)],
        }
        store.write_relationships("HIGHLIGHTED", "User", "Segment", pa.table(chosen))


def describe(
    workspace: Workspace, store: LadybugStore, segments: list[str], rng: np.random.Generator
) -> None:
    """Write segments and their features."""
    store.write_nodes("Segment", pa.table({"id": segments}))
    matrix = rng.standard_normal((len(segments), WIDTH), np.float32)
    FeatureStore(workspace.features).write("look", "Segment", segments, matrix)


if __name__ == "__main__":
    main()
