"""Click: how likely is it that this user takes this item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from graphrec.errors import DataError
from graphrec.graph.clicks import UNSEEN, share_of_clicks
from graphrec.graph.data import Data
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import TEST, VALID, parts
from graphrec.ragged import Ints
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Floats, PairCases, Split
from graphrec.tasks.positive import Condition, asking, positive, positive_conditions
from graphrec.tasks.ranking import training

METRICS = ("auc", "gauc", "logloss", "calibration", "calibration_ratio")
TARGET = "click"
"""What the training records' values are called: 1 for a click, 0 for none."""


class Click(Task[PairCases]):
    """Tell records that are positive from those that are not.

    Where every record is positive, as likes and views are, items that a user has no record of stand for what was not
    clicked, drawn from those that somebody has a record of.
    """

    name = "click"
    title = "predict whether a user takes what is shown"
    projections = ("views", "likes", "ratings", "highlights")

    positive: tuple[Condition, ...] = ()
    """What must hold of a record for it to be a click; the others are what was seen and not clicked."""
    calibrate: Literal["none", "temperature", "platt", "isotonic"] = "none"
    """By what a trained model's probabilities are calibrated, on the validation cases."""

    @classmethod
    def of(cls, projection: Projection, where: Sequence[str]) -> Click:
        """Return the prediction of what counts as positive in ``projection``."""
        return cls.model_validate({"positive": positive_conditions(projection, where)})

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with the properties that conditions compare."""
        return asking(projection, self.positive)

    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = 5
    ) -> Split[PairCases]:
        """Split all records; raises ``DataError`` where none is a click, or of training records every one alone."""
        clicked = positive(snapshot.records, self.positive, snapshot.fields)
        hits = _pairs(snapshot)[clicked]
        snapshot = snapshot.merged()
        clicked = clicked if len(clicked) == len(snapshot.records) else np.isin(_pairs(snapshot), hits)
        if not clicked.any():
            rules = ", ".join(map(str, self.positive))
            raise DataError(f"no {snapshot.projection['relationship']} relationship is positive ({rules})")
        found = parts(snapshot, name, seed=seed, fold=fold, folds=folds)
        data = training(snapshot, found.training())
        trained = clicked[found.training()]
        if len(trained) and trained.all() and not clicked.all():
            raise DataError(
                f"split {found.name}: all training records are clicks, and of those that validate or test not all; "
                "choose another split, such as --split random-70-10-20"
            )
        target = {TARGET: trained.astype(np.float64)}
        records = replace(data.records, values={**data.records.values, **target})
        data = replace(data, records=records, value=TARGET, binary=True)
        drawn = np.random.default_rng([seed, 1]) if clicked.all() else None
        valid, test = (self._cases(snapshot, clicked, found.of_record == part, drawn) for part in (VALID, TEST))
        return Split(found.name, data, valid, test, found.notes)

    def metrics(self, cases: PairCases) -> Sequence[str]:
        """Return AUC over all and within users, log loss, and how well probabilities are calibrated."""
        return METRICS

    def watched(self, cases: PairCases) -> str:
        """Return auc."""
        return "auc"

    def complete(self, predicted: Floats, cases: PairCases, data: Data) -> tuple[Floats, Mask]:
        """Return probabilities, the share of clicks where the model could not tell."""
        known = np.isfinite(predicted)
        return np.where(known, predicted, share_of_clicks(data)[0]), known

    def _cases(
        self, snapshot: Snapshot, clicked: Mask, here: Mask, rng: np.random.Generator | None
    ) -> PairCases:
        user, item = snapshot.records.user[here], np.asarray(snapshot.records.item)[here]
        target, at = clicked[here].astype(np.float64), np.asarray(snapshot.records.order)[here]
        if rng is not None:
            drawn, of = _unknown(snapshot, user, UNSEEN, rng)
            user, item = np.concatenate([user, user[of]]), np.concatenate([item, drawn])
            target, at = np.concatenate([target, np.zeros(len(drawn))]), np.concatenate([at, at[of]])
        return PairCases(user, item, target, at=at)


def _unknown(
    snapshot: Snapshot, users: Ints, count: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return ``count`` items for each of ``users`` that they have no record of; fewer for who has nearly all.

    int64 [n] twice: the items, and for which of ``users``.
    """
    known = np.unique(_pairs(snapshot))
    among = np.unique(snapshot.records.item)
    of = np.repeat(np.arange(len(users)), count)
    rows = users[of]
    found = rng.choice(among, len(rows))
    for _ in range(100):
        taken = np.isin(rows << 32 | found, known)
        if not taken.any():
            break
        found[taken] = rng.choice(among, int(taken.sum()))
    fresh = ~np.isin(rows << 32 | found, known)
    return found[fresh], of[fresh]


def _pairs(snapshot: Snapshot) -> Ints:
    """Return a number for the user and item of each record, int64 [E]."""
    return snapshot.records.user << 32 | snapshot.records.item
