"""What the trainer asks after each epoch, so that it need not know how models are evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphrec.models.base import Model


@dataclass(frozen=True)
class Judge:
    """Tells which epoch was the best.

    Attributes:
        metric: name of the validation metric.
        higher_is_better: its direction.
        measure: its value for a model; None where there is nothing to validate on.
    """

    metric: str
    higher_is_better: bool
    measure: Callable[[Model[Any]], float] | None
