"""An epoch of TransGRec at PHD2's size against the paper's literal loop, at like quality.

6.5k users, 25k segments in 2.5k videos, 34k positives, 4096-d features, 10 negatives, K = 2, D = 128. The peer is the
same model trained as section 4.1 says: batches of 50, the whole graph propagated in each step, all features projected.
Its step is measured over a few batches and multiplied; ours is whole epochs, with validation MAP.

python benchmarks/transgrec_epoch.py [--peer-epoch]
"""

from __future__ import annotations

import argparse
import resource
import time
from contextlib import suppress
from typing import Any

import numpy as np

from graphrec.evaluation.evaluate import evaluate
from graphrec.evaluation.judging import validation_judge
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.transgrec import TransGRec
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.testing.training_data import attached, data_of
from graphrec.training.trainer import train

USERS, VIDEOS, PER_VIDEO, EDGES, WIDTH, TASTES = 6_500, 2_500, 10, 34_000, 4_096, 16
PAPER: dict[str, Any] = {"preset": "printed", "dimension": 128, "layers": 2, "scaling": "l2"}
PEER_STEPS = 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peer-epoch", action="store_true", help="also train the peer a whole epoch, for its MAP"
    )
    asked = parser.parse_args()
    split = world()
    ours = TrainOptions(epochs=3, batch_size=8192, learning_rate=5e-3, patience=99)
    model = attached(TransGRec, split.data, **PAPER)
    result = train(model, split, ours, judge=validation_judge(Ranking(), split, ours))
    epoch = float(np.median([line.seconds for line in result.history]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    paper = TrainOptions(epochs=1, batch_size=50, learning_rate=1e-3, propagation="full")
    step, score = literal(split, paper, whole=asked.peer_epoch)
    peer = step * -(-len(split.data.records) // paper.batch_size)
    print("| way | s an epoch | times faster | validation MAP | peak MB |\n|---|---|---|---|---|")
    print(f"| the paper's loop, batch 50, whole graph | {peer:.0f} | 1 | {score} | - |")
    maps = ", ".join(f"{line.valid['map']:.4f}" for line in result.history)
    ratio = f"{epoch:.2f} | {peer / epoch:.0f}"
    print(f"| graphrec, batch {ours.batch_size} | {ratio} | {maps} (epochs 1 to 3) | {peak:.0f} |")


def literal(split: Split[RankingCases], options: TrainOptions, *, whole: bool) -> tuple[float, str]:
    """Return seconds a step and, after a whole epoch, the validation MAP."""
    model = attached(TransGRec, split.data, **PAPER)
    descent = model.learner(split.data, RunContext(options))
    started, seconds = time.perf_counter(), 0.0

    def tick(done: int, steps: int) -> None:
        nonlocal seconds
        seconds = (time.perf_counter() - started) / done
        if done == PEER_STEPS and not whole:
            raise StopIteration

    with suppress(StopIteration):
        descent.epoch(1, tick)
    if not whole:
        return seconds, "not measured"
    found = evaluate(model.scorer(), split.valid, split.data, ["map"], seed=0)
    return seconds, f"{found.metrics['map']:.4f} (epoch 1)"


def world() -> Split[RankingCases]:
    """Users with a taste for a few of 16 topics, segments that show one each in 4096 noisy numbers."""
    rng = np.random.default_rng(0)
    items = VIDEOS * PER_VIDEO
    topic, taste = rng.integers(0, TASTES, items), rng.integers(0, TASTES, USERS)
    centres = rng.standard_normal((TASTES, WIDTH), np.float32)
    features = np.empty((items, WIDTH), np.float32)
    for start in range(0, items, 1_000):
        part = slice(start, start + 1_000)
        features[part] = centres[topic[part]] + 2 * rng.standard_normal((len(topic[part]), WIDTH), np.float32)
    user = rng.integers(0, USERS, EDGES * 3)
    item = rng.integers(0, items, EDGES * 3)
    liked = (taste[user] == topic[item]) | (rng.random(len(user)) < 0.2)
    pairs = np.unique(user[liked] * items + item[liked])
    if len(pairs) < EDGES:
        extra = np.concatenate(
            [
                rng.choice(np.flatnonzero(topic == taste[u]), 5, replace=False) + u * items
                for u in range(USERS)
            ]
        )
        pairs = np.unique(np.concatenate([pairs, extra]))
    pairs = rng.permutation(pairs)[:EDGES]
    group = np.repeat(np.arange(VIDEOS), PER_VIDEO)
    held, kept = np.split(pairs, [EDGES // 10])
    position = np.tile((np.arange(PER_VIDEO, dtype=np.float32) + 0.5) / PER_VIDEO, VIDEOS)
    data = data_of(
        kept // items, kept % items, USERS, items, features=features, group=group, position=position,
        sampled=np.ones(items, bool), label="Segment",
    )  # fmt: skip
    keys, case = np.unique(held // items * VIDEOS + group[held % items], return_inverse=True)
    listed = np.arange(items).reshape(VIDEOS, PER_VIDEO)[keys % VIDEOS]
    users = keys // VIDEOS
    pair = users[:, None] * items + listed
    fresh = ~np.isin(pair, kept)
    candidates = Ragged.from_pairs(
        np.repeat(np.arange(len(keys)), PER_VIDEO)[fresh.ravel()], listed.ravel()[fresh.ravel()], len(keys)
    )
    cases = RankingCases(users, Ragged.from_pairs(case, held % items, len(keys)), candidates=candidates)
    return Split("made", data, cases, cases)


if __name__ == "__main__":
    main()
