"""Models that somebody else wrote, and got wrong: each is told which model and what to mend, and none is served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor

from graphrec.api.evaluate import evaluate_run
from graphrec.api.train import Plan, resume, train
from graphrec.errors import NotFoundError, TrainingError
from graphrec.graph.data import Data, Shape
from graphrec.learning.once import Once
from graphrec.learning.run import RunContext
from graphrec.models import registry
from graphrec.models.base import ANYTHING, InSpace, Model, Target
from graphrec.ragged import Ints
from graphrec.serving.load_model import load_run
from graphrec.serving.recommend import Request, recommend
from graphrec.settings import Settings
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Rows:
    """A scorer of a whole matrix."""

    whole: Callable[[], Tensor]

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        scores = self.whole()[: len(users)]
        return scores if items is None else scores[:, items]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        return self.whole()[users, items]


class Right(Model[Settings]):
    """Counts records; each of the others has one thing wrong."""

    name = "right"
    title = "for tests"
    Settings = Settings

    def __init__(self, shape: Shape, settings: Settings) -> None:
        super().__init__(shape, settings)
        self.register_buffer("counts", torch.zeros(shape.items))

    def learner(self, data: Data, run: RunContext) -> Once:
        def fit() -> None:
            self.counts = torch.from_numpy(data.people).float()

        return Once(fit, len(data.records))

    def scores(self) -> Tensor:
        return self.get_buffer("counts").expand(self.shape.users, -1)

    def scorer(self, target: Target = ANYTHING) -> Rows:
        return Rows(self.scores)


class Forgetful(Right):
    """What it learns is no buffer."""

    name = "forgetful"

    def __init__(self, shape: Shape, settings: Settings) -> None:
        Model.__init__(self, shape, settings)
        self.counts = torch.zeros(shape.items)

    def scores(self) -> Tensor:
        return self.counts.expand(self.shape.users, -1)


class Unsaved(Right):
    """What it learns is a buffer that is not saved."""

    name = "unsaved"

    def __init__(self, shape: Shape, settings: Settings) -> None:
        Model.__init__(self, shape, settings)
        self.register_buffer("counts", torch.zeros(shape.items), persistent=False)


class ForgetfulOfUsers(Right):
    """Only what it says of a history is lost."""

    name = "forgetful_of_users"
    factor = 1.0

    def learner(self, data: Data, run: RunContext) -> Once:
        self.factor = 2.0
        return super().learner(data, run)

    def user_scores(self, history: Ints, user: int | None = None) -> Tensor:
        return self.factor * self.get_buffer("counts")


class Noisy(Right):
    name = "noisy"

    def scores(self) -> Tensor:
        return torch.rand(self.shape.users, self.shape.items)


class Short(Right):
    name = "short"

    def scorer(self, target: Target = ANYTHING) -> Rows:
        return Columns(lambda: self.scores()[:, :-1])


class Long(Right):
    name = "long"

    def scorer(self, target: Target = ANYTHING) -> Rows:
        return Columns(lambda: torch.cat([self.scores(), self.scores()[:, :1]], 1))


class Columns(Rows):
    """A scorer that looks at no items."""

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        return self.whole()[: len(users)]


class OneRow(Right):
    name = "one_row"

    def scores(self) -> Tensor:
        return self.get_buffer("counts")[None]


class Whole(Right):
    name = "whole"

    def scores(self) -> Tensor:
        return super().scores().long()


class NotNumbers(Right):
    name = "not_numbers"

    def scores(self) -> Tensor:
        return super().scores() * torch.nan


class FewVectors(InSpace[Settings]):
    name = "few_vectors"
    title = "for tests"
    Settings = Settings

    def learner(self, data: Data, run: RunContext) -> Once:
        return Once(lambda: None, 1)

    def vectors(self) -> tuple[Tensor, Tensor]:
        return torch.ones(self.shape.users, 2), torch.ones(self.shape.items - 5, 2)

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        return None


class DoubleVectors(FewVectors):
    name = "double_vectors"

    def vectors(self) -> tuple[Tensor, Tensor]:
        return torch.ones(self.shape.users, 2).double(), torch.ones(self.shape.items, 2).double()


class Untitled(Model[Settings]):
    name = "untitled"
    Settings = Settings

    def scorer(self, target: Target = ANYTHING) -> Rows:
        raise NotImplementedError


class Silent(Model[Settings]):
    name = "silent"
    title = "for tests"
    Settings = Settings

    def learner(self, data: Data, run: RunContext) -> Once:
        raise NotImplementedError


TRAINED = (
    Right, Forgetful, Unsaved, ForgetfulOfUsers, Noisy, Short, Long, OneRow, Whole, NotNumbers, FewVectors,
    DoubleVectors,
)  # fmt: skip
FORMLESS = {"untitled": Untitled, "silent": Silent, "another_name": Right}


@pytest.fixture(autouse=True)
def entries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    real, kinds = registry.entry_points, {**{kind.name: kind for kind in TRAINED}, **FORMLESS}
    own = [EntryPoint(name, f"{__name__}:{kind.__name__}", registry.GROUP) for name, kind in kinds.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: [*real(group=group), *own])
    for known in (registry.models, registry.model):
        known.cache_clear()
    yield
    for known in (registry.models, registry.model):
        known.cache_clear()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder, rng = Workspace(tmp_path_factory.mktemp("wrong")), np.random.default_rng(0)
    # Early items are liked by more.
    user, item = np.nonzero(rng.random((30, 40)) < np.linspace(0.6, 0.1, 40))
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{n}" for n in range(30)]}))
        store.write_nodes("Item", pa.table({"id": [f"i{n}" for n in range(40)]}))
        ends = {"from": [f"u{n}" for n in user], "to": [f"i{n}" for n in item]}
        store.write_relationships("LIKED", "User", "Item", pa.table(ends))
    return folder


def test_a_right_one_is_measured_as_before_and_served(workspace: Workspace) -> None:
    trained = train(workspace, Plan("right", {}))
    again = evaluate_run(workspace, trained.run.id)
    assert again.changed == {}
    assert again.evaluation.metrics["map"] == trained.test.metrics["map"]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("forgetful", r"other scores after loading than .* \(grid: .* such as 0 instead of .*which counts is not"),
        ("unsaved", "other scores after loading .*which counts is not"),
        ("forgetful_of_users", r"other scores after loading .*\(user_scores: "),
        ("noisy", "other scores each time it is asked"),
    ],
)  # fmt: skip
def test_what_is_not_saved_or_drawn_anew_is_refused(workspace: Workspace, model: str, told: str) -> None:
    with pytest.raises(TrainingError, match=f"{model} gives {told}"):
        train(workspace, Plan(model, {}))
    run = list_runs(workspace)[-1]
    assert run.model == model
    assert not run.finished
    with pytest.raises(TrainingError, match=f"{run.id} is of no use: {model} gives"):
        load_run(workspace, run)
    with closing(LadybugStore(workspace)) as store, pytest.raises(TrainingError, match="is of no use"):
        recommend(store, workspace, Request("u1", run=run.id))
    with pytest.raises(TrainingError, match=f"{model} gives"):
        resume(workspace, run.id)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("short", r"scorer\(\).grid: float32 \[\d+, 40\] is due, it returned float32 \[\d+, 39\]; mend the model"),
        ("long", r"scorer\(\).grid: float32 \[\d+, 40\] is due, it returned float32 \[\d+, 41\]"),
        ("one_row", r"scorer\(\).grid: float32 \[\d+, 40\] is due, it returned float32 \[1, 40\]"),
        ("whole", r"scorer\(\).grid: float32 \[\d+, 40\] is due, it returned int64 \[\d+, 40\]"),
        ("few_vectors", r"scorer, vectors of items: float32 \[40, 2\] is due, it returned float32 \[35, 2\]"),
        ("double_vectors", r"scorer, vectors of users: float32 \[30, 2\] is due, it returned float64 \[30, 2\]"),
    ],
)
def test_answers_of_another_shape_or_type_name_model_and_method(workspace: Workspace, model: str, told: str) -> None:
    with pytest.raises(TrainingError, match=f"{model}, {told}"):
        train(workspace, Plan(model, {}))


def test_scores_that_are_no_numbers_are_counted_without_advice_that_does_not_fit(workspace: Workspace) -> None:
    with pytest.raises(TrainingError) as caught:
        train(workspace, Plan("not_numbers", {}))
    assert "not_numbers: " in str(caught.value)
    assert "40 items (number 0, 1, 2, ...)" in str(caught.value)
    assert "learning_rate" not in str(caught.value)


def test_classes_that_are_no_models_are_left_out_and_the_others_stay() -> None:
    with pytest.warns(UserWarning, match="is left out") as caught:
        found = registry.models()
    assert "right" in found
    assert not set(FORMLESS) & set(found)
    messages = " | ".join(str(one.message) for one in caught)
    assert "Untitled lacks title, learner(), which its class must have" in messages
    assert "Silent lacks scorer() or predict()" in messages
    assert "Right is called 'right', its entry point 'another_name'" in messages


def test_one_that_is_asked_for_is_told(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match=r"'untitled' cannot be used: .*lacks title"):
        train(workspace, Plan("untitled", {}))


def test_other_figures_than_those_of_training_are_told(workspace: Workspace) -> None:
    run = train(workspace, Plan("right", {})).run
    test = {**run.manifest["test"], "metrics": {**run.manifest["test"]["metrics"], "map": 0.9}}
    (run.folder / "manifest.json").write_text(json.dumps({**run.manifest, "test": test}))
    found = evaluate_run(workspace, run.id)
    assert set(found.changed) == {"map"}
    assert "not what training had measured" in found.warning
    assert evaluate_run(workspace, run.id, part="valid").changed == {}
