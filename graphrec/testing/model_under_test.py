"""What is said of a model under test, and the small world that each of its tasks gives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from graphrec.evaluation.judging import validation_judge
from graphrec.graph.data import Data
from graphrec.graph.projection import PROJECTIONS, Projection
from graphrec.graph.snapshot import Snapshot
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split
from graphrec.tasks.registry import task_class
from graphrec.testing.planted import planted
from graphrec.testing.training_data import attached
from graphrec.training.trainer import train

SPLIT = "random-70-10-20"
DEVICE = os.environ.get("GRAPHREC_TEST_DEVICE", "cpu")
"""Where models under test are trained and asked; ``cuda`` on a machine that has one."""


@dataclass(frozen=True)
class ModelWorld:
    """A task, and a small graph split for it."""

    task: Task[Any]
    split: Split[Any]

    @property
    def data(self) -> Data:
        """What trains."""
        return self.split.data


class ModelUnderTest:
    """What the author of a model says of it; see ``ModelContract``."""

    kind: ClassVar[type[Model[Any]]]
    """The model."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Its settings for a graph of 80 users and 100 items, such as a small dimension."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Options of training for that graph, beside the model's own."""
    learns: ClassVar[bool] = True
    """False for a baseline that is there to be beaten: popularity, chance."""
    pairs_of_items: ClassVar[bool] = False
    """True for a model that keeps a number for each pair of items."""
    many: ClassVar[int] = 14_000
    """So many users, and items, that half a byte for each pair of them is more than a model holds at a time, and than
    what it is the first to import takes."""
    projection: ClassVar[str | None] = None
    """Which part of a graph it is shown; None for the first of a task's that has whole items."""
    _trained: ClassVar[dict[tuple[str, str], Model[Any]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._trained = {}

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run whatever asks for a ``world`` for each of the model's tasks."""
        if "world" in metafunc.fixturenames:
            metafunc.parametrize("world", self.kind.tasks, indirect=True)

    @pytest.fixture
    def world(self, request: pytest.FixtureRequest) -> ModelWorld:
        """Return what the model is asked in one of its tasks."""
        return self.world_of(str(request.param))

    def snapshot(self, projection: Projection) -> Snapshot:
        """Return a graph that holds all that ``projection`` asks for; replace it where a model needs another one."""
        return planted(projection)

    def world_of(self, name: str, split: str = SPLIT) -> ModelWorld:
        """Return the task called ``name`` and the graph for it, as ``graphrec train`` would choose them."""
        task, projection = self.asked(name)
        return ModelWorld(task, task.split(self.snapshot(projection), split))

    def asked(self, name: str) -> tuple[Task[Any], Projection]:
        """Return the task called ``name``, and all that it and the model read."""
        task_kind = task_class(name)
        needs = self.kind.reads(self.kind.Settings(**self.settings))
        whole = (one for one in task_kind.projections if not PROJECTIONS[one].grouped)
        projection = PROJECTIONS[self.projection or next(whole)]
        task = task_kind.of(projection, ())
        features = None if needs.features else ()
        read = replace(task.reads(projection), features=features)
        return task, read.asking(
            values=needs.values, lists=needs.lists, fields=needs.fields, described=needs.described, arrays=needs.arrays
        )

    def made(self, data: Data) -> Model[Any]:
        """Return the model as it is before it has learned anything."""
        return attached(self.kind, data, **self.settings)

    def trained(self, world: ModelWorld) -> Model[Any]:
        """Return the model as it is after training; the same one for all who ask, so leave it as it is."""
        key = world.task.name, world.split.name
        if key not in self._trained:
            model, options = self.made(world.data), self.train_options()
            train(model, world.split, options, judge=validation_judge(world.task, world.split, options))
            self._trained[key] = model
        return self._trained[key]

    def train_options(self, **more: Any) -> TrainOptions:
        """Return how it is trained here."""
        given = {"batch_size": 128, "device": DEVICE, **self.kind.defaults, "epochs": 60, **self.options, **more}
        return TrainOptions.model_validate(given)
