"""Seconds of an epoch on the CPU and on a GPU: trailers by LSTM and attention, and graphs of users and items.

    python benchmarks/devices.py [--devices cpu,cuda] [--trailers 200] [--frames 120] [--records 100000,1000000]

On CUDA each is measured as graphrec has it, where sums are made in one order, and with sums made in any order.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch

from graphrec.graph.columns import Numbers
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.base import Model
from graphrec.models.lightgcn import LightGCN
from graphrec.models.trailernet import TrailerNet
from graphrec.models.transgrec import TransGRec
from graphrec.ragged import Ragged
from graphrec.training.device import choose_device, use_bf16

EPOCHS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", default="cpu,cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--trailers", type=int, default=200)
    parser.add_argument("--frames", type=int, default=120, help="of each trailer, of 1,280 numbers")
    parser.add_argument("--records", default="100000,1000000")
    asked = parser.parse_args()
    devices = asked.devices.split(",")
    columns = [f"{name}, s" for name in devices] + ["cuda, any order, s"] * ("cuda" in devices)
    print(f"| epoch of | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}", flush=True)
    data = trailers(asked.trailers, asked.frames)
    for body in ("lstm", "transformer"):
        for length in (20, 10):
            settings = {"body": body, "length": length}
            row(f"trailernet, {body}, sequences of {length}", TrailerNet, data, settings, devices)
    for records in map(int, asked.records.split(",")):
        graph = likes(records)
        for kind in (LightGCN, TransGRec):
            row(f"{kind.name}, {len(graph.records):,} records", kind, graph, {"dimension": 64}, devices)


def row(title: str, kind: type[Model[Any]], data: Data, settings: dict[str, Any], devices: list[str]) -> None:
    found = [seconds(kind, data, settings, name) for name in devices]
    if "cuda" in devices:
        found.append(seconds(kind, data, settings, "cuda", exact=False))
    print(f"| {title} | {' | '.join(f'{one:.3g}' for one in found)} |", flush=True)


def seconds(kind: type[Model[Any]], data: Data, settings: dict[str, Any], name: str, *, exact: bool = True) -> float:
    """Return the fastest of the epochs after the first."""
    device = choose_device(name)
    torch.use_deterministic_algorithms(exact and name == "cuda", warn_only=True)
    torch.manual_seed(0)
    model = kind(data.shape, kind.Settings.model_validate(settings)).to(device)
    model.attach(data)
    options = TrainOptions.model_validate({**kind.defaults, "epochs": EPOCHS})
    learner = model.learner(data, RunContext(options, device, use_bf16(options, device)))
    times = []
    for number in range(1, EPOCHS + 1):
        began = time.perf_counter()
        learner.epoch(number, lambda done, steps: None)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return min(times[1:])


def trailers(count: int, each: int, width: int = 1280) -> Data:
    rng = np.random.default_rng(0)
    every = np.arange(count * each)
    nothing = np.empty(0, np.int64)
    none = {"Item>Segment": count, "Segment>Frame": 0, "Item>Trailer": count, "Trailer>Frame": 0}
    return Data(
        {"User": 10, "Item": count, "Frame": len(every), "Segment": 0, "Trailer": 0, "Genre": 20},
        "Item",
        Records.of_pairs(np.zeros(count, np.int64), np.arange(count), 10),
        np.ones(count, bool),
        {"look": Mapped("Frame", rng.normal(size=(len(every), width)).astype(np.float32), np.ones(len(every), bool))},
        {
            "Item>Frame": Ragged.from_pairs(every // each, every, count),
            "Item>Genre": Ragged.from_pairs(np.arange(count), np.arange(count) % 20, count),
            **{name: Ragged(np.zeros(rows + 1, np.int64), nothing) for name, rows in none.items()},
        },
        {"Frame.time_s": Numbers(np.tile(np.arange(each) + 0.5, count))},
        targets=rng.normal(size=(count, 1)).astype(np.float32),
    )


def likes(records: int) -> Data:
    rng = np.random.default_rng(0)
    users, items = records // 10, max(records // 50, 5_000)
    item = (rng.random(records) ** 2 * items).astype(np.int64)
    keys = np.unique(np.arange(records) // 10 * items + item)
    return Data(
        {"User": users, "Item": items},
        "Item",
        Records.of_pairs(keys // items, keys % items, users),
        np.ones(items, bool),
        {"look": Mapped("Item", rng.normal(size=(items, 128)).astype(np.float32), np.ones(items, bool))},
    )


if __name__ == "__main__":
    main()
