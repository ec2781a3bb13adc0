"""What an embedding network of trailers is taught to tell: a target, ratings, genres, and which trailer it sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.models.tower import tower
from graphrec.models.trailer_losses import classes_loss, identity_loss, number_loss
from graphrec.ragged import Ints
from graphrec.tasks.node_targets import mean_values, memberships

Floats = npt.NDArray[np.float32]

GENRES, RATING, TARGET = "Item>Genre", "rating", "target"


class TrailerHeads(nn.Module):
    """Heads of figure 3: numbers (64, 32, 1), classes (128, 64, C), which trailer it is (64, T).

    The target of a run is a number or classes. Mean rating and genres are heads beside it where they are not it, and
    the graph has them. Numbers are predicted standardised.

    Args:
        size: D, of the embeddings that they read.
        shape: how many classes, genres and trailers there are; each item's own frames are a trailer, too.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, size: int, shape: Shape) -> None:
        super().__init__()
        self.number = shape.classes == 1
        genres, trailers = shape.nodes.get("Genre", 0), shape.items + shape.nodes.get("Trailer", 0)
        self.heads = nn.ModuleDict({
            TARGET: _number(size) if self.number else _classes(size, shape.classes),
            RATING: _number(size),
            GENRES: _classes(size, genres),
        })  # fmt: skip
        self.hidden, self.trailers = nn.Linear(size, 64), nn.Linear(64, trailers)
        self.register_buffer("centre", torch.zeros(2))
        self.register_buffer("spread", torch.ones(2))

    def fit(self, data: Data, owners: Ints) -> None:
        """Take what is to be told of items, and how numbers are scaled.

        Args:
            data: with targets, NaN where they are not known.
            owners: int64 [n], the numbers of the trailers that are learned from.
        """
        device = self.centre.device
        self._among = torch.from_numpy(owners).to(device)
        self._true = {name: torch.from_numpy(true).to(device) for name, true in self._truths(data).items()}

    def told(self, embedded: Tensor) -> Tensor:
        """Return the target, float32 [n, C]: a number, or a probability for each class."""
        told: Tensor = self.heads[TARGET](embedded).float()
        return told * self.spread[0] + self.centre[0] if self.number else told.sigmoid()

    def loss(self, name: str, embedded: Tensor, items: Tensor) -> Tensor:
        """Return the loss of one head, a scalar; 0 where nothing is known that it could tell.

        Args:
            name: ``TARGET``, ``RATING`` or ``GENRES``.
            embedded: float32 [n, D].
            items: int64 [n], whose embeddings they are.
        """
        if name not in self._true:
            return embedded.new_zeros(())
        told, true = self.heads[name](embedded).float(), self._true[name][items]
        is_number = name == RATING or (name == TARGET and self.number)
        return number_loss(told[:, 0], true[:, 0]) if is_number else classes_loss(told, true)

    def identity(self, embedded: Tensor, owner: Tensor) -> Tensor:
        """Return the loss of telling which trailer each is, whose numbers are ``owner``, int64 [n]."""
        hidden = self.hidden(embedded).relu()
        return identity_loss(hidden, self.trailers.weight, self.trailers.bias, owner, self._among)

    def _truths(self, data: Data) -> dict[str, Floats]:
        """Return what is to be told of items, float32 [items, C], NaN where that is not known."""
        assert data.targets is not None
        true = {TARGET: self._standard(0, data.targets) if self.number else data.targets}
        known = known_heads(data)
        if RATING in known and data.value != RATING:
            means = mean_values(data.records.item, data.records.values[RATING], data.items)
            true[RATING] = self._standard(1, means[:, None].astype(np.float32))
        if GENRES in known:
            true[GENRES] = memberships(data.lists[GENRES], data.nodes["Genre"]).astype(np.float32)
        return true

    def _standard(self, which: int, values: Floats) -> Floats:
        known = values[np.isfinite(values)].astype(np.float64)
        self.centre[which] = known.mean()
        self.spread[which] = known.std() or 1.0
        scaled: Floats = (values - float(self.centre[which])) / float(self.spread[which])
        return scaled


def known_heads(data: Data) -> set[str]:
    """Return of which of ``RATING`` and ``GENRES`` the graph says anything."""
    listed = data.lists.get(GENRES)
    there = {RATING: RATING in data.records.values, GENRES: listed is not None and listed.indices.size > 0}
    return {name for name, known in there.items() if known}


def _number(width: int) -> nn.Sequential:
    return tower([width, 64, 32, 1])


def _classes(width: int, classes: int) -> nn.Sequential:
    return tower([width, 128, 64, classes])
