"""Learning by trial: each epoch sets something else, and an early stop keeps what validates best."""

from __future__ import annotations

from collections.abc import Callable

from graphrec.learning.learner import Tensors, Tick
from graphrec.learning.run import RunContext


class Trials:
    """Makes one attempt an epoch; none depends on those before.

    Args:
        attempt: makes the attempt of this number, from 1, and returns what it set, by name.
        rows: how many records that goes over.
        run: how many attempts.
    """

    stops_early = True

    def __init__(self, attempt: Callable[[int], dict[str, float]], rows: int, run: RunContext) -> None:
        self._attempt, self.rows, self._run = attempt, rows, run

    @property
    def epochs(self) -> int:
        """How many attempts the options ask for."""
        return self._run.options.epochs

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Make an attempt; return what it set."""
        told = self._attempt(number)
        tick(1, 1)
        return told

    def state(self) -> Tensors:
        """Return nothing: an attempt follows from its number."""
        return {}

    def restore(self, tensors: Tensors) -> None:
        """Do nothing."""
