"""Learning by drawing from a posterior: the draws' scores are averaged, never their parameters."""

from __future__ import annotations

from collections.abc import Callable

import torch

from graphrec.learning.learner import Tensors, Tick
from graphrec.learning.run import CPU, RunContext


class Gibbs:
    """Each epoch draws every parameter anew, given all others.

    After ``burn_in`` draws ``keep`` is told of each further one, for the model to keep it: signs and order of factors
    drift from draw to draw, so that parameters have no mean, while scores have. There is no best draw and no early
    stop: the more, the better.

    Args:
        draw: draws the model's parameters from the given generator.
        keep: keeps the draw for scoring.
        rows: how many records a draw goes over.
        run: its seed, and how many draws there are, those of the burn-in included.
        burn_in: how many draws are not kept.
    """

    stops_early = False

    def __init__(
        self,
        draw: Callable[[torch.Generator], dict[str, float]],
        keep: Callable[[], None],
        rows: int,
        run: RunContext,
        burn_in: int,
    ) -> None:
        self._draw, self._keep, self.rows, self._run, self._burn_in = draw, keep, rows, run, burn_in
        self._generator = run.generator(CPU)

    @property
    def epochs(self) -> int:
        """How many draws the options ask for."""
        return self._run.options.epochs

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Make a draw; return what ``draw`` tells of it."""
        with torch.no_grad():
            told = self._draw(self._generator)
            if number > self._burn_in:
                self._keep()
        tick(1, 1)
        return told

    def state(self) -> Tensors:
        """Return the generator's state."""
        return {"generator": self._generator.get_state()}

    def restore(self, tensors: Tensors) -> None:
        """Go on from what ``state`` returned."""
        self._generator.set_state(tensors["generator"])
