from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from graphrec.evaluation.judging import validation_judge
from graphrec.graph.data import Data
from graphrec.learning.batch import PointwiseBatch
from graphrec.models import mf
from graphrec.models.mf import MF
from graphrec.models.mf_sweep import sweep
from graphrec.testing.model_under_test import ModelUnderTest
from graphrec.testing.training_data import attached, data_of, learned
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import train

RATINGS = [4.0, 2.0, 5.0, 3.0, 1.0]


@pytest.fixture
def rated() -> Data:
    """5 ratings by users 0 to 2 of items 0 to 2; user 3 and item 3 have none."""
    data = data_of(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2]), 4, 4, rating=RATINGS)
    return replace(data, value="rating")


def a_batch(values: list[float]) -> PointwiseBatch:
    users, items, records = torch.tensor([0, 0, 2]), torch.tensor([0, 1, 1]), torch.tensor([0, 1, 3])
    return PointwiseBatch(users, items, torch.tensor(values), records, torch.zeros(3, dtype=torch.int64))


def told(model: MF, users: list[int], items: list[int]) -> np.ndarray:
    """Return Eq. 4, in float64."""
    p, q = (table.weight.detach().double().numpy() for table in (model.users, model.items))
    return np.array(
        [
            float(model.mean) + q[i, -1] + p[u, -1] + p[u, :-1] @ q[i, :-1]
            for u, i in zip(users, items, strict=True)
        ]
    )


def penalty(model: MF, users: list[int], items: list[int]) -> float:
    p, q = (table.weight.detach().double().numpy() for table in (model.users, model.items))
    return float(np.mean([p[u] @ p[u] + q[i] @ q[i] for u, i in zip(users, items, strict=True)]))


def test_loss_by_hand(rated: Data) -> None:
    model = attached(MF, rated, dimension=3, l2=0.1)
    for table in (model.users, model.items):
        torch.nn.init.normal_(table.weight)
    model.mean.fill_(3.0)
    users, items = [0, 0, 2], [0, 1, 1]
    error = np.mean((np.array([4.0, 2.0, 3.0]) - told(model, users, items)) ** 2)
    expected = error + 0.1 * penalty(model, users, items)
    assert model.loss("mf", a_batch([4.0, 2.0, 3.0])).item() == pytest.approx(expected, rel=1e-6)


def test_loss_of_clicks_by_hand(rated: Data) -> None:
    model = attached(MF, replace(rated, binary=True), dimension=3, l2=0.1)
    for table in (model.users, model.items):
        torch.nn.init.normal_(table.weight)
    users, items, clicked = [0, 0, 2], [0, 1, 1], np.array([1.0, 0.0, 1.0])
    chance = 1 / (1 + np.exp(-told(model, users, items)))
    error = -np.mean(clicked * np.log(chance) + (1 - clicked) * np.log(1 - chance))
    expected = error + 0.1 * penalty(model, users, items)
    assert model.loss("mf", a_batch(clicked.tolist())).item() == pytest.approx(expected, rel=1e-6)


