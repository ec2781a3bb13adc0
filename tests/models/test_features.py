import numpy as np
import pytest
import torch

from graphrec.models.features import FeatureScaling


@pytest.mark.parametrize("scaling", ["l2", "standard", "whiten"])
def test_unit_length(scaling: str) -> None:
    features = torch.rand(50, 8, generator=torch.Generator().manual_seed(0)) * 100
    scaled = FeatureScaling(features.numpy(), scaling)(features)  # type: ignore[arg-type]
    assert scaled.norm(dim=1) == pytest.approx(torch.ones(50), abs=1e-5)


def test_whitening_decorrelates_and_leaves_out_what_does_not_vary() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(2000, 3, generator=generator)
    features = torch.cat([hidden @ torch.randn(3, 5, generator=generator) + 7, torch.ones(2000, 1)], 1)
    scaling = FeatureScaling(features.numpy(), "whiten")
    scaling(features)
    whitened = (features - scaling.shift) @ scaling.matrix
    values = torch.linalg.eigvalsh(whitened.T @ whitened / 2000)
    assert values.tolist() == pytest.approx([0, 0, 0, 1, 1, 1], abs=1e-2)


def test_a_constant_column_is_left_out() -> None:
    features = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    assert FeatureScaling(features.numpy(), "standard")(torch.tensor([[9.0, 6.0]])).tolist() == [[1, 0]]


def test_none_changes_nothing() -> None:
    features = torch.rand(4, 3)
    assert torch.equal(FeatureScaling(features.numpy(), "none")(features), features)


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0)])
def test_too_little_to_fit(shape: tuple[int, int]) -> None:
    scaled = FeatureScaling(np.ones(shape, np.float32), "standard")(torch.ones(2, shape[1]))
    assert torch.isfinite(scaled).all()


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    for kind in ("standard", "whiten"):
        whole = FeatureScaling(features, kind).of(features)  # type: ignore[arg-type]
        monkeypatch.setattr("graphrec.models.features._VALUES", 4 * 7)
        torch.testing.assert_close(FeatureScaling(features, kind).of(features), whole)  # type: ignore[arg-type]
        monkeypatch.undo()


@pytest.mark.parametrize("scaling", ["l2", "standard", "whiten"])
def test_items_without_features_stay_zero_and_are_not_fitted_on(scaling: str) -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    some = np.concatenate([features, np.zeros((40, 4), np.float32)])
    scaled = FeatureScaling(some, scaling).of(some)  # type: ignore[arg-type]
    torch.testing.assert_close(scaled[:60], FeatureScaling(features, scaling).of(features))  # type: ignore[arg-type]
    assert not scaled[60:].any()


def test_a_checkpoint_spares_the_fit() -> None:
    features = np.random.default_rng(0).normal(3, 2, (60, 4)).astype(np.float32)
    fitted = FeatureScaling(features, "whiten")
    scaled = fitted.of(features)
    loaded = FeatureScaling(features * 2, "whiten")
    loaded.load_state_dict(fitted.state_dict())
    assert torch.equal(loaded.of(features), scaled)
