"""What click models make of the vectors of fields: sums of products, attention over them and over pairs, layers."""

from __future__ import annotations

from math import sqrt

from torch import Tensor, nn

from graphrec.models.attention_steps import PairSteps, SelfSteps


def second_order(x: Tensor) -> Tensor:
    """Return the sum of the inner products of all pairs of fields, float32 [B], for float32 [B, n, D].

    By Rendle's identity: half of the squared sum less the sum of squares (Factorization Machines, 2010, Lemma 3.1).
    """
    return (x.sum(1).square() - x.square().sum(1)).sum(1) / 2


def layers(width: int, depth: int, hidden: int, dropout: float) -> tuple[nn.Sequential, int]:
    """Return ``depth`` layers with ReLU from ``width`` numbers to ``hidden``, and how many numbers come out."""
    made = nn.Sequential()
    for _ in range(depth):
        made.extend([nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout)])
        width = hidden
    return made, width


class PairAttention(nn.Module):
    """Products of all n (n - 1) / 2 pairs of fields, pooled by attention (Xiao et al., AFM, 2017, Eq. 4 to 6).

    a = softmax over pairs of h · relu(W (x_i * x_j) + b), and what comes out is the sum of a (x_i * x_j), times how
    many pairs there are: so it is as large as that of a factorization machine; a mean would be lost beside other terms,
    and held down by l2 long before it says anything. Hasama and Li divide by a plain sum instead of taking a softmax
    (Eq. 8), which can be 0 or below.

    Args:
        dimension: D.
        width: length of h.
    """

    def __init__(self, dimension: int, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(dimension, width)
        self.h = nn.Linear(width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [B, D] for float32 [B, n, D]."""
        fields = x.shape[1]
        steps = PairSteps.apply(x, self.hidden.weight, self.hidden.bias, self.h.weight)  # type: ignore[no-untyped-call]
        pooled: Tensor = steps
        return fields * (fields - 1) / 2 * pooled


class SelfAttention(nn.Module):
    """Multi-head self-attention over fields, with what went in added, and ReLU (Song et al., AutoInt, Eq. 5 to 8).

    Args:
        size: numbers of a field that go in.
        heads: how many heads.
        width: numbers of a head.
        scaled: whether inner products are divided by the root of ``width``, which AutoInt does not do.
    """

    def __init__(self, size: int, heads: int, width: int, *, scaled: bool = True) -> None:
        super().__init__()
        self._heads, self._scale = heads, 1 / sqrt(width) if scaled else 1.0
        self.mapped = nn.Linear(size, 4 * heads * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return float32 [B, n, heads * width] for float32 [B, n, size]."""
        steps = SelfSteps.apply(x, self.mapped.weight, self._heads, self._scale)  # type: ignore[no-untyped-call]
        attended: Tensor = steps
        return attended


def self_attention(size: int, depth: int, heads: int, width: int, *, scaled: bool = True) -> nn.Sequential:
    """Return ``depth`` layers of ``SelfAttention``, one on the other."""
    made = nn.Sequential()
    for _ in range(depth):
        made.append(SelfAttention(size, heads, width, scaled=scaled))
        size = heads * width
    return made
