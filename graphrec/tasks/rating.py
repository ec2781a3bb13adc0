"""Rating: which number would this user give to this item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError, DataError
from graphrec.graph.data import Data
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import TEST, VALID, parts
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Floats, PairCases, Split
from graphrec.tasks.fallback import Biases
from graphrec.tasks.positive import Condition, asking, conditions, positive
from graphrec.tasks.ranking import training

FEW = 0.01
"""A value that so few of the records have may be a mistake."""
METRICS = ("rmse", "mae", "rmse@user", "mae@user", "r", "r2", "coverage")


class Rating(Task[PairCases]):
    """Predict the value of records: the rating that a user gives.

    A prediction is clipped to the scale, and where a model knows nothing of user or item the mean of what is known
    stands in (see ``Biases``), the same for every model. ``coverage`` says for how many that was not so.
    """

    name = "rating"
    title = "predict the rating that a user gives"
    projections = ("ratings",)

    value: str = "rating"
    """The property of a record that is predicted."""
    only: tuple[Condition, ...] = ()
    """What must hold of a record for it to be used."""

    @classmethod
    def of(cls, projection: Projection, where: Sequence[str]) -> Rating:
        """Return the prediction of the first value that ``projection`` keeps; of none where it keeps none."""
        value = projection.values[0] if projection.values else ""
        return cls(value=value, only=conditions(projection, where))

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with the value, and the properties that conditions compare.

        Raises ``ConfigError`` where no value is named, or one that is no number, ``NotFoundError`` for an unknown one.
        """
        if not self.value:
            numbers = ", ".join(projection.numbers)
            raise ConfigError(
                f"{projection.relationship} has no value to predict by itself; name one with --value"
                f"{f' ({numbers})' if numbers else ', or take --projection ratings'}"
            )
        return asking(projection, self.only).asking(values=(projection.number(self.value),))

    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = 5
    ) -> Split[PairCases]:
        """Split the records that have a value; raises ``DataError`` where none has."""
        values = snapshot.records.values[self.value]
        kept = positive(snapshot.records, self.only, snapshot.fields) & np.isfinite(values)
        if not kept.any():
            raise DataError(
                f"no {snapshot.projection['relationship']} relationship has a {self.value} to learn from "
                f"(of {len(kept)} in the graph)"
            )
        rated = snapshot.where(kept).merged()
        found = parts(rated, name, seed=seed, fold=fold, folds=folds)
        data = replace(training(rated, found.training()), value=self.value)
        known = rated.records.values[self.value]
        scale = float(known.min()), float(known.max())
        valid, test = (self._cases(rated, found.of_record == part, scale) for part in (VALID, TEST))
        return Split(found.name, data, valid, test, (*found.notes, *_told(self.value, known)))

    def metrics(self, cases: PairCases) -> Sequence[str]:
        """Return errors over all ratings and averaged over users, correlation, and how many could be predicted."""
        return METRICS

    def watched(self, cases: PairCases) -> str:
        """Return rmse."""
        return "rmse"

    def complete(self, predicted: Floats, cases: PairCases, data: Data) -> tuple[Floats, Mask]:
        """Return predictions on the scale, the mean of what is known where the model could not tell."""
        known = np.isfinite(predicted)
        if not known.all():
            biases = Biases(data.records, self.value, data.items)
            predicted = np.where(known, predicted, biases.of(cases.users, cases.items))
        return (predicted if cases.scale is None else predicted.clip(*cases.scale)), known

    def _cases(self, snapshot: Snapshot, here: Mask, scale: tuple[float, float]) -> PairCases:
        records = snapshot.records
        user, item = records.user[here], np.asarray(records.item)[here]
        return PairCases(user, item, np.asarray(records.values[self.value])[here], scale)


def _told(name: str, known: npt.NDArray[np.floating]) -> Iterator[str]:
    """Say between which values the numbers lie, and whether that is so by a few of them, far from all others."""
    low, high = known.min(), known.max()
    yield f"{name} runs from {low:g} to {high:g}, and so do predictions."
    for end, sign in ((high, "<="), (low, ">=")):
        rest = known[known != end]
        few = len(known) - len(rest)
        if not len(rest) or few > FEW * len(known):
            continue
        nearest = rest.max() if end == high else rest.min()
        if abs(end - nearest) > np.ptp(rest) > 0:
            yield (
                f"{few:,} of {len(known):,} have {name} {end:g}, far from all others, which end at {nearest:g}: "
                f"--where '{name}{sign}{nearest:g}' leaves out what is a mistake."
            )
