import numpy as np
import pytest
import torch

from graphrec.graph.content import Joined, Mapped
from graphrec.models.features import FeatureScaling


def joined(features: np.ndarray) -> Joined:
    return Joined([Mapped("Item", features.astype(np.float32), np.ones(len(features), bool))], len(features))


def fitted(features: np.ndarray, scaling: str) -> FeatureScaling:
    found = FeatureScaling(features.shape[1], scaling)  # type: ignore[arg-type]
    found.fit(joined(features), np.ones(len(features), bool))
    return found


@pytest.mark.parametrize("scaling", ["l2", "standard", "whiten"])
def test_unit_length(scaling: str) -> None:
    features = torch.rand(50, 8, generator=torch.Generator().manual_seed(0)) * 100
    scaled = fitted(features.numpy(), scaling)(features)
    assert scaled.norm(dim=1) == pytest.approx(torch.ones(50), abs=1e-5)


def test_whitening_decorrelates_and_leaves_out_what_does_not_vary() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(2000, 3, generator=generator)
    features = torch.cat([hidden @ torch.randn(3, 5, generator=generator) + 7, torch.ones(2000, 1)], 1)
    scaling = fitted(features.numpy(), "whiten")
    whitened = (features - scaling.shift) @ scaling.matrix
    values = torch.linalg.eigvalsh(whitened.T @ whitened / 2000)
    assert values.tolist() == pytest.approx([0, 0, 0, 1, 1, 1], abs=1e-2)


def test_a_constant_column_is_left_out() -> None:
    features = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    assert fitted(features.numpy(), "standard")(torch.tensor([[9.0, 6.0]])).tolist() == [[1, 0]]


def test_none_changes_nothing() -> None:
    features = torch.rand(4, 3)
    assert torch.equal(fitted(features.numpy(), "none")(features), features)


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0)])
def test_too_little_to_fit(shape: tuple[int, int]) -> None:
    scaled = fitted(np.ones(shape, np.float32), "standard")(torch.ones(2, shape[1]))
    assert torch.isfinite(scaled).all()


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    for kind in ("standard", "whiten"):
        whole = fitted(features, kind).of(joined(features))
        monkeypatch.setattr("graphrec.graph.content.VALUES", 4 * 7)
        torch.testing.assert_close(fitted(features, kind).of(joined(features)), whole)
        monkeypatch.undo()


@pytest.mark.parametrize("scaling", ["l2", "standard", "whiten"])
def test_items_without_features_stay_zero_and_are_not_fitted_on(scaling: str) -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    some = np.concatenate([features, np.zeros((40, 4), np.float32)])
    scaled = fitted(some, scaling).of(joined(some))
    torch.testing.assert_close(scaled[:60], fitted(features, scaling).of(joined(features)))
    assert not scaled[60:].any()


def test_loading_computes_nothing() -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    first = fitted(features, "whiten")
    loaded = FeatureScaling(4, "whiten")
    loaded.load_state_dict(first.state_dict())
    assert torch.equal(loaded.of(joined(features)), first.of(joined(features)))


@pytest.mark.parametrize("scaling", ["none", "l2", "standard", "whiten"])
def test_cosines_without_scaling_what_is_compared_with(scaling: str) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(3, 2, (60, 4)).astype(np.float32)
    features[7] = 0
    found = fitted(features, scaling)
    rows = torch.tensor([3, 7, 20, 59])
    one = torch.tensor(rng.normal(3, 2, 4), dtype=torch.float32)
    unit = torch.nn.functional.normalize(found(torch.cat([torch.tensor(features), one[None]])), dim=1)
    cosines = found.cosines(joined(features), found.norms(joined(features)), rows, one)
    torch.testing.assert_close(cosines, unit[rows] @ unit[-1], atol=1e-5, rtol=1e-5)
    assert not found.cosines(joined(features), found.norms(joined(features)), rows, torch.zeros(4)).any()