def test_an_epoch_by_hand(rated: Data) -> None:
    """Each record moves all that it has by Adagrad's rule, from where the one before has left it."""
    users, items = rated.records.user.astype(np.int32), np.asarray(rated.records.item, np.int32)
    before = attached(MF, rated, dimension=3)
    p, q = (table.weight.detach().numpy().copy() for table in (before.users, before.items))
    seen_p, seen_q = np.zeros_like(p), np.zeros_like(q)
    moved = [table.copy() for table in (p, q, seen_p, seen_q)]
    order = np.array([3, 0, 4, 1, 2])
    squared = sweep(*moved, users, items, np.float32(RATINGS), 3.0, 0.1, order, 0.02)
    p, q, seen_p, seen_q = (table.astype(float) for table in (p, q, seen_p, seen_q))
    total = 0.0
    for record in order:
        u, i = users[record], items[record]
        error = RATINGS[record] - 3 - p[u, -1] - q[i, -1] - p[u, :-1] @ q[i, :-1]
        down_u = error * np.append(q[i, :-1], 1) - 0.1 * p[u]
        down_i = error * np.append(p[u, :-1], 1) - 0.1 * q[i]
        seen_p[u] += down_u**2
        seen_q[i] += down_i**2
        p[u] += 0.02 * down_u / np.sqrt(seen_p[u])
        q[i] += 0.02 * down_i / np.sqrt(seen_q[i])
        total += error**2
    assert squared == pytest.approx(total, rel=1e-5)
    for table, expected in zip(moved, (p, q, seen_p, seen_q), strict=True):
        np.testing.assert_allclose(table, expected, rtol=1e-4, atol=1e-6)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the gradients of a batch taken together, as on a GPU and in several processes."""
    monkeypatch.setattr(mf, "several_processes", lambda: True)


@pytest.mark.usefixtures("batches")
def test_first_step_by_hand(rated: Data) -> None:
    before = attached(MF, rated, dimension=3, l2=0.1)
    before.mean.fill_(3.0)
    options = {"epochs": 1, "batch_size": 5, "learning_rate": 0.01 / mf.ADAM_RATE}
    after = learned(MF, rated, options, dimension=3, l2=0.1)
    p, q = (table.weight.detach().double().numpy() for table in (before.users, before.items))
    users, items = rated.records.user.tolist(), rated.records.item.tolist()
    error = told(before, users, items) - np.array(RATINGS)
    dp, dq = np.zeros_like(p), np.zeros_like(q)
    for e, u, i in zip(error, users, items, strict=True):
        dp[u] += 2 / 5 * (e * np.append(q[i, :-1], 1) + 0.1 * p[u])
        dq[i] += 2 / 5 * (e * np.append(p[u, :-1], 1) + 0.1 * q[i])
    for table, was, gradient in ((after.users, p, dp), (after.items, q, dq)):
        # Adam's first step is the rate, towards where the loss falls.
        step = 0.01 * gradient / (np.abs(gradient) + 1e-8)
        assert table.weight.detach().numpy() == pytest.approx(was - step, abs=1e-5)


@pytest.mark.usefixtures("batches")
def test_batches_of_records_learn_it_too(rated: Data) -> None:
    scorer = learned(MF, rated, {"epochs": 300, "learning_rate": 0.5}, l2=0.0).scorer()
    found = scorer.pairs(torch.from_numpy(rated.records.user), torch.from_numpy(rated.records.item.copy()))
    assert found.numpy() == pytest.approx(RATINGS, abs=0.05)


def test_predictions_start_from_the_mean_of_the_ratings(rated: Data) -> None:
    model = learned(MF, rated, {"epochs": 1, "learning_rate": 0.01}, initial_std=1e-6)
    assert float(model.mean) == 3
    assert model.scorer().pairs(torch.tensor([0]), torch.tensor([0])).item() == pytest.approx(3, abs=0.05)


def test_what_is_not_known_has_no_prediction(rated: Data) -> None:
    scorer = learned(MF, rated, {"epochs": 2}).scorer()
    found = scorer.pairs(torch.tensor([0, 3, 0, 3]), torch.tensor([1, 1, 3, 3]))
    assert found.isnan().tolist() == [False, True, True, True]
    assert scorer.grid(torch.arange(4)).isfinite().all()


def test_space_and_pairs_tell_the_rating(rated: Data) -> None:
    model = learned(MF, rated, {"epochs": 20, "learning_rate": 0.05}, dimension=4)
    users, items = [0, 1, 2], [1, 1, 2]
    space, scorer = model.embeddings()[""], model.scorer()
    pairs = scorer.pairs(torch.tensor(users), torch.tensor(items))
    assert pairs.numpy() == pytest.approx(told(model, users, items), abs=1e-5)
    assert torch.allclose(scorer.grid(torch.tensor(users))[range(3), items], pairs)
    assert torch.allclose((space["User"] @ space["Item"].T)[users, items], pairs)


def test_fits_what_it_has_seen(rated: Data) -> None:
    options = {"epochs": 300, "learning_rate": 0.02}
    scorer = learned(MF, rated, options, l2=0.0).scorer()
    found = scorer.pairs(torch.from_numpy(rated.records.user), torch.from_numpy(rated.records.item.copy()))
    assert found.numpy() == pytest.approx(RATINGS, abs=0.05)


def test_clicks_are_probabilities(rated: Data) -> None:
    data = data_of(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2]), 4, 4, click=[1, 0, 1, 1, 0])
    data = replace(data, value="click", binary=True)
    model = learned(MF, data, {"epochs": 100, "learning_rate": 1.0}, l2=0.0)
    assert float(torch.sigmoid(model.mean)) == pytest.approx(0.6)
    found = model.scorer().pairs(
        torch.from_numpy(data.records.user), torch.from_numpy(data.records.item.copy())
    )
    assert found.numpy() == pytest.approx([1, 0, 1, 1, 0], abs=0.1)


class Clicks(ModelUnderTest):
    kind = MF
    settings: ClassVar = {"dimension": 8, "l2": 0.005}
    options: ClassVar = {"batch_size": 128, "learning_rate": 0.1}


@pytest.mark.parametrize("seed", [1, 3])
def test_early_stop_waits_until_factors_of_clicks_have_grown(seed: int) -> None:
    """From these starts validation is no better for six epochs and more."""
    asked = Clicks()
    world = asked.world_of("click")
    seed_everything(seed)
    options = asked.train_options(seed=seed)
    judge = validation_judge(world.task, world.split, options)
    assert train(asked.made(world.data), world.split, options, judge=judge).best > 0.8
