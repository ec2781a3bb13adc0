"""The compiled ranks, against sorting every row whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from graphrec.evaluation.score_block import MANY, OUT, ScoreBlock
from graphrec.evaluation.sweep import sweep
from graphrec.evaluation.ties import TieBreaker
from graphrec.ragged import Ints, Ragged

COLUMNS = 400


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def sorted_whole(block: ScoreBlock, relevant: Ragged) -> Ints:
    keys = block.ties.keys(block.users[:, None], block.items).numpy()
    ranks = np.empty(len(relevant.indices), np.int64)
    for row in range(len(relevant)):
        order = np.lexsort((keys[row], -block.scores[row].double().numpy()))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(1, len(order) + 1)
        ranks[relevant.indptr[row] : relevant.indptr[row + 1]] = place[relevant[row]]
    return ranks


def made(levels: int | None, kind: torch.dtype) -> tuple[ScoreBlock, Ragged]:
    """Return scores of so many levels, or of any value, and rows of many relevant columns, of few and of none."""
    draw = np.random.default_rng(5)
    scores = draw.normal(size=(7, COLUMNS)) if levels is None else draw.integers(0, levels, (7, COLUMNS)).astype(float)
    lengths = [COLUMNS // 2, 60, MANY + 1, MANY, 3, 1, 0]
    lists = [draw.choice(COLUMNS, length, replace=False) for length in lengths]
    relevant = Ragged(np.concatenate([[0], np.cumsum(lengths)]), np.concatenate(lists))
    told = torch.from_numpy(scores).to(kind)
    left_out = torch.from_numpy(draw.random(scores.shape) < 0.1)
    left_out[torch.from_numpy(relevant.rows), torch.from_numpy(relevant.indices)] = False
    told[left_out] = OUT
    users, items = torch.arange(3, 10), torch.arange(COLUMNS) * 5
    return ScoreBlock(told, users, items, TieBreaker(11)), relevant


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("levels", [None, 1, 2, 30])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_ranks_are_those_of_sorting(levels: int | None, kind: torch.dtype) -> None:
    block, relevant = made(levels, kind)
    due = sorted_whole(block, relevant)
    found = sweep(block.scores, block.users, block.items, block.ties, relevant)
    assert found.tolist() == due.tolist()
    assert block.rank(relevant, 0)[0].tolist() == due.tolist()


def test_nothing_to_find() -> None:
    block, _ = made(3, torch.float32)
    nothing = Ragged(np.zeros(8, np.int64), np.zeros(0, np.int64))
    assert not len(sweep(block.scores, block.users, block.items, block.ties, nothing))
