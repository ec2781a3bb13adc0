"""DCN-V2: layers that cross what went in with what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field
from torch import Tensor, cat, nn

from graphrec.models.deepfm import DeepSettings
from graphrec.models.field_model import FieldModel
from graphrec.models.interactions import layers


class DCNSettings(DeepSettings):
    """Settings of DCN-V2."""

    crosses: int = Field(2, ge=1, le=8)
    """How many cross layers: products of so many fields and one more."""


class DCN(FieldModel[DCNSettings]):
    """DCN V2 (Wang et al., WWW 2021), its parallel form.

    With x_0 = [x_1 .. x_n], cross layers x_l+1 = x_0 * (W x_l + b) + x_l (Eq. 1), and beside them layers on x_0; f is
    linear in both (Eq. 2 and 3).
    """

    name = "dcn"
    title = "clicks by crosses of fields of a bounded degree, and layers beside"
    paper = (
        "Wang et al., DCN V2: Improved Deep & Cross Network and Practical Lessons for Web-scale Learning to Rank "
        "Systems (WWW '21)"
    )
    doi = "10.1145/3442381.3450078"
    Settings = DCNSettings
    tuned: ClassVar[Sequence[str]] = ("learning_rate", "l2", "layers_l2", "dropout", "crosses")

    def build(self, fields: int, settings: DCNSettings) -> None:
        """Make both kinds of layers."""
        width = fields * settings.dimension
        self.crosses = nn.ModuleList(nn.Linear(width, width) for _ in range(settings.crosses))
        self.deep, out = layers(width, settings.depth, settings.hidden, settings.dropout)
        self.out = nn.Linear(width + (out if settings.depth else 0), 1)

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        first = crossed = x.flatten(1)
        for layer in self.crosses:
            crossed = first * layer(crossed) + crossed
        both = cat([crossed, self.deep(first)], 1) if self.settings.depth else crossed
        told: Tensor = self.out(both).squeeze(1)
        return told
