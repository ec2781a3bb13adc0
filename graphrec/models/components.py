"""What of an item a user looks at one by one: its frames, or how it looks, sounds and reads."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from graphrec.graph.data import Data, Shape
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.item_frames import FRAME, frames_of, matrix, seen_frames
from graphrec.models.modalities import Modalities
from graphrec.models.parts import Lists, PartRows


class Components(nn.Module, ABC):
    """x_lm, what is seen of the components m of items l: the features of each, projected to D numbers."""

    @abstractmethod
    def fit(self, data: Data) -> None:
        """Fit the scale of features on items with a training record."""

    @abstractmethod
    def attach(self, data: Data) -> None:
        """Take which components items have, and their features."""

    @abstractmethod
    def forward(self, items: Tensor) -> tuple[Lists, Tensor]:
        """Return of each of ``items``, int64 [n], its components as rows of what else is returned: x, float32 [m, D].

        A component that several have may be there once.
        """


class Frames(Components):
    """The frames of an item, those of its segments and trailers too.

    Args:
        shape: how wide features of frames are.
        dimension: D.
        scaling: how features are brought to one scale first.
    """

    def __init__(self, shape: Shape, dimension: int, scaling: Scaling) -> None:
        super().__init__()
        width = shape.beside.get(FRAME, 0)
        self.scaling = FeatureScaling(width, scaling)
        self.projection = matrix(dimension, width)

    def fit(self, data: Data) -> None:
        """Fit the scale on frames of items with a training record."""
        self.scaling.fit(data.content_of(FRAME), seen_frames(data))
        self._rows = PartRows(data.content_of(FRAME), self.scaling)

    def attach(self, data: Data) -> None:
        """Take which frames items have, and their features."""
        self._lists = Lists.of(frames_of(data), self.projection.device)
        self._rows = PartRows(data.content_of(FRAME), self.scaling)

    def forward(self, items: Tensor) -> tuple[Lists, Tensor]:
        """See ``Components``."""
        frames = self._lists.take(items)
        distinct, places = torch.unique(frames.indices, return_inverse=True)
        return Lists(frames.indptr, places), linear(self._rows(distinct), self.projection).float()


class Matrices(Components):
    """The feature matrices that describe an item, each projected by a matrix of its own: a modality is a component.

    Args:
        shape: how wide the matrices are.
        dimension: D.
        scaling: how each is brought to one scale first.
    """

    def __init__(self, shape: Shape, dimension: int, scaling: Scaling) -> None:
        super().__init__()
        self.modalities = Modalities(shape, scaling)
        self.projections = nn.ParameterList(matrix(dimension, width) for width in self.modalities.widths)

    def fit(self, data: Data) -> None:
        """Fit the scale of each matrix on items with a training record."""
        self.modalities.fit(data.by_item.lengths > 0)

    def attach(self, data: Data) -> None:
        """Take which matrices describe items, and their features."""
        self.modalities.attach(data)
        self._present = torch.from_numpy(data.content.present).to(self.projections[0].device)

    def forward(self, items: Tensor) -> tuple[Lists, Tensor]:
        """See ``Components``."""
        distinct, rows = torch.unique(items, return_inverse=True)
        scaled = self.modalities.scaled
        seen = [linear(one[distinct], matrix) for one, matrix in zip(scaled, self.projections, strict=True)]
        present = self._present[items]
        count = present.shape[1]
        places = rows[:, None] * count + torch.arange(count, device=items.device)
        ends = present.sum(1).cumsum(0)
        return Lists(torch.cat([ends.new_zeros(1), ends]), places[present]), torch.stack(seen, 1).float().flatten(0, 1)
