"""Seconds of an epoch of kfrci on data of its paper's size: 40 users, 29,137 comments, 11,000 frames of 4,096 numbers.

    python benchmarks/comment_epoch.py [--epochs 3] [--words 20000] [--long 8]

The data are made, words by Zipf's law, so that nothing is said of accuracy.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from typing import Any

import numpy as np

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT
from graphrec.graph.records import Records
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.kfrci import KFRCI
from graphrec.models.vocabulary import WORD
from graphrec.ragged import Ragged

USERS, FRAMES, WIDTH, POSITIVE, NEGATIVE = 40, 11_000, 4096, 20_312, 8_825
PAPER = {"merge": "product", "layers": 3, "init": 2, "reads": "preference", "first_word": False, "alpha": 0.5}
SYSTEMS: dict[str, dict[str, Any]] = {"kfrci": {}, "as the paper has it": PAPER, "without words": {"alpha": 0}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--words", type=int, default=20_000, help="different words")
    parser.add_argument("--long", type=int, default=8, help="words of a comment, at most")
    asked = parser.parse_args()
    data = world(asked)
    print("| system | s an epoch | least | greatest |\n|---|---|---|---|")
    for title, settings in SYSTEMS.items():
        model = KFRCI(data.shape, KFRCI.Settings(**settings))
        model.attach(data)
        options = TrainOptions.model_validate({**KFRCI.defaults, "epochs": asked.epochs + 1})
        learner = model.learner(data, RunContext(options))
        times = []
        for number in range(asked.epochs + 1):
            began = time.perf_counter()
            learner.epoch(number + 1, lambda done, of: None)
            times.append(time.perf_counter() - began)
        # The first epoch also scales features.
        rest = times[1:]
        print(f"| {title} | {statistics.median(rest):.2f} | {min(rest):.2f} | {max(rest):.2f} |", flush=True)


def world(asked: argparse.Namespace) -> Data:
    """Return comments of users on frames by chance."""
    rng = np.random.default_rng(0)
    pairs = rng.choice(USERS * FRAMES, POSITIVE + NEGATIVE, replace=False)
    comments = np.arange(len(pairs))
    liked, against = (
        replace(Records.of_pairs(keys // FRAMES, keys % FRAMES, USERS), text=comments[part])
        for part in (slice(POSITIVE), slice(POSITIVE, None))
        for keys in [np.sort(pairs[part])]
    )
    lengths = rng.integers(1, asked.long + 1, len(pairs))
    chance = 1 / np.arange(1, asked.words + 1)
    said = rng.choice(asked.words, lengths.sum(), p=chance / chance.sum())
    looks = rng.random((FRAMES, WIDTH), np.float32)
    return Data(
        {"User": USERS, "Frame": FRAMES, "Comment": len(pairs), WORD: asked.words},
        "Frame",
        liked,
        np.ones(FRAMES, bool),
        {"look": Mapped("Frame", looks, np.ones(FRAMES, bool))},
        {TEXT: Ragged(np.concatenate([[0], np.cumsum(lengths)]), said)},
        against=against,
    )


if __name__ == "__main__":
    main()
