"""I3D's network: Inception v1 with every filter and pool inflated by time (Carreira and Zisserman, CVPR 2017, fig. 3).

Modules are called as those of torchvision's GoogLeNet, so that its weights, which know no time, can be inflated.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_BLOCKS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}
"""Of each block: channels that come in; of its branches 1 x 1; 1 x 1 and 3 x 3 twice; and 1 x 1 behind a pool."""


class Inception3d(nn.Module):
    """From clips to 1,024 numbers, the mean over what time and space are left."""

    width = 1024

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = _Unit(3, 64, 7, stride=2)
        # The first two pools leave time as it is.
        self.maxpool1 = _pool((1, 3, 3), (1, 2, 2))
        self.conv2, self.conv3 = _Unit(64, 64, 1), _Unit(64, 192, 3)
        self.maxpool2 = _pool((1, 3, 3), (1, 2, 2))
        self.inception3a, self.inception3b = _block("inception3a"), _block("inception3b")
        self.maxpool3 = _pool((3, 3, 3), (2, 2, 2))
        self.inception4a, self.inception4b = _block("inception4a"), _block("inception4b")
        self.inception4c, self.inception4d = _block("inception4c"), _block("inception4d")
        self.inception4e = _block("inception4e")
        self.maxpool4 = _pool((2, 2, 2), (2, 2, 2))
        self.inception5a, self.inception5b = _block("inception5a"), _block("inception5b")

    def forward(self, clips: Tensor) -> Tensor:
        """Return float32 [n, 1024] for float32 [n, 3, T, H, W]."""
        for layer in self.children():
            clips = layer(clips)
        return clips.mean((2, 3, 4))


class _Unit(nn.Module):
    """A convolution of size k in time, height and width, its batch normalised, and ReLU."""

    def __init__(self, before: int, after: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv3d(before, after, size, stride, size // 2, bias=False)
        self.bn = nn.BatchNorm3d(after, eps=0.001)

    def forward(self, clips: Tensor) -> Tensor:
        normal: Tensor = self.bn(self.conv(clips))
        return normal.relu()


class _Block(nn.Module):
    """Four branches side by side."""

    def __init__(self, before: int, one: int, to_3: int, of_3: int, to_5: int, of_5: int, pooled: int) -> None:
        super().__init__()
        self.branch1 = _Unit(before, one, 1)
        self.branch2 = nn.Sequential(_Unit(before, to_3, 1), _Unit(to_3, of_3, 3))
        self.branch3 = nn.Sequential(_Unit(before, to_5, 1), _Unit(to_5, of_5, 3))
        self.branch4 = nn.Sequential(nn.MaxPool3d(3, 1, 1), _Unit(before, pooled, 1))

    def forward(self, clips: Tensor) -> Tensor:
        return torch.cat([self.branch1(clips), self.branch2(clips), self.branch3(clips), self.branch4(clips)], 1)


def _block(name: str) -> _Block:
    return _Block(*_BLOCKS[name])


def _pool(size: tuple[int, int, int], stride: tuple[int, int, int]) -> nn.MaxPool3d:
    # Clips of 24 pixels would else end in nothing.
    return nn.MaxPool3d(size, stride, tuple(one // 2 if one == 3 else 0 for one in size), ceil_mode=True)
