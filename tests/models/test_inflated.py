"""I3D, and weights of a network of pictures inflated for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from graphrec.errors import ConfigError
from graphrec.models.inception import Inception3d
from graphrec.models.inflated import inflate


def flat(body: nn.Module) -> dict[str, Tensor]:
    """Weights as a network of pictures has them, filters without time, drawn at random."""
    torch.manual_seed(1)
    found = {}
    for name, own in body.state_dict().items():
        drawn = torch.rand(own.shape[:2] + own.shape[3:] if own.dim() == 5 else own.shape) + 0.1
        found[name] = own if name.endswith("tracked") else drawn
    return found


def test_still_pictures_are_what_one_picture_is(tmp_path: Path) -> None:
    body = nn.Sequential(nn.Conv3d(3, 4, 3, padding=1, bias=False))
    save_file(flat(body), tmp_path / "weights.safetensors")
    inflate(body, tmp_path)
    picture = torch.randn(2, 3, 6, 6)
    one = torch.conv2d(picture, flat(body)["0.weight"], padding=1)
    still = body(picture[:, :, None].expand(-1, -1, 5, -1, -1))
    torch.testing.assert_close(still[:, :, 2], one)


def test_the_whole_network_takes_them_and_has_a_place_for_small_clips(tmp_path: Path) -> None:
    body = Inception3d()
    weights = flat(body)
    save_file({**weights, "fc.weight": torch.zeros(10, 1024)}, tmp_path / "googlenet.safetensors")
    inflate(body, tmp_path / "googlenet.safetensors")
    own = body.state_dict()
    kernel = own["inception4c.branch2.1.conv.weight"]
    assert kernel.shape[2] == 3
    torch.testing.assert_close(kernel.sum(2), weights["inception4c.branch2.1.conv.weight"])
    torch.testing.assert_close(own["conv1.bn.running_var"], weights["conv1.bn.running_var"])
    assert body.eval()(torch.randn(1, 3, 32, 24, 24)).shape == (1, Inception3d.width)


def test_names_are_those_of_torchvision() -> None:
    models = pytest.importorskip("torchvision.models")
    theirs = models.googlenet(weights=None, aux_logits=False, init_weights=False).state_dict()
    own = Inception3d().state_dict()
    assert set(own) == {name for name in theirs if not name.startswith("fc.")}
    for name, tensor in own.items():
        without_time = tensor.shape[:2] + tensor.shape[3:] if tensor.dim() == 5 else tensor.shape
        assert theirs[name].shape == without_time, name


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    body = nn.Sequential(nn.Conv3d(3, 4, 3, bias=False))
    with pytest.raises(ConfigError, match="holds 0 safetensors files"):
        inflate(body, tmp_path)
    with pytest.raises(ConfigError, match="no such file"):
        inflate(body, tmp_path / "gone.safetensors")
    save_file({"conv": torch.zeros(1)}, tmp_path / "one.safetensors")
    with pytest.raises(ConfigError, match=r"has no '0\.weight'"):
        inflate(body, tmp_path)
    save_file({"0.weight": torch.zeros(4, 3, 5, 5)}, tmp_path / "one.safetensors")
    with pytest.raises(ConfigError, match="does not inflate"):
        inflate(body, tmp_path)
