"""Rating: which number would this user give to this item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrec.errors import ConfigError, DataError
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import TEST, TRAIN, VALID, parts
from graphrec.tasks.base import Task
from graphrec.tasks.cases import PairCases, Split
from graphrec.tasks.positive import Condition, conditions, positive
from graphrec.tasks.ranking import training

METRICS = ("rmse", "mae", "rmse@user", "mae@user", "r", "r2", "known")


class Rating(Task[PairCases]):
    """Predict the value of records: the rating that a user gives.

    A prediction is clipped to the scale, and where a model knows nothing of user or item the mean of what is known
    stands in (see ``evaluation.fallback``), the same for every model.
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
        """Return the prediction of the first value that ``projection`` keeps."""
        if not projection.values:
            raise ConfigError(
                f"{projection.relationship} has no value to predict; ratings have: --projection ratings"
            )
        return cls(value=projection.values[0], only=conditions(projection, where))

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with the value, and the properties that conditions compare."""
        return projection.asking(values=(self.value, *(rule.property for rule in self.only)))

    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = 5
    ) -> Split[PairCases]:
        """Split the records that have a value; raises ``DataError`` where none has."""
        values = snapshot.records.values[self.value]
        kept = positive(snapshot.records, self.only) & np.isfinite(values)
        if not kept.any():
            raise DataError(
                f"no {snapshot.projection['relationship']} relationship has a {self.value} to learn from "
                f"(of {len(kept)} in the graph)"
            )
        rated = snapshot.where(kept)
        found = parts(rated, name, seed=seed, fold=fold, folds=folds)
        data = training(rated, found.of_record == TRAIN)
        valid, test = (self._cases(rated, found.of_record == part) for part in (VALID, TEST))
        return Split(found.name, data, valid, test)

    def metrics(self, cases: PairCases) -> Sequence[str]:
        """Return errors over all ratings and averaged over users, correlation, and how many could be predicted."""
        return METRICS

    def watched(self, cases: PairCases) -> str:
        """Return rmse."""
        return "rmse"

    def protocol(self, cases: PairCases) -> str:
        """Return that every held-out rating is predicted."""
        return "all-ratings"

    def _cases(self, snapshot: Snapshot, here: Mask) -> PairCases:
        records = snapshot.records
        return PairCases(
            records.user[here], np.asarray(records.item)[here], np.asarray(records.values[self.value])[here]
        )
