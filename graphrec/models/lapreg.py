"""LapReg: CDL whose users and items lie near those that they have an edge with."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from graphrec.learning.batch import PairwiseBatch
from graphrec.models.cdl import CDLSettings, Comparative


class LapRegSettings(CDLSettings):
    """Settings of LapReg."""

    laplacian: float = Field(0.1, ge=0, allow_inf_nan=False)
    """Weight of the squared distances along edges."""


class LapReg(Comparative[LapRegSettings]):
    """Laplacian regularisation (Belkin, Niyogi and Sindhwani, JMLR 2006) of CDL, as TransGRec's tables have it.

    To the loss of CDL comes tr(Fᵀ L F) = Σ_edges |f_u - f_i|² of the graph of users and items, F being their embeddings
    u and φ(x), as mean over edges: it is smooth along the graph (TransGRec, SIGIR 2020, section 4.1, which regularises
    the best of the other baselines, CDL). An edge of a user with many weighs less, as in the rest of the loss.
    """

    name = "lapreg"
    title = "cdl whose users and items lie near those that they have an edge with"
    paper = "Belkin, Niyogi, Sindhwani, Manifold Regularization (JMLR '06), as a baseline of TransGRec"
    Settings = LapRegSettings
    tuned = ("l2", "laplacian", "learning_rate", "scaling", "user_weighting")

    def smoothness(self, batch: PairwiseBatch, distances: Tensor) -> Tensor:
        """Return the weighted mean of the squared distances along the batch's edges."""
        return self.settings.laplacian * (distances * self._weight[batch.users]).mean()
