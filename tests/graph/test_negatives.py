import numpy as np
import pytest
import torch

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.graph.negatives import NegativeSampler
from graphrec.testing.training_data import data_of as by_hand


def data_of(pairs: list[tuple[int, int]], users: int, items: int, unsampled: tuple[int, ...] = ()) -> Data:
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    sampled = np.ones(items, bool)
    sampled[list(unsampled)] = False
    return by_hand(rows, columns, users, items, sampled=sampled)


def frequencies(sampler: NegativeSampler, user: int, items: int, draws: int = 200_000) -> np.ndarray:
    drawn = sampler.sample(torch.tensor([user]), draws)
    assert drawn.dtype == torch.int64
    return np.bincount(drawn.numpy()[0], minlength=items) / draws


PAIRS = [(0, 3), (0, 0), (0, 5), (1, 5), (1, 1), (2, 5), (2, 0), (2, 3), (2, 4), (2, 2)]


def test_uniform_over_what_the_user_does_not_know() -> None:
    data = data_of(PAIRS, 4, 6, unsampled=(4,))
    sampler = NegativeSampler(data, generator=torch.Generator().manual_seed(0))
    assert frequencies(sampler, 0, 6) == pytest.approx([0, 0.5, 0.5, 0, 0, 0], abs=0.01)
    assert frequencies(sampler, 1, 6) == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3, 0, 0], abs=0.01)
    assert frequencies(sampler, 2, 6) == pytest.approx([0, 1, 0, 0, 0, 0])
    assert frequencies(sampler, 3, 6) == pytest.approx([0.2, 0.2, 0.2, 0.2, 0, 0.2], abs=0.01)


def test_popularity_in_proportion_to_one_plus_edges() -> None:
    data = data_of(PAIRS, 4, 6)
    sampler = NegativeSampler(data, distribution="popularity", generator=torch.Generator().manual_seed(0))
    weight = 1 + np.array([2, 1, 1, 2, 1, 3])
    for user in range(4):
        left = weight.astype(float)
        left[data.by_user[user]] = 0
        assert frequencies(sampler, user, 6) == pytest.approx(left / left.sum(), abs=0.01)


def test_never_a_positive_in_a_large_batch() -> None:
    rng = np.random.default_rng(0)
    known = rng.random((50, 80)) < rng.random((50, 1))
    data = data_of([(int(u), int(i)) for u, i in np.argwhere(known)], 50, 80)
    sampler = NegativeSampler(data, generator=torch.Generator().manual_seed(0))
    users = torch.arange(50)[sampler.available]
    drawn = sampler.sample(users.repeat(20), 30)
    assert not known[users.repeat(20).numpy()[:, None], drawn.numpy()].any()


def test_repeated_edges_count_once() -> None:
    data = data_of([(0, 1), (0, 1), (0, 2)], 1, 4)
    sampler = NegativeSampler(data, generator=torch.Generator().manual_seed(0))
    assert frequencies(sampler, 0, 4) == pytest.approx([0.5, 0, 0, 0.5], abs=0.01)


def test_a_user_who_likes_everything_is_named() -> None:
    sampler = NegativeSampler(data_of([(0, 0), (0, 1), (1, 0)], 2, 2), generator=torch.Generator())
    assert sampler.available.tolist() == [False, True]
    assert sampler.sample(torch.tensor([1]), 2).tolist() == [[1, 1]]
    with pytest.raises(TrainingError, match="user 0 likes every item"):
        sampler.sample(torch.tensor([1, 0]), 2)


def test_nothing_to_draw_from() -> None:
    with pytest.raises(TrainingError, match="no item to draw"):
        NegativeSampler(data_of([], 1, 1, unsampled=(0,)), generator=torch.Generator())


def test_same_seed_same_draws() -> None:
    data = data_of(PAIRS, 4, 6)
    first, second = (
        NegativeSampler(data, generator=torch.Generator().manual_seed(7)).sample(torch.arange(4), 50)
        for _ in "ab"
    )
    assert torch.equal(first, second)
