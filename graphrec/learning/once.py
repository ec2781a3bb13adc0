"""Learning in closed form: everything is worked out at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from graphrec.learning.learner import Tensors, Tick


class Once:
    """Calls ``fit`` in its only epoch.

    Args:
        fit: works out the model's tensors; what takes long yields how many of its parts are done, and of how many.
        rows: how many records that goes over.
    """

    epochs, stops_early = 1, False

    def __init__(self, fit: Callable[[], object], rows: int) -> None:
        self._fit, self.rows = fit, rows

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Work everything out."""
        with torch.no_grad():
            found = self._fit()
            for done, parts in found if isinstance(found, Iterator) else [(1, 1)]:
                tick(done, parts)
        return {}

    def state(self) -> Tensors:
        """Return nothing: a fit that was cut off begins anew."""
        return {}

    def restore(self, tensors: Tensors) -> None:
        """Do nothing."""
