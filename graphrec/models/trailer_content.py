"""Ratings by content: what a user gave to items whose features are alike, such as the embeddings of their trailers."""

from __future__ import annotations

from torch import Tensor

from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import Needs, require_features
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.own_ratings import OwnRatings, OwnRatingsSettings


class TrailerContentSettings(OwnRatingsSettings):
    """Settings of ratings by content."""

    scaling: Scaling = "none"
    """How features are scaled before the cosine (see FeatureScaling)."""


class TrailerContent(OwnRatings[TrailerContentSettings]):
    """Ratings by the features of items: the paper's content-based recommender, section 2.3.1 (see ``OwnRatings``)."""

    name = "trailer_content"
    title = "the user's own ratings of items whose trailers, or other features, are alike"
    paper = "Lehmann, VT2: Recommendations on Multimedia Data (Zurich University of Applied Sciences, 2021)"
    Settings = TrailerContentSettings
    tuned = ("around", "power", "shrinkage", "scaling", "similarity")
    needs = Needs(features=True)

    @classmethod
    def check(cls, data: Data, settings: TrailerContentSettings) -> None:
        """Raise ``DataError`` where items have no features."""
        require_features(data, cls.name)

    def __init__(self, shape: Shape, settings: TrailerContentSettings) -> None:
        super().__init__(shape, settings)
        self.scaling = FeatureScaling(shape.width, settings.scaling)

    def learner(self, data: Data, run: RunContext) -> Once:
        """Fit the scaling."""

        def fit() -> None:
            self.scaling.fit(data.content, data.by_item.lengths > 0)
            self.attach(data)

        return Once(fit, len(data.records))

    def content(self) -> Tensor:
        """Return scaled features."""
        return self.scaling.of(self._data.content)
