"""Each feature matrix of the items scaled by itself, for models that keep modalities apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from graphrec.graph.content import Joined
from graphrec.graph.data import Data, Shape
from graphrec.models.features import FeatureScaling, Scaling


class Modalities(nn.Module):
    """What items look like, sound like and so on: a scaling of its own for each matrix.

    What an item lacks of its matrices comes as their mean (see ``Joined``), which is taken for nothing: it stays 0.

    Args:
        shape: how wide the matrices are; those without a column are left out.
        scaling: see ``FeatureScaling``.
    """

    def __init__(self, shape: Shape, scaling: Scaling) -> None:
        super().__init__()
        self.widths = [width for width in shape.widths.values() if width]
        self.scalings = nn.ModuleList(FeatureScaling(width, scaling) for width in self.widths)

    def attach(self, data: Data) -> None:
        """Take what items look like; it is scaled when first asked for."""
        features = [one for one in data.features.values() if one.label == data.item and one.width]
        self._parts = [Joined([one], data.items) for one in features]
        self._content = data.content
        self._scaled: list[Tensor] | None = None

    def fit(self, rows: npt.NDArray[np.bool_]) -> None:
        """Fit each scaling on those of ``rows`` (bool [items]) that its matrix describes."""
        for scaling, part in zip(self._each, self._parts, strict=True):
            scaling.fit(part, rows)
        self._scaled = None

    @property
    def scaled(self) -> list[Tensor]:
        """Of all items, float32 [items, F] for each matrix; 0 where it does not describe them."""
        if self._scaled is None:
            self._scaled = [scaling.of(part) for scaling, part in zip(self._each, self._parts, strict=True)]
        return self._scaled

    def of(self, features: Tensor) -> list[Tensor]:
        """Return the same, float32 [n, F] for each matrix, for ``features``, float32 [n, sum of F], of any items.

        What comes back is on this module's device.
        """
        found = []
        parts = zip(self._each, torch.split(features, self.widths, dim=1), self._content.means, strict=True)
        for scaling, part, mean in parts:
            known = part * (part != torch.from_numpy(mean).to(part)).any(1, keepdim=True)
            found.append(scaling(known.to(scaling.shift.device)))
        return found

    @property
    def _each(self) -> list[FeatureScaling]:
        return [one for one in self.scalings if isinstance(one, FeatureScaling)]
