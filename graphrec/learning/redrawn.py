"""A feed at the start of whose epochs something is drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from graphrec.learning.feed import A, AddingFeed, Feed


class Redrawn(AddingFeed[A, A]):
    """The batches of another feed; before those of an epoch ``draw`` is called, and before those that are left of one.

    What it draws for the rest of an epoch that was cut off is what it drew for the beginning.

    Args:
        feed: the other.
        draw: draws from ``generator``, always as much.
        generator: the feed's own.
    """

    def __init__(self, feed: Feed[A], draw: Callable[[], None], generator: torch.Generator) -> None:
        super().__init__(feed)
        self._inner, self._draw, self._generator = feed, draw, generator
        self._start = generator.get_state()
        self.state, self.restore = self._state, self._restore

    def added(self, batch: A) -> A:
        """Return ``batch``."""
        return batch

    def batches(self) -> Iterator[A]:
        """Yield what remains of an epoch."""
        now = self._generator.get_state()
        if self.step:
            self._generator.set_state(self._start)
        else:
            self._start = now
        self._draw()
        if self.step:
            self._generator.set_state(now)
        yield from self._inner.batches()

    def _state(self) -> Mapping[str, Tensor]:
        return {**self._inner.state(), "redrawn": self._start}

    def _restore(self, tensors: Mapping[str, Tensor]) -> None:
        self._inner.restore(tensors)
        self._start = tensors["redrawn"]
