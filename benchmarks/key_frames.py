"""JIFR over a million items with ten frames each: seconds of an epoch and of embedding all, and memory.

    python benchmarks/key_frames.py [--items 1000000] [--frames 10] [--width 64] [--records 1000000] [--seconds 60]

Features lie in a file, memory-mapped, as in a snapshot. Only so many seconds of the epoch are made, and multiplied.
Peak GB is what the process itself holds (anonymous memory); pages of the file that the system keeps at hand are
another column.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch
from large_epoch import part_of_epoch

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.jifr import JIFR
from graphrec.ragged import Ragged

BLOCK = 1 << 18


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=10, help="of each item")
    parser.add_argument("--width", type=int, default=64, help="numbers that describe a frame")
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    peak = Peak()
    with tempfile.TemporaryDirectory() as folder:
        data = world(Path(folder) / "looks.npy", asked)
        began = time.perf_counter()
        model = JIFR(data.shape, JIFR.Settings())
        model.attach(data)
        options = TrainOptions.model_validate({**JIFR.defaults, "epochs": 1})
        learner = model.learner(data, RunContext(options))
        ready = time.perf_counter() - began
        step, steps = part_of_epoch(learner, asked.seconds)
        in_training = peak.anonymous
        began = time.perf_counter()
        with torch.no_grad():
            model.embeddings()
        embedding = time.perf_counter() - began
    columns = "items frames records|s until it learns|s an epoch|s to embed all|peak GB, learning|peak GB|file GB"
    named = columns.replace(" ", "|", 2).split("|")
    print(f"| {' | '.join(named)} |\n{'|---' * len(named)}|")
    figures = (ready, step * steps, embedding, in_training, peak.anonymous, peak.file)
    counts = (asked.items, asked.items * asked.frames, asked.records)
    print("| " + " | ".join([*(f"{one:,}" for one in counts), *(f"{one:.1f}" for one in figures)]) + " |")


class Peak:
    """The most memory so far, GB, looked at ten times a second."""

    def __init__(self) -> None:
        self.anonymous = self.file = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            self.anonymous = max(self.anonymous, int(told["RssAnon"].split()[0]) / 2**20)
            self.file = max(self.file, int(told["RssFile"].split()[0]) / 2**20)
            time.sleep(0.1)


def world(path: Path, asked: argparse.Namespace) -> Data:
    """Return likes of items by chance, and a file of features of frames."""
    rng = np.random.default_rng(0)
    frames = asked.items * asked.frames
    looks = np.lib.format.open_memmap(path, "w+", np.float32, (frames, asked.width))
    for start in range(0, frames, BLOCK):
        looks[start : start + BLOCK] = rng.standard_normal((min(BLOCK, frames - start), asked.width), np.float32)
    looks.flush()
    del looks
    pairs = np.unique(
        rng.integers(0, asked.users, asked.records) * asked.items + rng.integers(0, asked.items, asked.records)
    )
    user, item = pairs // asked.items, pairs % asked.items
    none = Ragged(np.zeros(asked.items + 1, np.int64), np.empty(0, np.int64))
    empty = Ragged(np.zeros(1, np.int64), np.empty(0, np.int64))
    known = np.zeros(asked.items, bool)
    known[item] = True
    return Data(
        {"User": asked.users, "Item": asked.items, "Frame": frames, "Segment": 0, "Trailer": 0},
        "Item",
        Records.of_pairs(user, item, asked.users),
        known,
        {"look": Mapped("Frame", np.load(path, mmap_mode="r"), np.ones(frames, bool))},
        {
            "Item>Frame": Ragged(np.arange(0, frames + 1, asked.frames), np.arange(frames)),
            "Item>Segment": none,
            "Segment>Frame": empty,
            "Item>Trailer": none,
            "Trailer>Frame": empty,
        },
    )


if __name__ == "__main__":
    main()
