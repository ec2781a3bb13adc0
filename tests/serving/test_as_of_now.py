"""Whoever is served is served as of now, by lists and by pairs alike."""

from __future__ import annotations

import time

import numpy as np
from torch import Tensor

from graphrec.api.train import Trained
from graphrec.models.answers import CheckedAt
from graphrec.serving.load_model import Loaded
from graphrec.workspace import Workspace


class Clock:
    """Scores that are the moment itself, and who and what is asked."""

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        raise AssertionError("asked without a moment")

    pairs = grid

    def pairs_at(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        return at.double() + 1000 * users + items


def test_lists_and_pairs_are_asked_for_now(trained: tuple[Workspace, Trained]) -> None:
    loaded = trained[1].loaded
    own = Loaded(loaded.run, loaded.model, loaded.snapshot, loaded.task, loaded.split)
    items = loaded.model.shape.items
    own.__dict__["scorer"] = CheckedAt(Clock(), loaded.model, items)
    before = 1000 * time.time()
    grid = own.grid_now(np.array([2, 5]))
    pairs = own.pairs_now(np.array([2, 5]), np.array([0, items - 1]))
    assert grid.shape == (2, items)
    assert 0 <= grid[0, 0] - 2000 - before + 1 < 60_000
    assert np.diff(grid).tolist() == np.ones((2, items - 1)).tolist()
    assert abs(pairs - grid[[0, 1], [0, -1]]).max() < 60_000
