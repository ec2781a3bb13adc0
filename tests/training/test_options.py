import numpy as np
import pytest

from graphrec.graph.data import Cases
from graphrec.ragged import Ragged
from graphrec.training.options import TrainOptions

ONE = Ragged(np.array([0, 1]), np.array([0]))


def test_rate_rises_then_falls() -> None:
    options = TrainOptions(learning_rate=1.0, schedule="cosine", warmup=0.2)
    rates = [options.rate(step, 10) for step in range(10)]
    assert rates[:3] == pytest.approx([0.5, 1, 1])
    assert rates[6] == pytest.approx(0.5)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] > 0


def test_rate_is_constant_by_default() -> None:
    options = TrainOptions(learning_rate=0.1)
    assert {options.rate(step, 7) for step in range(7)} == {0.1}


def test_metric_follows_the_task() -> None:
    users = np.array([0])
    assert TrainOptions().metric_for(Cases(users, ONE)) == "recall@20"
    assert TrainOptions().metric_for(Cases(users, ONE, candidates=ONE)) == "map"
    assert TrainOptions(metric="ndcg@5").metric_for(Cases(users, ONE)) == "ndcg@5"
