"""What every task must keep. Subclass, say which task, and let pytest run the class.

    class TestRating(TaskContract):
        kind = Rating

A task is tried on a small graph with planted tastes (``graphrec.testing.planted``). That nothing held out is seen in
training is tried by telling another truth about what is held out: the training data must stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from graphrec.errors import DataError, GraphrecError
from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.graph.projection import PROJECTIONS, Projection
from graphrec.graph.snapshot import Snapshot
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Cases, NodeCases, PairCases, RankingCases, Split
from graphrec.tasks.registry import told_task
from graphrec.testing.other_truth import arrays_of, keys_of, known_keys, other_truth
from graphrec.testing.planted import planted
from graphrec.testing.told_model import Told


class TaskContract:
    """For any task."""

    kind: ClassVar[type[Task[Any]]]
    """The task."""
    asked: ClassVar[Mapping[str, Any]] = {}
    """Its settings, beside what ``of`` chooses."""
    projection: ClassVar[str | None] = None
    """Which part of a graph it is asked about; None for the task's likeliest with whole items."""
    random: ClassVar[tuple[str, ...]] = ("random-70-10-20", "random-k-fold", "cold-items")
    """Splits that the seed decides."""
    folded: ClassVar[tuple[str, ...]] = ("random-k-fold", "cold-items")
    """Splits of which each part is tested in turn."""

    def task(self) -> Task[Any]:
        """Return the task."""
        return self.kind.model_validate({**self.kind.of(self._projection, ()).model_dump(), **self.asked})

    def snapshot(self) -> Snapshot:
        """Return what is split: all that the task reads, and the list of the very records, which nobody may leak."""
        records = f"User>{self._projection.item}:{self._projection.relationship}"
        lists = () if self._projection.through else (records,)
        return planted(self.task().reads(self._projection).asking(lists=lists))

    def split(self, name: str | None = None, **how: Any) -> Split[Any]:
        """Return a split of ``snapshot``."""
        return self.task().split(self.snapshot(), name or self.random[0], **how)

    @property
    def _projection(self) -> Projection:
        whole = (one for one in self.kind.projections if not PROJECTIONS[one].grouped)
        return PROJECTIONS[self.projection or next(whole)]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run what asks for a ``random`` or a ``folded`` split for each of them."""
        for kind in ("random", "folded"):
            if f"{kind}_split" in metafunc.fixturenames:
                metafunc.parametrize(f"{kind}_split", getattr(self, kind))

    def test_it_tells_what_it_is(self) -> None:
        assert self.kind.name
        assert self.kind.title
        assert "\n" not in self.kind.title
        assert set(self.kind.projections) <= set(PROJECTIONS)
        for name, field in self.kind.model_fields.items():
            assert (field.description or "").strip(), f"{name} has no docstring"

    def test_a_manifest_brings_it_back(self) -> None:
        task = self.task()
        told = json.loads(json.dumps(task.told()))
        assert told["name"] == self.kind.name
        assert told_task(told) == task

    def test_it_says_what_it_reads(self) -> None:
        once = self.task().reads(self._projection)
        assert self.task().reads(once) == once, "asking twice asks for no more"
        assert (once.item, once.relationship) == (self._projection.item, self._projection.relationship)

    def test_a_condition_that_is_none_is_one_error(self) -> None:
        with pytest.raises(GraphrecError) as caught:
            self.kind.of(self._projection, ["no condition"])
        assert "\n" not in str(caught.value)

    def test_parts_are_disjoint(self, random_split: str) -> None:
        snapshot = self.snapshot()
        found = self.task().split(snapshot, random_split)
        parts = self._parts(snapshot, found)
        assert all(parts), "each part has something"
        assert sum(map(len, parts)) == len(set().union(*parts)), "what is in one part is in no other"

    def test_training_sees_nothing_that_is_held_out(self, random_split: str) -> None:
        """Records, their values, targets, fields, lists, features: all as they would be if the truth were another."""
        task, snapshot = self.task(), self.snapshot()
        found = task.split(snapshot, random_split)
        for part in ("valid", "test"):
            cases = getattr(found, part)
            other = task.split(other_truth(task, snapshot, cases), random_split)
            assert not _same(cases, getattr(other, part)), "the truth about what is held out is another one"
            before, after = arrays_of(found.data), arrays_of(other.data)
            assert list(before) == list(after)
            for name, array in before.items():
                np.testing.assert_array_equal(array, after[name], f"{name} tells of the {part} part")

    def test_the_seed_decides(self, random_split: str) -> None:
        first, again, other = (self.split(random_split, seed=seed) for seed in (1, 1, 2))
        for part in ("valid", "test"):
            assert _same(getattr(first, part), getattr(again, part))
        assert not _same(first.test, other.test)
        assert first.name == again.name == other.name
        for name, array in arrays_of(first.data).items():
            np.testing.assert_array_equal(array, arrays_of(again.data)[name], name)

    def test_folds_partition(self, folded_split: str) -> None:
        """Everything is tested once, and each fold has all of it in some part."""
        snapshot, tests, names = self.snapshot(), [], set()
        for fold in range(3):
            found = self.task().split(snapshot, folded_split, seed=1, fold=fold, folds=3)
            parts = self._parts(snapshot, found)
            tests.append(parts[2])
            names.add(found.name)
            assert set().union(*parts) == set().union(*self._parts(snapshot, self.split(folded_split)))
        assert len(names) == 3, "each fold has a name of its own"
        assert sum(map(len, tests)) == len(set().union(*tests))
        assert set().union(*tests) == set().union(*parts)
        with pytest.raises(GraphrecError, match="fold 3"):
            self.task().split(snapshot, folded_split, fold=3, folds=3)

    def test_a_split_that_is_none_is_one_error(self) -> None:
        with pytest.raises(GraphrecError, match="no-such-split"):
            self.split("no-such-split")

    def test_metrics_tell_the_oracle_from_what_knows_nothing(self) -> None:
        found, task = self.split(), self.task()
        cases, names = found.test, task.metrics(found.test)
        watched = task.watched(found.valid)
        assert watched in names
        assert len(set(names)) == len(names)
        measured = [
            judge_model(model, task, found.data, cases, names, seed=0).metrics
            for model in (_oracle(found), _ignorant(found))
        ]
        for metrics in measured:
            assert set(metrics) == set(names)
        assert np.isfinite(list(measured[0].values())).all(), "the truth can be measured"
        best, worst = (metrics[watched] for metrics in measured)
        assert best > worst if known_metric(cases, watched) else best < worst

    def test_what_a_model_cannot_tell_is_completed(self) -> None:
        found, task = self.split(), self.task()
        if isinstance(found.test, RankingCases):
            pytest.skip("rankings have no gaps")
        gaps = np.full(found.test.targets.shape, np.nan)
        whole, known = task.complete(gaps, found.test, found.data)
        assert whole.shape == gaps.shape
        assert np.isfinite(whole).all()
        assert not known.any()
        same, known = task.complete(found.test.targets.copy(), found.test, found.data)
        np.testing.assert_array_equal(same, found.test.targets)
        assert known.all()

    @pytest.mark.parametrize("records", [0, 1])
    def test_too_little_is_one_clear_error(self, records: int) -> None:
        """Or none, where records are not what the task is about."""
        snapshot = self.snapshot()
        little = snapshot.where(np.arange(len(snapshot.records)) < records)
        for name in self.random:
            said, parts = "", list[set[Any]]()
            try:
                parts = self._parts(little, self.task().split(little, name))
            except DataError as error:
                said = str(error)
            assert said or all(parts)
            assert "\n" not in said

    def _parts(self, snapshot: Snapshot, found: Split[Any]) -> list[set[Any]]:
        """Return what trains, validates and tests, of what the graph knows."""
        cases = [keys_of(part) for part in (found.valid, found.test)]
        if isinstance(found.test, NodeCases):
            assert found.data.targets is not None
            return [set(np.flatnonzero(np.isfinite(found.data.targets).all(1)).tolist()), *cases]
        known = known_keys(snapshot.records)
        return [known_keys(found.data.records), *(part & known for part in cases)]


def _same(some: Cases, others: Cases) -> bool:
    """Return whether cases ask the same, and have the same answers."""
    if keys_of(some) != keys_of(others):
        return False
    if isinstance(some, RankingCases) or isinstance(others, RankingCases):
        return True
    return np.array_equal(some.targets, others.targets)


def _oracle(found: Split[Any]) -> Told:
    """Return what knows the truth of the test."""
    data, cases = found.data, found.test
    if isinstance(cases, NodeCases):
        numbers = torch.zeros(data.items, cases.targets.shape[1])
        numbers[torch.from_numpy(cases.nodes)] = torch.from_numpy(cases.targets).float()
        return Told(data, numbers=numbers)
    scores = torch.zeros(data.users, data.items)
    if isinstance(cases, PairCases):
        scores[cases.users, cases.items] = torch.from_numpy(cases.targets).float()
    else:
        scores[cases.users[cases.relevant.rows], cases.relevant.indices] = 1
    return Told(data, scores)


def _ignorant(found: Split[Any]) -> Told:
    """Return what says the same of everything."""
    data, cases = found.data, found.test
    if isinstance(cases, NodeCases):
        assert data.targets is not None
        return Told(data, numbers=torch.from_numpy(np.nanmean(data.targets, 0)).expand(data.items, -1))
    level = float(cases.targets.mean()) if isinstance(cases, PairCases) else 0.0
    return Told(data, torch.full((data.users, data.items), level))
