"""Ratings by metadata: what a user gave to items of like genres, years, or whatever else is known of them."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.errors import ConfigError
from graphrec.graph.data import Data
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models.base import Needs
from graphrec.models.fields import needed, require_fields, side
from graphrec.models.own_ratings import OwnRatings, OwnRatingsSettings


class MetadataSettings(OwnRatingsSettings):
    """Settings of ratings by metadata."""

    fields: str = "Item>Genre"
    """What items are compared by, separated by commas: lists (Item>Genre) and properties (Item.year)."""


class Metadata(OwnRatings[MetadataSettings]):
    """Ratings by what is known of items beside their content: the paper's metadata-only recommender.

    See ``OwnRatings``. The paper names no metadata; genres are the default. An item of m listed things has 1/m of each,
    a number is standardised.
    """

    name = "metadata"
    title = "the user's own ratings of items whose genres, or other metadata, are alike"
    paper = "Lehmann, VT2: Recommendations on Multimedia Data (Zurich University of Applied Sciences, 2021)"
    Settings = MetadataSettings
    tuned = ("around", "power", "shrinkage", "similarity")
    needs = Needs(lists=("Item>Genre",))

    @classmethod
    def reads(cls, settings: MetadataSettings) -> Needs:
        """Return what its fields are read from."""
        return needed(settings.fields)

    @classmethod
    def check(cls, data: Data, settings: MetadataSettings) -> None:
        """Raise ``ConfigError`` or ``DataError`` for fields that are not of items, or say nothing."""
        if not settings.fields.strip():
            raise ConfigError("metadata compares items by fields; name some: --set fields=Item>Genre,Item.year")
        require_fields(data, settings.fields)

    def learner(self, data: Data, run: RunContext) -> Once:
        """Return a learner that has nothing to learn: everything is looked up."""
        return Once(lambda: None, len(data.records))

    def content(self) -> Tensor:
        """Return the fields."""
        known = side(self._data, self.shape.item, self.settings.fields).rows[:, self.shape.items :]
        return torch.from_numpy(known.toarray())
