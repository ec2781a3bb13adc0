"""Seconds an epoch of bpr, vbpr and lightgcn beside peers, at 100 thousand and a million records, D = 64.

    python benchmarks/epoch_times.py [--records 100000 1000000] [--models bpr vbpr lightgcn] [--rounds 3]

Users and items have long tails; items have 128 features. Every peer is installed in an environment of its own (--envs)
and given the same records; all have two threads, one negative a record, and what is made before learning is left out.
One after the other, so many rounds; the least of each is told.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers import THREADS, environment, work

from graphrec.graph.data import Data
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.registry import model as model_class
from graphrec.testing.training_data import attached, data_of

EPOCHS = 3
FEATURES = 128
OURS: dict[str, Mapping[str, Any]] = {
    "bpr": {"dimension": 64},
    "vbpr": {"dimension": 32, "visual_dimension": 32},
    "lightgcn": {"dimension": 64, "layers": 2},
}
PEERS: dict[str, dict[str, Mapping[str, Any]]] = {
    "bpr": {"cornac BPR": {}, "implicit BPR": {}, "RecBole BPR": {}},
    "vbpr": {"cornac VBPR": {}},
    "lightgcn": {"RecBole LightGCN": {"n_layers": 2}},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--models", nargs="+", choices=list(OURS), default=list(OURS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--envs", type=Path, default=Path(".cache/peers"))
    asked = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, {THREADS} threads for all\n"
    )
    print("| records | model | system | s an epoch | times ours |\n|---|---|---|---|---|")
    for records in asked.records:
        data = world(records)
        for name in asked.models:
            pythons = {system: environment(system, asked.envs) for system in PEERS[name]}
            least: dict[str, float] = {}
            for _ in range(asked.rounds):
                took = {f"graphrec {name}": ours(name, data)}
                for system, python in pythons.items():
                    if python is not None:
                        took[system] = theirs(system, python, data, PEERS[name][system])
                least = {system: min(seconds, least.get(system, seconds)) for system, seconds in took.items()}
            first = next(iter(least.values()))
            for system, seconds in least.items():
                print(
                    f"| {data.records.user.size:,} | {name} | {system} | {seconds:.3f} | {seconds / first:.2f} |",
                    flush=True,
                )
            for system in (one for one, python in pythons.items() if python is None):
                print(f"\n{system} could not be installed here\n")


def world(records: int) -> Data:
    """Return likes of ``records`` / 20 users for as many items, with long tails."""
    rng = np.random.default_rng(0)
    nodes = records // 20
    users, items = ((rng.random(records * 3 // 2) ** power * nodes).astype(np.int64) for power in (1.5, 2))
    likes = np.unique(users * nodes + items)
    rng.shuffle(likes)
    looks = rng.normal(size=(nodes, FEATURES)).astype(np.float32)
    return data_of(likes[:records] // nodes, likes[:records] % nodes, nodes, nodes, features=looks)


def ours(name: str, data: Data) -> float:
    """Return seconds an epoch, after a first one."""
    kind = model_class(name)
    model = attached(kind, data, **OURS[name])
    options = TrainOptions.model_validate({**kind.defaults, "epochs": EPOCHS + 1, "negatives": 1})
    learner = model.learner(data, RunContext(options))
    learner.epoch(1, lambda done, steps: None)
    started = time.perf_counter()
    for epoch in range(EPOCHS):
        learner.epoch(epoch + 2, lambda done, steps: None)
    return (time.perf_counter() - started) / EPOCHS


def theirs(system: str, python: Path, data: Data, settings: Mapping[str, Any]) -> float:
    """Return seconds an epoch of a peer, by a short and a longer fit, so that its start is out."""
    looks = np.array(data.content.rows(slice(None)))
    given = {
        "user": data.records.user,
        "item": np.asarray(data.records.item),
        "shape": np.array([data.users, data.items]),
        "ask_user": np.arange(2),
        "looks": looks,
    }
    took = []
    for epochs in (1, EPOCHS + 1):
        _, seconds = work(system, python, given, {**settings, "epochs": epochs, "seed": 0})
        took.append(seconds * epochs)
    return (took[1] - took[0]) / EPOCHS


if __name__ == "__main__":
    main()
