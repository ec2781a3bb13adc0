import pytest

from graphrec.learning.options import TrainOptions


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

