"""Seconds an epoch of click models beside FuxiCTR and RecBole, and milliseconds to rank 500 candidates.

    python benchmarks/click_times.py [deepfm mhsaac] [--records 1000000] [--rounds 2] [--batch 4096]

Records are made: 20 fields, of users and items who they are and nine properties each, D = 16, two threads for all.
Peers are installed in environments of their own (--envs) and given the same codes. FuxiCTR is timed with its own
loader, which puts batches together row by row, and with whole columns cut into batches, which is faster. Of MHSA-AC
there is no peer: AutoInt and AFM are its halves. One after the other, so many rounds; the least of each is told,
loading and validating left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from peers import THREADS, answer, environment

from graphrec.graph.columns import Words
from graphrec.graph.data import Data
from graphrec.graph.ids import Ids
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.registry import model as model_class
from graphrec.testing.training_data import attached, data_of

WORKER = Path(__file__).resolve().with_name("click_worker.py")
CANDIDATES, ASKED = 500, 200
SAME: Mapping[str, Any] = {"dimension": 16, "hidden": 64, "depth": 2}
RECBOLE: Mapping[str, Mapping[str, Any]] = {
    "FM": {},
    "DeepFM": {"dropout_prob": 0.1},
    "DCNV2": {"mixed": False, "structure": "parallel", "cross_layer_num": 2, "dropout_prob": 0.1, "reg_weight": 0},
    "AFM": {"attention_size": 16, "dropout_prob": 0.1, "reg_weight": 0},
    "AutoInt": {"attention_size": 32, "num_heads": 2, "n_layers": 2, "dropout_probs": [0.0, 0.1, 0.1]},
}
PEERS = {
    "fm": ["FuxiCTR FM", "RecBole FM"],
    "deepfm": ["FuxiCTR DeepFM", "RecBole DeepFM"],
    "dcn": ["FuxiCTR DCNv2", "RecBole DCNV2"],
    "afm": ["RecBole AFM"],
    "autoint": ["FuxiCTR AutoInt", "RecBole AutoInt"],
    "mhsaac": ["FuxiCTR AutoInt", "RecBole AutoInt", "RecBole AFM"],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=list(PEERS))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--envs", type=Path, default=Path(".cache/peers"))
    asked = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, {THREADS} threads for all\n"
    )
    data = world(asked.records)
    given = codes(data)
    print("| model | system | s an epoch | times ours | 500 candidates, ms (p95) |\n|" + "---|" * 5)
    for name in asked.models:
        least: dict[str, float] = {}
        for _ in range(asked.rounds):
            took = {f"graphrec {name}": ours(name, data, asked.batch)}
            for system in [] if asked.no_peers else PEERS[name]:
                for loader in ("own", "columns") if system.startswith("FuxiCTR") else ("",):
                    seconds = theirs(system, loader, given, asked)
                    if seconds is not None:
                        took[f"{system}, {loader} loader" if loader else system] = seconds
            print(", ".join(f"{system} {seconds:.2f} s" for system, seconds in took.items()), file=sys.stderr)
            least = {system: min(seconds, least.get(system, seconds)) for system, seconds in took.items()}
        first = next(iter(least.values()))
        for system, seconds in least.items():
            ranked = f"{ranking(name, data):.2f}" if system.startswith("graphrec") else ""
            print(f"| {name} | {system} | {seconds:.2f} | {seconds / first:.2f} | {ranked} |", flush=True)


def world(records: int) -> Data:
    """Return clicks of users on items with long tails, both with nine properties of 10 to 1,000 values."""
    rng = np.random.default_rng(0)
    counts = {"User": max(20, records // 20), "Item": max(1000, records // 50)}
    user, item = (
        (rng.random(records) ** power * count).astype(np.int64)
        for power, count in zip((1.5, 2), counts.values(), strict=True)
    )
    fields = {}
    for label, count in counts.items():
        for number in range(9):
            size = 10 ** (1 + number % 3)
            words = Ids(pa.chunked_array([[f"{value:04}" for value in range(size)]]))
            fields[f"{label}.p{number}"] = Words((rng.random(count) ** 2 * size).astype(np.int64), words)
    click = (rng.random(records) < 0.5).astype(np.float64)
    data = data_of(user, item, *counts.values(), click=click)
    return replace(data, fields=fields, value="click", binary=True)


def codes(data: Data) -> dict[str, Any]:
    """Return records as ``click_worker.py`` reads them; a few stand for validation and test."""
    user, item = data.records.user, np.asarray(data.records.item)
    columns = [user, item]
    sizes = [data.users, data.items]
    for name, words in data.fields.items():
        assert isinstance(words, Words)
        columns.append(np.asarray(words.codes)[user if name.startswith("User") else item])
        sizes.append(len(words.vocabulary))
    found, clicks = np.stack(columns, 1), np.asarray(data.records.values["click"]).astype(np.float32)
    few = {"valid_codes": found[:64], "valid_clicks": clicks[:64], "test_codes": found[:64], "test_clicks": clicks[:64]}
    return {"train_codes": found, "train_clicks": clicks, **few, "sizes": np.array(sizes)}


def ours(name: str, data: Data, batch: int) -> float:
    """Return seconds of the second epoch."""
    kind = model_class(name)
    model = attached(kind, data, dimension=16)
    options = TrainOptions.model_validate({**kind.defaults, "batch_size": batch, "device": "cpu"})
    learner = model.learner(data, RunContext(options))
    seconds = []
    for epoch in (1, 2):
        started = time.perf_counter()
        learner.epoch(epoch, lambda done, steps: None)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def theirs(system: str, loader: str, given: Mapping[str, Any], asked: argparse.Namespace) -> float | None:
    """Return seconds an epoch of a peer, the less of two; None where it cannot be installed."""
    python = environment(system, asked.envs)
    if python is None:
        return None
    settings = {**SAME, "learning_rate": 1e-3, "batch_size": asked.batch, "epochs": 2, "seed": 0, "threads": THREADS}
    library, name = system.split()
    more = RECBOLE[name] if library == "RecBole" else {"loader": loader, "patience": 3, "l2": 1e-5}
    found = answer(WORKER, system, python, given, {**settings, **more})
    return float(found["seconds"].min())


@torch.no_grad()
def ranking(name: str, data: Data) -> float:
    """Return milliseconds that 500 candidates of a user take, of which 19 of 20 users take less."""
    model = attached(model_class(name), data, dimension=16)
    scorer, rng, took = model.scorer(), np.random.default_rng(0), []
    for user in rng.integers(data.users, size=ASKED).tolist():
        items = torch.from_numpy(rng.integers(data.items, size=CANDIDATES))
        started = time.perf_counter()
        scorer.grid(torch.tensor([user]), items)
        took.append(time.perf_counter() - started)
    return float(np.percentile(took, 95)) * 1e3


if __name__ == "__main__":
    main()
