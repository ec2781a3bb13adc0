from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.models.ridge import Ridge
from graphrec.testing.training_data import attached, data_of, learned


@pytest.fixture
def described() -> Data:
    """12 items with 3 features and 2 targets; item 10 has no target, item 11 no features."""
    rng = np.random.default_rng(0)
    features = rng.normal(2, 3, (12, 3))
    features[11] = 0
    targets = (features @ rng.normal(size=(3, 2)) + rng.normal(size=(12, 2))).astype(np.float32)
    targets[10] = np.nan
    data = data_of(np.array([0]), np.array([0]), 1, 12, features=features)
    return replace(data, targets=targets)


def test_weights_by_hand(described: Data) -> None:
    model = learned(Ridge, described, l2=3.0)
    assert described.targets is not None
    features, targets = described.content.rows(np.arange(11)).astype(np.float64), described.targets[:10]
    scaled = (features - features[:10].mean(0)) / features[:10].std(0, ddof=1)
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    x, mean = scaled[:10], targets.mean(0, dtype=np.float64)
    weights = np.linalg.solve(x.T @ x + 3 * np.eye(3), x.T @ (targets - mean))
    assert model.predict(torch.arange(11)).numpy() == pytest.approx(scaled @ weights + mean, abs=1e-4)


def test_no_prediction_without_features(described: Data) -> None:
    found = learned(Ridge, described).predict(torch.tensor([11, 10]))
    assert found.isnan().tolist() == [[True, True], [False, False]]


def test_needs_features() -> None:
    data = data_of(np.array([0]), np.array([0]), 1, 1)
    with pytest.raises(DataError, match="ridge needs features"):
        Ridge.check(data, attached(Ridge, replace(data, targets=np.zeros((1, 1), np.float32))).settings)
