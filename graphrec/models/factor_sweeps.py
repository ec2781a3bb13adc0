"""Sweeps over all weights of a factorization machine: alternating least squares, and Gibbs' draws of a posterior."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from graphrec.models.factor_draws import columns, errors, gather, pass_on
from graphrec.models.fields import Side
from graphrec.models.rated import Rated
from graphrec.ragged import Ints

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
LINEAR = 0
"""The weights w come first, then each factor."""


@dataclass
class Weights:
    """The weights of one side while they are moved, float64.

    Attributes:
        of: [1 + D, columns], w and then each factor.
        totals: [1 + D, nodes], Σ θ x of each node.
    """

    of: Doubles
    totals: Doubles

    @classmethod
    def taken(cls, table: Floats, side: Side) -> Weights:
        """Return those of ``table``, [columns, D + 1] with w last."""
        ordered = np.concatenate([table[:, -1:], table[:, :-1]], axis=1).astype(np.float64)
        return cls(np.ascontiguousarray(ordered.T), np.ascontiguousarray((side.rows @ ordered).T))

    def given(self) -> Floats:
        """Return a table of them."""
        return np.concatenate([self.of[1:], self.of[:1]]).T.astype(np.float32)


@dataclass(frozen=True)
class Prior:
    """What the weights of a side are drawn towards: N(μ, 1 / λ).

    Attributes:
        groups: int64 [columns], which μ and λ are those of each column.
        towards: float64 [groups], μ.
        strength: float64 [groups], λ.
    """

    groups: Ints
    towards: Doubles
    strength: Doubles

    @classmethod
    def of_records(cls, side: Side, counts: Doubles, l2: float) -> Prior:
        """Return l2 for each record that has a column: of Σ e² + l2 Σ θ², both summed over records."""
        records = side.columns.astype(bool).astype(np.float64).T @ counts
        return cls(np.arange(len(records)), np.zeros(len(records)), l2 * records)

    @classmethod
    def drawn(cls, side: Side, weights: Doubles, rng: np.random.Generator) -> Prior:
        """Draw μ and λ of each field, given its weights, float64 [columns]; those that no node has tell nothing.

        They are drawn together, λ with μ integrated out, under Rendle's hyperpriors: μ ~ N(0, 1 / λ), λ ~ Γ(½, ½) (TIST
        2012, section 5.3), so that nothing is carried over from the draw before.
        """
        there = np.diff(side.columns.indptr) > 0
        of, known = side.fields[there], weights[there]
        fields = int(side.fields.max()) + 1
        count = np.bincount(of, minlength=fields)
        mean = np.bincount(of, known, minlength=fields) / np.maximum(count, 1)
        apart = np.bincount(of, (known - mean[of]) ** 2, minlength=fields)
        strength = rng.gamma((1 + count) / 2, 2 / (1 + apart + count / (count + 1) * mean**2))
        towards = count / (count + 1) * mean + rng.standard_normal(fields) / np.sqrt((count + 1) * strength)
        return cls(side.fields, towards, strength)


class Sweeps:
    """Moves every weight once, those of users and of items in turn for w and each factor.

    Args:
        rated: what is learned from.
        sides: of users and of items.
    """

    def __init__(self, rated: Rated, sides: Sequence[Side]) -> None:
        self.rated, self.sides = rated, sides
        self._own = rated.users, rated.items
        self.counts = [
            np.bincount(own, minlength=side.rows.shape[0]).astype(np.float64)
            for own, side in zip(self._own, sides, strict=True)
        ]
        """float64 [nodes] of each side, the records of each node."""
        self.error = np.zeros(len(rated), np.float32)
        """float32 [E], y - ŷ."""

    def begin(self, p: Floats, q: Floats, mean: float) -> None:
        """Work out the errors for vectors of users and items, float32 [n, D + 1] with what is added by itself last."""
        rated = self.rated
        errors(rated.users, rated.items, rated.values, p, q, mean, self.error)

    def sweep(
        self,
        weights: Sequence[Weights],
        prior: Callable[[int, Doubles], Prior],
        precision: float = 1.0,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Move all weights.

        Args:
            weights: of each side.
            prior: of a side, 0 or 1, and its weights of one component; asked just before these are moved.
            precision: α, of the errors.
            rng: draws from the posterior; None: its mean.
        """
        sums = [np.empty((len(counts), 4)) for counts in self.counts]
        alone, moved = ([np.empty(len(counts)) for counts in self.counts] for _ in range(2))
        ones = [np.ones(len(counts)) for counts in self.counts]
        components = len(weights[0].of)

        def factor(side: int, component: int) -> Doubles:
            return ones[side] if component % components == LINEAR else weights[side].totals[component % components]

        gather(*self._own, self.error, ones[1], sums[0])
        for component in range(components):
            for side in (0, 1):
                own, there, each = self.sides[side], 1 - side, weights[side].of[component]
                told = prior(side, each)
                noise = np.zeros(len(each)) if rng is None else rng.standard_normal(len(each))
                columns(
                    each,
                    own.columns.indptr,
                    own.columns.indices,
                    own.columns.data,
                    told.groups,
                    self.counts[side],
                    sums[side],
                    weights[side].totals[component],
                    component == LINEAR,
                    precision,
                    told.towards,
                    told.strength,
                    noise,
                    alone[side],
                    moved[side],
                )
                pass_on(
                    self._own[side],
                    self._own[there],
                    self.error,
                    alone[side],
                    moved[side],
                    factor(there, component),
                    factor(side, component + side),
                    sums[there],
                )


def composed(side: Side, table: torch.Tensor) -> torch.Tensor:
    """Return each node's vector, float32 [nodes, D + 1]: Σ v x, and last what the node adds by itself.

    That is Σ w x + ½ Σ_f ((Σ v_f x)² - Σ v_f² x²): of columns of the node with each other (Rendle, TIST 2012, Eq. 5).

    Args:
        side: what nodes are.
        table: float32 [columns, D + 1], w last.
    """
    told = table.numpy(force=True)
    vectors, squares = side.rows @ told, side.squares @ told[:, :-1] ** 2
    vectors[:, -1] += 0.5 * (vectors[:, :-1] ** 2 - squares).sum(1)
    return torch.from_numpy(vectors).to(table.device)
