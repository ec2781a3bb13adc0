"""Full ranking of all items for all users: time and peak memory, beside argsort of dense blocks.

    python benchmarks/full_ranking.py [--users 60000] [--items 20000]

Each way runs in a process of its own, so that peaks are its own. Both get the best 100 and the ranks of all
relevant items, training items left out. Memory includes the interpreter, torch and the embeddings themselves.
The rows marked ``ties`` rank scores with many equals: whole numbers, as popularity has them, and all equal.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from graphrec.evaluation.ranking import rank
from graphrec.graph.data import Data
from graphrec.models.base import EmbeddingScorer, Scorer
from graphrec.models.popularity import SharedScorer
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases
from graphrec.testing.training_data import data_of

DEPTH, DIMENSION, HISTORY, RELEVANT = 100, 128, 11, 3


def world(users: int, items: int) -> tuple[RankingCases, Data, EmbeddingScorer]:
    rng = np.random.default_rng(0)
    user = np.repeat(np.arange(users), HISTORY + RELEVANT)
    pairs = np.unique(user * items + (rng.random(len(user)) ** 2 * items).astype(np.int64))
    user, item = np.divmod(rng.permutation(pairs), items)
    order = np.argsort(user, kind="stable")
    user, item = user[order], item[order]
    held_out = np.arange(len(user)) - np.searchsorted(user, user) < RELEVANT
    data = data_of(user[~held_out], item[~held_out], users, items, sampled=np.ones(items, np.bool_))
    cases = RankingCases(np.arange(users), Ragged.from_pairs(user[held_out], item[held_out], users))
    generator = torch.Generator().manual_seed(0)
    draw = [torch.randn(n, DIMENSION, generator=generator) for n in (users, items)]
    return cases, data, EmbeddingScorer(*draw)


def graphrec_ranking(users: int, items: int) -> Callable[[], object]:
    cases, data, scorer = world(users, items)
    return lambda: rank(scorer, cases, data, depth=DEPTH, seed=0)


def graphrec_counts(users: int, items: int) -> Callable[[], object]:
    cases, data, _ = world(users, items)
    scorer: Scorer = SharedScorer(torch.from_numpy(data.by_item.lengths.astype(np.float32)))
    return lambda: rank(scorer, cases, data, depth=DEPTH, seed=0)


def graphrec_constant(users: int, items: int) -> Callable[[], object]:
    cases, data, _ = world(users, items)
    return lambda: rank(SharedScorer(torch.zeros(items)), cases, data, depth=DEPTH, seed=0)


def argsort_blocks(users: int, items: int, block: int = 1024) -> Callable[[], object]:
    cases, data, scorer = world(users, items)

    def run() -> object:
        best, ranks = [], []
        for start in range(0, users, block):
            rows = np.arange(start, min(start + block, users))
            scores = scorer.grid(torch.from_numpy(rows))
            seen = data.by_user.take(rows)
            scores[torch.from_numpy(seen.rows), torch.from_numpy(seen.indices)] = -torch.inf
            order = scores.argsort(dim=1, descending=True)
            best.append(order[:, :DEPTH].clone())
            place = torch.empty_like(order).scatter_(1, order, torch.arange(items).expand(len(rows), -1))
            wanted = cases.relevant.take(rows)
            ranks.append(place[torch.from_numpy(wanted.rows), torch.from_numpy(wanted.indices)] + 1)
        return best, ranks

    return run


WAYS = {
    "graphrec rank": graphrec_ranking,
    "graphrec rank, ties: whole numbers": graphrec_counts,
    "graphrec rank, ties: all equal": graphrec_constant,
    "argsort of dense blocks of 1024": argsort_blocks,
}


def measured(way: str, users: int, items: int, threads: int) -> tuple[float, float]:
    torch.set_num_threads(threads)
    run = WAYS[way](users, items)
    start = time.perf_counter()
    run()
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    found = {}
    for way in WAYS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found[way] = pool.apply(measured, (way, options.users, options.items, options.threads))
    own = found["graphrec rank"][0]
    table = Table("way", "seconds", "times graphrec", "peak MB")
    for way, (seconds, peak) in found.items():
        table.add_row(way, f"{seconds:.1f}", f"{seconds / own:.1f}", f"{peak:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
