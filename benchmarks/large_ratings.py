"""libFM and SVD++ over 32 million made ratings of 140k users for 27k items, D = 16: seconds an epoch, peak memory.

    python benchmarks/large_ratings.py [libfm:learner=sgd svdpp libfm:learner=als ..] [--ratings 32000000]

Each model in a process of its own, after an epoch over few ratings that compiles it. What the ratings themselves take,
which are made in memory here and lie on disk otherwise, is told beside the peak.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ragged
from graphrec.testing.training_data import attached

USERS, ITEMS, RATINGS = 140_000, 27_000, 32_000_000
GB = 2**20
"""Of the kilobytes that the system counts in."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=["libfm:learner=sgd", "svdpp"])
    parser.add_argument("--ratings", type=int, default=RATINGS)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        measure(asked.models[0], asked.ratings)
        return
    print("| model | ratings | s an epoch | peak GB | of that the ratings |\n|---|---|---|---|---|", flush=True)
    for spec in asked.models:
        subprocess.run([sys.executable, __file__, spec, "--ratings", str(asked.ratings), "--one"], check=True)


def measure(spec: str, ratings: int) -> None:
    """Learn for an epoch, and print the row."""
    name, _, settings = spec.partition(":")
    given = {"dimension": 16, **dict(pair.split("=") for pair in settings.split(",") if pair)}
    epoch(name, world(10_000), given)
    data = world(ratings)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GB
    seconds = epoch(name, data, given)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GB
    print(f"| {spec} | {ratings:,} | {seconds:.1f} | {peak:.1f} | {held:.1f} |", flush=True)


def epoch(name: str, data: Data, settings: dict[str, object]) -> float:
    """Return how long one takes."""
    kind = model_class(name)
    model = attached(kind, data, **settings)
    options = TrainOptions.model_validate({**kind.defaults, "epochs": 1})
    learner = model.learner(data, RunContext(options))
    started = time.perf_counter()
    learner.epoch(1, lambda done, steps: None)
    return time.perf_counter() - started


def world(ratings: int) -> Data:
    """Return ratings whose users and items have long tails."""
    rng = np.random.default_rng(0)
    share = rng.pareto(1.5, USERS) + 0.1
    indptr = np.zeros(USERS + 1, np.int64)
    np.cumsum(rng.multinomial(ratings, share / share.sum()), out=indptr[1:])
    items = (rng.power(0.4, ratings) * ITEMS).astype(np.int64)
    values = rng.integers(1, 11, ratings) / 2
    records = Records(
        Ragged(indptr, items), np.zeros(ratings, np.int64), np.zeros(ratings, np.int8), {"rating": values}
    )
    return Data({"User": USERS, "Item": ITEMS}, "Item", records, np.ones(ITEMS, bool), value="rating")


if __name__ == "__main__":
    main()
