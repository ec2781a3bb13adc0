"""FM: every pair of fields by an inner product."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.models.field_model import FieldModel, FieldSettings
from graphrec.models.interactions import second_order


class FMSettings(FieldSettings):
    """Settings of factorization machines."""

    pairs: bool = True
    """Whether pairs of fields count, or each field by itself only: logistic regression."""


class FM(FieldModel[FMSettings]):
    """Factorization machine (Rendle, ICDM 2010) of clicks.

    f = Σ_i<j <x_i, x_j> (Eq. 1) on the cross-entropy; `libfm` is the same of ratings.
    """

    name = "fm"
    title = "factorization machine: clicks by inner products of fields"
    paper = "Rendle, Factorization Machines (ICDM 2010)"
    doi = "10.1109/ICDM.2010.127"
    Settings = FMSettings

    def build(self, fields: int, settings: FMSettings) -> None:
        """Make nothing: there are the vectors only."""

    def interact(self, x: Tensor) -> Tensor:
        """Return float32 [B]."""
        return second_order(x) if self.settings.pairs else torch.zeros(len(x), device=x.device)
