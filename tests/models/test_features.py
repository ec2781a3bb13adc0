import pytest
import torch

from graphrec.models.features import FeatureScaling


@pytest.mark.parametrize("scaling", ["l2", "standard", "whiten"])
def test_unit_length(scaling: str) -> None:
    features = torch.rand(50, 8, generator=torch.Generator().manual_seed(0)) * 100
    scaled = FeatureScaling(features, scaling)(features)  # type: ignore[arg-type]
    assert scaled.norm(dim=1) == pytest.approx(torch.ones(50), abs=1e-5)


def test_whitening_decorrelates_and_leaves_out_what_does_not_vary() -> None:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(2000, 3, generator=generator)
    features = torch.cat([hidden @ torch.randn(3, 5, generator=generator) + 7, torch.ones(2000, 1)], 1)
    whitened = (features - FeatureScaling(features, "whiten").shift) @ FeatureScaling(
        features, "whiten"
    ).matrix
    values = torch.linalg.eigvalsh(whitened.T @ whitened / 2000)
    assert values.tolist() == pytest.approx([0, 0, 0, 1, 1, 1], abs=1e-2)


def test_a_constant_column_is_left_out() -> None:
    features = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    assert FeatureScaling(features, "standard")(torch.tensor([[9.0, 6.0]])).tolist() == [[1, 0]]


def test_none_changes_nothing() -> None:
    features = torch.rand(4, 3)
    assert torch.equal(FeatureScaling(features, "none")(features), features)


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0)])
def test_too_little_to_fit(shape: tuple[int, int]) -> None:
    scaled = FeatureScaling(torch.ones(shape), "standard")(torch.ones(2, shape[1]))
    assert torch.isfinite(scaled).all()
