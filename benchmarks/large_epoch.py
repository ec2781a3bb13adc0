"""TransGRec over 5.8 million likes of 133k users for 87k items, no features, D = 128, K = 2: seconds an epoch, memory.

    python benchmarks/large_epoch.py [--propagation blocks] [--batch-size 4096] [--seconds 60]

Without options the trainer's own choice. Only so many seconds of an epoch are made, and multiplied.
"""

from __future__ import annotations

import argparse
import resource
import time
from contextlib import suppress

import numpy as np

from graphrec.graph.data import Data
from graphrec.learning.learner import Learner
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.transgrec import TransGRec
from graphrec.testing.training_data import attached, data_of

USERS, ITEMS, LIKES = 133_000, 87_000, 5_800_000


class Enough(Exception):
    """The time that was asked for is over."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--propagation", choices=["auto", "full", "blocks"], default="auto")
    parser.add_argument("--batch-size", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    data = world()
    model = attached(TransGRec, data, dimension=128, layers=2)
    options = TrainOptions.model_validate(
        {"propagation": asked.propagation, "batch_size": asked.batch_size, "epochs": 1}
    )
    learner = model.learner(data, RunContext(options))
    step, steps = part_of_epoch(learner, asked.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print("| propagation | batch | steps | s a step | s an epoch | peak GB |\n|---|---|---|---|---|---|")
    print(
        f"| {asked.propagation} | {options.batch(LIKES)} | {steps} | {step:.2f} | {step * steps:.0f} | {peak:.1f} |"
    )


def part_of_epoch(learner: Learner, seconds: float) -> tuple[float, int]:
    """Learn for so many ``seconds`` of an epoch at most; return the seconds a step takes, and an epoch's steps."""
    started, made = time.perf_counter(), (0, 0)

    def tick(done: int, steps: int) -> None:
        nonlocal made
        made = done, steps
        if time.perf_counter() - started > seconds:
            raise Enough

    with suppress(Enough):
        learner.epoch(1, tick)
    return (time.perf_counter() - started) / made[0], made[1]


def world() -> Data:
    """Return likes whose users and items have long tails."""
    rng = np.random.default_rng(0)
    users, items = (
        (rng.random(LIKES * 5 // 4) ** power * count).astype(np.int64)
        for power, count in ((2, USERS), (2.5, ITEMS))
    )
    likes = np.unique(users * ITEMS + items)
    rng.shuffle(likes)
    return data_of(likes[:LIKES] // ITEMS, likes[:LIKES] % ITEMS, USERS, ITEMS)


if __name__ == "__main__":
    main()
