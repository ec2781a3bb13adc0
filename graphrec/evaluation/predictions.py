"""What predicting numbers leaves behind: all that metrics need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graphrec.errors import DataError
from graphrec.ragged import Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """What was true of each case, and what was predicted.

    Attributes:
        users: int64 [cases], who a case is of: the user of a rating, or the node that is described itself.
        targets: float64 [cases] or [cases, classes].
        predicted: float64, shaped as targets; where the model could not predict, what stood in for it.
        known: bool [cases], False where the model could not predict.

    Raises:
        DataError: there are no cases, lengths or shapes differ, or a number is not finite.
    """

    users: Ints
    targets: Floats
    predicted: Floats
    known: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not self.cases or not self.targets.size:
            raise DataError("there is nothing to judge predictions by: no case, or no class")
        if self.targets.shape != self.predicted.shape or self.targets.ndim > 2:
            raise DataError(
                f"predictions must be shaped as their targets are, [cases] or [cases, classes]; "
                f"got {self.predicted.shape} for {self.targets.shape}"
            )
        if not len(self.users) == len(self.targets) == len(self.known):
            raise DataError(
                f"each case needs a user, a target and whether it is known; "
                f"got {len(self.users)}, {len(self.targets)}, {len(self.known)}"
            )
        for what, values in (("target", self.targets), ("prediction", self.predicted)):
            if not np.isfinite(values).all():
                case = int(np.argwhere(~np.isfinite(values))[0, 0])
                raise DataError(f"the {what} of case {case} (user {self.users[case]}) is not a finite number")

    @property
    def cases(self) -> int:
        """How many numbers, or lists of a number per class, were predicted."""
        return len(self.users)

    @property
    def classes(self) -> list[tuple[Floats, Floats]]:
        """Targets and predictions of each class, float64 [cases] each; numbers alone are one class."""
        columns = (values.reshape(self.cases, -1).T for values in (self.targets, self.predicted))
        return list(zip(*columns, strict=True))

    def take(self, cases: Ints) -> Predictions:
        """Return the cases named by ``cases`` (int64 [n], n >= 1; repeats allowed), in that order."""
        return Predictions(self.users[cases], self.targets[cases], self.predicted[cases], self.known[cases])
