"""Ridge regression: numbers of nodes from their features, in closed form."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import Model, Needs, require_features
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.settings import Settings


class RidgeSettings(Settings):
    """Settings of ridge regression."""

    l2: float = Field(1.0, gt=0, allow_inf_nan=False)
    """λ, on the weights but not on the mean."""
    scaling: Scaling = "standard"
    """How features are scaled first (see FeatureScaling)."""


class Ridge(Model[RidgeSettings]):
    """y = ȳ + W x with W = (XᵀX + λI)⁻¹ Xᵀ(Y - ȳ), of scaled features (Hoerl and Kennard 1970).

    A node without features gets no prediction.
    """

    name = "ridge"
    title = "numbers of nodes as a linear function of their features"
    paper = (
        "Hoerl, Kennard, Ridge Regression: Biased Estimation for Nonorthogonal Problems (Technometrics, 1970)"
    )
    doi = "10.1080/00401706.1970.10488634"
    Settings = RidgeSettings
    tuned = ("l2", "scaling")
    tasks = ("node-targets",)
    needs = Needs(features=True)

    weights: Tensor
    mean: Tensor

    @classmethod
    def check(cls, data: Data, settings: RidgeSettings) -> None:
        """Raise ``DataError`` where there are no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: RidgeSettings) -> None:
        super().__init__(shape, settings)
        self.scaling = FeatureScaling(shape.width, settings.scaling)
        self.register_buffer("weights", torch.zeros(shape.width, shape.classes))
        self.register_buffer("mean", torch.zeros(shape.classes))

    def attach(self, data: Data) -> None:
        """Take the features."""
        self._content = data.content

    def learner(self, data: Data, run: RunContext) -> Once:
        """Solve for the weights."""
        return Once(partial(self._fit, data), data.items)

    def predict(self, nodes: Tensor) -> Tensor:
        """Return float32 [n, classes]; NaN for nodes without features."""
        features = torch.from_numpy(self._content.rows(nodes.cpu().numpy())).to(self.device)
        told = self.scaling(features) @ self.weights + self.mean
        return torch.where(features.any(1, keepdim=True), told, torch.nan)

    def _fit(self, data: Data) -> None:
        assert data.targets is not None
        known = np.isfinite(data.targets).all(1) & data.content.filled
        self.scaling.fit(data.content, known)
        rows = np.flatnonzero(known)
        self.mean.copy_(torch.from_numpy(data.targets[rows]).mean(0))
        width = self.shape.width
        gram, right = torch.zeros(width, width), torch.zeros(width, self.shape.classes)
        for part in data.content.blocks(rows):
            features = self.scaling(torch.from_numpy(data.content.rows(part)).to(self.device)).cpu()
            gram += features.T @ features
            right += features.T @ (torch.from_numpy(data.targets[part]) - self.mean.cpu())
        gram.diagonal().add_(self.settings.l2)
        self.weights.copy_(torch.linalg.solve(gram, right))
