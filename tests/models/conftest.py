"""Small worlds with known tastes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphrec.graph.data import Data
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.testing.training_data import data_of


@pytest.fixture
def toy() -> Data:
    """3 users, 4 items with 2 features; item 3 has no edges."""
    features = np.array([[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0], [0.3, 0.3]])
    return data_of(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2]), 3, 4, features=features)


@pytest.fixture
def some() -> Data:
    """Records of 60 users but the last, of 30 items but the last; each tenth is there twice."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((59, 29)) < 0.2)
    pairs = np.concatenate([pairs, pairs[::10]])
    return data_of(pairs[:, 0], pairs[:, 1], 60, 30)


@pytest.fixture
def planted() -> Callable[[int], Split[RankingCases]]:
    """Users and items of 4 topics: users like items of their own, features tell the topic, 40 items are cold.

    ``valid`` ranks warm items, ``test`` cold ones.
    """

    def make(seed: int = 0) -> Split[RankingCases]:
        rng = np.random.default_rng(seed)
        users, items, topics = 80, 160, 4
        user_topic, item_topic = np.arange(users) % topics, np.arange(items) % topics
        centres = rng.normal(size=(topics, 6))
        features = centres[item_topic] + 0.3 * rng.normal(size=(items, 6))
        liked = user_topic[:, None] == item_topic
        warm, cold = np.arange(items) < 120, np.arange(items) >= 120
        held_out = rng.random((users, items)) < 0.3
        train = np.argwhere(liked & warm & ~held_out)
        data = data_of(train[:, 0], train[:, 1], users, items, features=features)
        everyone = np.arange(users)
        cases = [
            RankingCases(everyone, Ragged.from_pairs(*np.argwhere(part).T, users), pool=np.flatnonzero(pool))
            for part, pool in ((liked & warm & held_out, warm), (liked & cold, cold))
        ]
        return Split("planted", data, *cases)

    return make
