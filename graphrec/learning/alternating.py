"""Learning in sweeps, each of which solves for one side while the other stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from graphrec.learning.learner import Tensors, Tick
from graphrec.learning.run import RunContext

Solve = Callable[[], float]
"""Solves for one side, and returns by how much that moved it: the root of the mean squared change."""


class Alternating:
    """Each epoch is a sweep: every side is solved for, in turn.

    Args:
        solves: by name of the side.
        rows: how many records a sweep goes over.
        run: how many sweeps at most.
    """

    stops_early = True

    def __init__(self, solves: Sequence[tuple[str, Solve]], rows: int, run: RunContext) -> None:
        self._solves, self.rows, self._run = list(solves), rows, run
        self._moved: list[float] = []

    @property
    def epochs(self) -> int:
        """How many sweeps the options ask for."""
        return self._run.options.epochs

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Make what remains of a sweep; return by how much each side has moved."""
        with torch.no_grad():
            for _, solve in self._solves[len(self._moved) :]:
                self._moved.append(solve())
                tick(len(self._moved), len(self._solves))
        moved, self._moved = self._moved, []
        return {f"change of {name}": value for (name, _), value in zip(self._solves, moved, strict=True)}

    def state(self) -> Tensors:
        """Return how far this sweep has come; the model's tensors say the rest."""
        return {"moved": torch.tensor(self._moved, dtype=torch.float64)}

    def restore(self, tensors: Tensors) -> None:
        """Go on from what ``state`` returned."""
        self._moved = tensors["moved"].tolist()
