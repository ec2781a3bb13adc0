"""Node targets: what nodes are, told from their content: a mean rating, a year, genres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.graph.columns import Numbers
from graphrec.graph.content import NHot
from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT, THEN, Projection, list_type
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import FOLDS
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Floats, NodeCases, Split

ONE_NUMBER = ("rmse", "mae", "r", "r2")
CLASSES = ("ap", "auc", "logloss")
SPLITTERS = ("random-70-10-20", "random-k-fold")


class NodeTargets(Task[NodeCases]):
    """Predict numbers of nodes from what describes them, for nodes whose numbers are not known."""

    name = "node-targets"
    title = "predict what nodes are from their content"
    projections = ("ratings", "views", "likes", "highlights")

    target: str = "rating"
    """A value of records, of which the mean per node is predicted; a property, such as ``Item.year``; or a list, such
    as ``Item>Genre``, of which each node has or has not each."""

    @classmethod
    def of(cls, projection: Projection, where: Sequence[str]) -> NodeTargets:
        """Return the prediction of the mean value of records; raises ``ConfigError`` for conditions."""
        if where:
            raise ConfigError("--where speaks of records; the targets of nodes have no conditions")
        return cls()

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with the target."""
        if THEN in self.target:
            list_type(self.target)
            return projection.asking(lists=(self.target,))
        if "." in self.target:
            return projection.asking(fields=(self.target,))
        projection.property(self.target)
        return projection.asking(values=(self.target,))

    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = FOLDS
    ) -> Split[NodeCases]:
        """Split the nodes that have targets, at random; raises ``DataError`` where too few have."""
        name = name or SPLITTERS[0]
        if name not in SPLITTERS:
            raise unknown("split of nodes", name, SPLITTERS)
        if not 0 <= fold < folds:
            raise ConfigError(f"fold {fold} is not between 0 and {folds - 1}")
        targets = self._targets(snapshot)
        nodes = np.flatnonzero(np.isfinite(targets).all(1))
        rng = np.random.default_rng(seed)
        rank = rng.permutation(len(nodes))
        if name == "random-k-fold":
            test = nodes[rank % folds == fold]
            rest = nodes[rank % folds != fold]
            valid = np.sort(rng.choice(rest, round(len(rest) * 0.1), replace=False))
        else:
            valid = nodes[(rank >= 0.7 * len(nodes)) & (rank < 0.8 * len(nodes))]
            test = nodes[rank >= 0.8 * len(nodes)]
        if not len(test) or not len(valid) or len(nodes) - len(test) - len(valid) < 2:
            raise DataError(f"{len(nodes)} {snapshot.item_label} nodes have a {self.target}: too few to split")
        data = self._training(snapshot, targets, np.concatenate([valid, test]))
        label = name if name == SPLITTERS[0] else f"{name}-{fold}"
        return Split(label, data, NodeCases(valid, targets[valid]), NodeCases(test, targets[test]))

    def metrics(self, cases: NodeCases) -> Sequence[str]:
        """Return errors and correlation of one number, or average precision of several classes."""
        return ONE_NUMBER if cases.targets.shape[1] == 1 else CLASSES

    def watched(self, cases: NodeCases) -> str:
        """Return rmse of one number, ap of several classes."""
        return self.metrics(cases)[0]

    def complete(self, predicted: Floats, cases: NodeCases, data: Data) -> tuple[Floats, Mask]:
        """Return predictions without gaps: the mean of what is known where the model could not tell."""
        assert data.targets is not None
        known = np.asarray(np.isfinite(predicted).all(1))
        return np.where(known[:, None], predicted, np.nanmean(data.targets, 0)), known

    def _training(self, snapshot: Snapshot, targets: Floats, held_out: Ints) -> Data:
        """Return what may be learned from: nothing that tells the targets of nodes that are held out."""
        known = targets.astype(np.float32)
        known[held_out] = np.nan
        warm = np.ones(len(targets), bool)
        warm[held_out] = False
        data = snapshot.data(snapshot.records.where(warm[snapshot.records.item]), warm)
        return replace(
            data,
            targets=known,
            fields={name: column for name, column in data.fields.items() if name != self.target},
            lists={name: listed for name, listed in data.lists.items() if not self._tells(name)},
            features={
                name: one
                for name, one in data.features.items()
                if not (isinstance(one, NHot) and self._tells("Item>Genre"))
            },
        )

    def _tells(self, name: str) -> bool:
        """Return whether the list ``name`` is the target, under whichever of its names."""
        if THEN not in self.target or THEN not in name or name == TEXT:
            return False
        return list_type(name) == list_type(self.target)

    def _targets(self, snapshot: Snapshot) -> Floats:
        """Return float64 [items, classes]; NaN where a node has none."""
        items = len(snapshot.items)
        if THEN in self.target:
            return memberships(snapshot.lists[self.target], len(snapshot.ids[list_type(self.target)[2]]))
        if "." in self.target:
            column = snapshot.fields[self.target]
            if not isinstance(column, Numbers):
                raise ConfigError(f"{self.target} is text; name a number, or a list such as Item>Genre")
            return np.asarray(column.values)[:, None].copy()
        return mean_values(snapshot.records.item, snapshot.records.values[self.target], items)[:, None]


def memberships(listed: Ragged, classes: int) -> Floats:
    """Return which of ``classes`` each node lists, 0 or 1, float64 [nodes, classes]; NaN of one that lists none."""
    found = np.zeros((len(listed), classes))
    found[listed.rows, listed.indices] = 1
    found[listed.lengths == 0] = np.nan
    return found


def mean_values(item: Ints, values: Floats, items: int) -> Floats:
    """Return the mean value of the records of each item, float64 [items]; NaN of one without any."""
    known = np.isfinite(values)
    counts = np.bincount(item[known], minlength=items)
    sums = np.bincount(item[known], values[known], minlength=items)
    means: Floats = np.divide(sums, counts, out=np.full(items, np.nan), where=counts > 0)
    return means
