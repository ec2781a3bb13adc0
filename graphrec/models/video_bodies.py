"""What makes one vector of a clip by convolutions over time and space: a small body, or I3D."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import batch_norm

from graphrec.models.inception import Inception3d

VideoBodyName = Literal["small", "i3d"]
_CHANNELS = (16, 32, 64)
_GROUPS = 4


class SmallBody(nn.Sequential):
    """Three 3 x 3 x 3 convolutions that halve time, height and width each, and the mean over what is left of them.

    Groups of channels are normalised (Wu and He, ECCV 2018), which a batch of any size allows.
    """

    width = _CHANNELS[-1]

    def __init__(self) -> None:
        layers: list[nn.Module] = []
        for before, after in zip((3, *_CHANNELS), _CHANNELS, strict=False):
            convolution = nn.Conv3d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [convolution, nn.GroupNorm(_GROUPS, after), nn.ReLU()]
        super().__init__(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten())


class Branch(nn.Module):
    """A body, the fully connected layer that ends it in D numbers, and these at mean 0 and variance 1 over a batch.

    Args:
        body: which.
        dimension: D.
        dropout: share of the body's numbers that count for nothing in a step of learning.
    """

    def __init__(self, body: VideoBodyName, dimension: int, dropout: float) -> None:
        super().__init__()
        self.body = SmallBody() if body == "small" else Inception3d()
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(self.body.width, dimension)
        self.normal = _Normal(dimension, affine=False)

    def forward(self, clips: Tensor) -> Tensor:
        """Return float32 [n, D] for float32 [n, 3, T, H, W]."""
        vectors: Tensor = self.normal(self.last(self.dropout(self.body(clips))).float())
        return vectors


class _Normal(nn.BatchNorm1d):
    """Batch normalisation that takes a last batch of one as what it has seen says, since one has no variance."""

    def forward(self, vectors: Tensor) -> Tensor:
        over_batch = self.training and len(vectors) > 1
        return batch_norm(
            vectors, self.running_mean, self.running_var, None, None, over_batch, self.momentum or 0.0, self.eps
        )
