"""What makes branches of an audio-visual network share what both modalities tell, and keep apart what one tells."""

from __future__ import annotations

from math import log
from typing import Literal

import torch
from torch import Tensor

Difference = Literal["orthogonal", "kl"]
_LEAST = 1e-6


def similarity_loss(seen: Tensor, heard: Tensor) -> Tensor:
    """Return 1 / 2N Σ_n ‖heard_n - seen_n‖² (Hasama and Li, Eq. 10), a scalar.

    Args:
        seen: float32 [N, D], H_v^s, what the shared branch makes of pictures.
        heard: float32 [N, D], H_a^s, what it makes of the sound.
    """
    return (heard - seen).square().sum(1).mean() / 2


def divergence(private: Tensor, shared: Tensor) -> Tensor:
    """Return Σ P log2(P / Q) with P and Q the softmax of each row (Eq. 11, one modality), the mean over rows.

    Args:
        private: float32 [N, D], H^p.
        shared: float32 [N, D], H^s.
    """
    own, other = private.log_softmax(1), shared.log_softmax(1)
    return (own.exp() * (own - other)).sum(1).mean() / log(2)


def overlap(private: Tensor, shared: Tensor) -> Tensor:
    """Return the mean square of the correlations, over the batch, of each number of one with each of the other.

    The orthogonality of Bousmalis et al. (NIPS 2016, Eq. 5) of standardised columns: no number can escape by being
    small or by having a mean. 0 for a batch of one.

    Args:
        private: float32 [N, D].
        shared: float32 [N, D].
    """
    if len(private) < 2:
        return private.new_zeros(())
    own, other = _standard(private), _standard(shared)
    return (own.T @ other / len(own)).square().mean()


def difference_loss(kind: Difference, private: Tensor, shared: Tensor) -> Tensor:
    """Return what is the less the more ``private`` and ``shared`` differ, of one modality.

    Eq. 11 is the less the more alike they are: added, as losses are, it would pull them together, against the text. So
    it is subtracted, and has no least value.
    """
    return -divergence(private, shared) if kind == "kl" else overlap(private, shared)


def _standard(vectors: Tensor) -> Tensor:
    centred = vectors - vectors.mean(0)
    return centred / torch.sqrt(centred.square().mean(0) + _LEAST)
