import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.evaluation.predictions import Predictions

KNOWN = np.ones(2, np.bool_)


def test_take() -> None:
    found = Predictions(np.array([5, 6]), np.eye(2), np.ones((2, 2)), np.array([True, False]))
    some = found.take(np.array([1, 1, 0]))
    assert (found.cases, some.cases) == (2, 3)
    assert some.users.tolist() == [6, 6, 5]
    assert some.targets.tolist() == [[0, 1], [0, 1], [1, 0]]
    assert some.known.tolist() == [False, False, True]


def test_wrong_input() -> None:
    users, ones = np.arange(2), np.ones(2)
    with pytest.raises(DataError, match="nothing to judge"):
        Predictions(users[:0], ones[:0], ones[:0], KNOWN[:0])
    with pytest.raises(DataError, match="nothing to judge"):
        Predictions(users, np.ones((2, 0)), np.ones((2, 0)), KNOWN)
    with pytest.raises(DataError, match=r"got \(2, 1\) for \(2,\)"):
        Predictions(users, ones, ones[:, None], KNOWN)
    with pytest.raises(DataError, match="got 2, 3, 2"):
        Predictions(users, np.ones(3), np.ones(3), KNOWN)
    with pytest.raises(DataError, match=r"prediction of case 1 \(user 1\) is not a finite"):
        Predictions(users, ones, np.array([0, np.nan]), KNOWN)
    with pytest.raises(DataError, match=r"target of case 0 \(user 0\) is not a finite"):
        Predictions(users, np.array([[np.inf], [0]]), ones[:, None], KNOWN)
