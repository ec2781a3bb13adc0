"""What every task tells: what it reads, how it splits, what is measured, and what an early stop watches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Self

import numpy as np

from graphrec.graph.data import Data
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.settings import Settings
from graphrec.tasks.cases import C, Floats, Split


class Task(Settings, ABC, Generic[C]):
    """What is asked of a model. Its fields are its settings, kept in the run's manifest."""

    name: ClassVar[str]
    """On the command line, and in a run's manifest."""
    title: ClassVar[str]
    """One line for lists."""
    projections: ClassVar[tuple[str, ...]]
    """The parts of the graph that may be chosen without being named, the likeliest first."""
    default_split: ClassVar[str | None] = None
    """None for what the data say."""

    def __class_getitem__(cls, cases: Any) -> type[Self]:
        # No field is of the cases' type, and a model of its own for each type takes a quarter of a second to make:
        # pydantic looks for its docstrings in every module that is loaded.
        return cls

    @classmethod
    @abstractmethod
    def of(cls, projection: Projection, where: Sequence[str]) -> Task[C]:
        """Return the task on ``projection``; ``where`` are conditions on its records, such as ``rating>=4``."""

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with all that the task has to know of its records."""
        return projection

    @abstractmethod
    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = 5
    ) -> Split[C]:
        """Split what ``snapshot`` holds.

        Args:
            snapshot: what to split.
            name: of a split; None for what the data say.
            seed: of every random choice.
            fold: which of ``folds`` is tested, where the split has folds.
            folds: how many there are.

        Raises ``NotFoundError`` for an unknown name, ``DataError`` when a part comes out empty.
        """

    @abstractmethod
    def metrics(self, cases: C) -> Sequence[str]:
        """Return the metrics to report of ``cases``."""

    @abstractmethod
    def watched(self, cases: C) -> str:
        """Return the metric that stops a training, measured on ``cases``."""

    def complete(self, predicted: Floats, cases: C, data: Data) -> tuple[Floats, Mask]:
        """Return predictions without gaps, float64, shaped as ``predicted``, and which the model itself made.

        Args:
            predicted: of each case; NaN where the model could not tell.
            cases: likewise.
            data: what was known when training.
        """
        known = np.asarray(np.isfinite(predicted.reshape(len(predicted), -1)).all(1))
        return predicted, known

    def told(self) -> Mapping[str, Any]:
        """Return what a manifest says of it."""
        return {"name": self.name, **self.model_dump(mode="json")}
