import numpy as np
import pytest
import torch

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.graph.negatives import Distribution, NegativeSampler
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.options import TrainOptions
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.bpr import BPR
from graphrec.models.bpr_sweep import BLOCK, draws, moves, sweep
from graphrec.testing.training_data import attached, data_of, learned

LEARNED = {"epochs": 60, "batch_size": 64, "learning_rate": 0.05}


@pytest.fixture(scope="module")
def two_tastes() -> Data:
    """20 users who know half of the 10 items of one of two tastes; item 20 has no record."""
    rng = np.random.default_rng(0)
    pairs = [(u, i) for u in range(20) for i in range(u % 2, 20, 2) if rng.random() < 0.5]
    return data_of(*np.array(pairs).T, 20, 21)


def by_hand(model: BPR, batch: PairwiseBatch) -> tuple[float, np.ndarray, np.ndarray]:
    """Return loss and gradients of Eq. 4, term by term, in float64."""
    p, q = (table.weight.detach().double().numpy() for table in (model.users, model.items))
    l2, count = model.settings.l2, len(batch)
    loss, dp, dq = 0.0, np.zeros_like(p), np.zeros_like(q)
    for u, i, others in zip(
        batch.users.tolist(), batch.positives.tolist(), batch.negatives.tolist(), strict=True
    ):
        loss += l2 * (p[u] @ p[u] + q[i] @ q[i]) / count
        dp[u] += 2 * l2 * p[u] / count
        dq[i] += 2 * l2 * q[i] / count
        for j in others:
            share = 1 / (count * len(others))
            margin = p[u] @ (q[i] - q[j])[:-1] + q[i, -1] - q[j, -1]
            wrong = 1 / (1 + np.exp(margin))
            loss += share * (np.log1p(np.exp(-margin)) + l2 * q[j] @ q[j])
            dp[u] -= share * wrong * (q[i] - q[j])[:-1]
            dq[i] -= share * wrong * np.append(p[u], 1)
            dq[j] += share * (wrong * np.append(p[u], 1) + 2 * l2 * q[j])
    return loss, dp, dq


def test_loss_and_gradient_by_hand(toy: Data) -> None:
    model = attached(BPR, toy, dimension=3, l2=0.1)
    torch.nn.init.normal_(model.items.weight)
    batch = PairwiseBatch(
        torch.tensor([0, 2, 0]), torch.tensor([0, 1, 1]), torch.tensor([[2, 2], [0, 3], [3, 2]])
    )
    loss = model.loss("bpr", batch)
    found = torch.autograd.grad(loss, [model.users.weight, model.items.weight])
    expected, *gradients = by_hand(model, batch)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    for gradient, one in zip(found, gradients, strict=True):
        assert gradient.numpy() == pytest.approx(one, abs=1e-6)


def test_the_first_step_of_a_batch_by_hand(toy: Data) -> None:
    options = TrainOptions(epochs=1, negatives=1, batch_size=5, learning_rate=0.01)
    model, before = attached(BPR, toy, dimension=3), attached(BPR, toy, dimension=3)
    batch = next(Pairwise(toy, options, torch.Generator().manual_seed(0)).batches())
    feed = Pairwise(toy, options, torch.Generator().manual_seed(0))
    phase = Phase("bpr", (Move((model.users.weight, model.items.weight), "rowwise_adagrad"),))
    Descent(model, model.loss, feed, [phase], RunContext(options)).epoch(1, lambda done, steps: None)
    _, dp, dq = by_hand(before, batch)
    for table, was, gradient in ((model.users, before.users, dp), (model.items, before.items, dq)):
        length = np.sqrt(np.square(gradient).mean(1, keepdims=True))
        moved = was.weight.detach().numpy() - 0.01 * gradient / np.maximum(length, 1e-10)
        assert table.weight.detach().numpy() == pytest.approx(moved, abs=1e-6)


@pytest.mark.parametrize("many", [1, 3])
def test_a_sweep_by_hand(many: int) -> None:
    """Each user has one item that can be the negative, so that nothing is left to chance."""
    data = data_of([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0], 3, 3)
    free = {0: 2, 1: 0, 2: 1}
    rng = np.random.default_rng(0)
    p, q = (rng.normal(size=size).astype(np.float32) for size in ((3, 4), (3, 5)))
    squares = [np.zeros(3, np.float32), np.zeros(3, np.float32)]
    users, items, line, _ = Pairwise(data, TrainOptions(), torch.Generator()).drawn_from
    rows, rate, l2 = np.array([3, 0, 5, 4, 1, 2, 0]), 0.1, 0.05
    expected_p, expected_q, expected = p.astype(float), q.astype(float), 0.0
    seen_p, seen_q = np.zeros(3), np.zeros(3)
    for row in rows:
        u, i, j = users[row], items[row], free[int(users[row])]
        for _ in range(many):
            a, b, c = np.append(expected_p[u], 1), expected_q[i].copy(), expected_q[j].copy()
            wrong = 1 / (1 + np.exp(a @ (b - c)))
            expected += (-np.log(1 - wrong) + l2 * (a @ a - 1 + b @ b + c @ c)) / many
            of_u = (wrong * (b - c) - 2 * l2 * a)[:-1] / many
            of_i, of_j = (wrong * a - 2 * l2 * b) / many, (-wrong * a - 2 * l2 * c) / many
            seen_p[u] += np.square(of_u).mean()
            seen_q[i] += np.square(of_i).mean()
            seen_q[j] += np.square(of_j).mean()
            expected_p[u] += rate * of_u / np.sqrt(seen_p[u])
            expected_q[i] += rate * of_i / np.sqrt(seen_q[i])
            expected_q[j] += rate * of_j / np.sqrt(seen_q[j])
    assert sweep(p, q, *squares, users, items, line, many, l2, rows, rate, 7) == pytest.approx(expected, rel=1e-5)
    assert p == pytest.approx(expected_p, abs=1e-5)
    assert q == pytest.approx(expected_q, abs=1e-5)
    assert squares[0] == pytest.approx(seen_p, rel=1e-4)
    assert squares[1] == pytest.approx(seen_q, rel=1e-4)


