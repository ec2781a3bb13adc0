"""What a trainer drives, whatever moves the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

Tensors = Mapping[str, Tensor]
Tick = Callable[[int, int], None]
"""Called within an epoch with how many of its steps are done, and how many there are."""


@runtime_checkable
class Learner(Protocol):
    """Moves the parameters of one model, an epoch at a time, and can say and take back where it stands."""

    @property
    def epochs(self) -> int:
        """How many epochs there are at most; 0 where there is nothing to learn."""
        ...

    @property
    def stops_early(self) -> bool:
        """Whether more epochs may make the model worse, so that the best one is to be kept."""
        ...

    @property
    def rows(self) -> int:
        """How many records an epoch goes over."""
        ...

    def epoch(self, number: int, tick: Tick) -> dict[str, float]:
        """Make epoch ``number``, from 1, or what remains of it after ``restore``; return losses by name.

        Raises ``TrainingError`` where learning cannot go on.
        """
        ...

    def state(self) -> Tensors:
        """Return all that the next step depends on beside the model's own tensors and torch's generators.

        It may be asked within an epoch, by ``tick``.
        """
        ...

    def restore(self, tensors: Tensors) -> None:
        """Go on from what ``state`` returned."""
        ...