@pytest.mark.parametrize("distribution", ["uniform", "popularity"])
def test_a_sweep_draws_what_the_sampler_draws(toy: Data, distribution: Distribution) -> None:
    options = TrainOptions(negative_distribution=distribution)
    users, items, line, _ = Pairwise(toy, options, torch.Generator()).drawn_from
    found = draws(users, items, line, 2, np.array([7], np.uint64), np.full(50_000, 2))
    assert (found[:, :2] == [users[2], items[2]]).all()
    drawn = np.bincount(found[:, 2:].flatten(), minlength=4)
    sampler = NegativeSampler(toy, distribution=distribution, generator=torch.Generator().manual_seed(0))
    by_sampler = np.bincount(sampler.sample(torch.tensor([users[2]]), 100_000).numpy()[0], minlength=4)
    assert drawn / drawn.sum() == pytest.approx(by_sampler / by_sampler.sum(), abs=0.015)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_reading_ahead_change_nothing(toy: Data, threads: int) -> None:
    users, items, line, _ = Pairwise(toy, TrainOptions(), torch.Generator()).drawn_from
    rng, before = np.random.default_rng(0), torch.get_num_threads()
    rows = rng.integers(len(users), size=2 * BLOCK + 3)
    p, q = (rng.normal(size=size).astype(np.float32) for size in ((3, 20), (4, 21)))
    squares, state = [np.zeros(3, np.float32), np.zeros(4, np.float32)], np.array([2 * 5 + 1], np.uint64)
    one_by_one = [p.copy(), q.copy(), *(one.copy() for one in squares)]
    for row in rows:
        moves(*one_by_one, draws(users, items, line, 1, state, np.array([row])), 0.01, 0.05)
    try:
        torch.set_num_threads(threads)
        sweep(p, q, *squares, users, items, line, 1, 0.01, rows, 0.05, 5)
    finally:
        torch.set_num_threads(before)
    for found, expected in zip((p, q, *squares), one_by_one, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_numbers_that_are_not_finite_are_told(toy: Data) -> None:
    with pytest.raises(TrainingError, match=r"not finite in epoch 1.*lower learning_rate"):
        learned(BPR, toy, {"epochs": 1, "learning_rate": 1e38})


def test_what_nobody_chose_is_at_0(toy: Data) -> None:
    model = learned(BPR, toy, {"epochs": 3})
    assert not model.vectors()[1][3].any()
    assert model.vectors()[1][:3].all()
    assert not model.scorer().grid(torch.arange(3))[:, 3].any()


def test_score_is_product_and_bias(toy: Data) -> None:
    model = learned(BPR, toy, {"epochs": 3}, dimension=4)
    p, q = model.users.weight.detach(), model.items.weight.detach()
    expected = p @ q[:3, :-1].T + q[:3, -1]
    assert torch.allclose(model.scorer().grid(torch.arange(3))[:, :3], expected, atol=1e-6)


def test_tells_tastes_apart(two_tastes: Data) -> None:
    scores = learned(BPR, two_tastes, LEARNED, dimension=8).scorer().grid(torch.arange(20))[:, :20]
    own = scores.view(10, 2, 10, 2).mean((0, 2))
    assert own[0, 0] > own[0, 1] + 1
    assert own[1, 1] > own[1, 0] + 1


def test_a_new_user_is_folded_in_like_a_known_one(two_tastes: Data) -> None:
    model = learned(BPR, two_tastes, LEARNED, dimension=8)
    for user in range(4):
        scores = model.user_scores(two_tastes.by_user[user])
        assert scores is not None
        known = model.scorer().grid(torch.tensor([user]))[0]
        assert np.corrcoef(scores[:20], known[:20])[0, 1] > 0.9
        assert scores[user % 2 : 20 : 2].mean() > scores[1 - user % 2 : 20 : 2].mean() + 1


def test_folding_in_leaves_the_model_alone(two_tastes: Data) -> None:
    model = learned(BPR, two_tastes, LEARNED, dimension=8)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.user_vector(np.array([1, 3]), 0)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("history", [[], [20], [20, 20]])
def test_a_history_that_says_nothing(two_tastes: Data, history: list[int]) -> None:
    assert attached(BPR, two_tastes).user_vector(np.array(history, np.int64)) is None
