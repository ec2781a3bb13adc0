"""What a model makes of what it is shown, and how much memory that takes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.evaluation.judging import validation_judge
from graphrec.learning.learner import Learner
from graphrec.learning.run import RunContext
from graphrec.models.answers import pairs_at
from graphrec.models.base import Model, Predicts, Scores
from graphrec.models.popularity import Popularity
from graphrec.tasks.cases import NodeCases, PairCases
from graphrec.testing.model_under_test import SPLIT, ModelUnderTest, ModelWorld
from graphrec.testing.planted import planted
from graphrec.testing.told_model import Told
from graphrec.testing.training_data import learned
from graphrec.training.trainer import train
from graphrec.training.weights import load_weights, save_weights

FEW_ITEMS, MORE_USERS = 1_000, 100_000
"""For a model that keeps pairs of items: these are a hundredth of what users and items would take."""


class LearningChecks(ModelUnderTest):
    """Checks of training, and of what it leaves behind."""

    def test_its_learner_is_one(self, world: ModelWorld) -> None:
        learner = self.made(world.data).learner(world.data, RunContext(self.train_options()))
        assert isinstance(learner, Learner)
        assert learner.epochs >= 0
        assert learner.rows > 0

    def test_it_learns_what_it_is_shown(self, world: ModelWorld) -> None:
        """On what trains it is nearly right: an implementation that cannot even overfit is wrong."""
        self._must_learn()
        fit = _fit(self.trained(world), world)
        assert fit > 0.5, f"of what it was shown it has learned {fit:.2f}, where 0 is nothing and 1 everything"

    def test_it_beats_what_knows_no_tastes(self, world: ModelWorld) -> None:
        """On held-out cases it is better than popularity, or than the mean."""
        self._must_learn()
        name = world.task.watched(world.split.test)
        own, other = (_measured(model, world, name) for model in (self.trained(world), _plain(world)))
        better = own > other if known_metric(world.split.test, name) else own < other
        assert better, f"{name} {own:.3f} is no better than {other:.3f}, which knows no tastes"

    def test_what_is_loaded_answers_as_what_was_saved(self, world: ModelWorld, tmp_path: Path) -> None:
        self._check_loaded(self.trained(world), world, tmp_path)

    def test_what_learned_in_bfloat16_is_loaded_as_it_was(self, world: ModelWorld, tmp_path: Path) -> None:
        """What it worked out while learning, and kept, is what is worked out in float32 where it is loaded."""
        model, options = self.made(world.data), self.train_options(epochs=2, bf16="on")
        train(model, world.split, options, judge=validation_judge(world.task, world.split, options))
        self._check_loaded(model, world, tmp_path)

    def _check_loaded(self, model: Model[Any], world: ModelWorld, folder: Path) -> None:
        save_weights(folder / "model.safetensors", model)
        torch.manual_seed(99)
        loaded = self.kind(world.data.shape, self.kind.Settings.model_validate(dict(self.settings)))
        load_weights(folder / "model.safetensors", loaded)
        loaded.attach(world.data)
        loaded.eval()
        for mine, theirs in zip(answers(model, world), answers(loaded, world), strict=True):
            torch.testing.assert_close(mine, theirs, equal_nan=True)

    def test_answering_changes_nothing(self, world: ModelWorld) -> None:
        model = self.trained(world)
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        first, generator = answers(model, world), torch.get_rng_state()
        for once, again in zip(first, answers(model, world), strict=True):
            assert torch.equal(once.nan_to_num(7), again.nan_to_num(7)), "the same question, another answer"
        assert torch.equal(generator, torch.get_rng_state()), "answering draws from torch's generator"
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensor, before[name]), f"answering has changed {name}"

    def test_no_number_for_each_user_and_item(self, world: ModelWorld) -> None:
        """An epoch over many users and items, and a few answers, never hold a number for each pair of them."""
        users, items = (MORE_USERS, FEW_ITEMS) if self.pairs_of_items else (self.many, self.many)
        # A byte for each pair is too many.
        at_most = users * items // 2
        task, projection = self.asked(world.task.name)
        split = task.split(planted(projection, users=users, items=items, per_user=3), SPLIT)
        large = ModelWorld(task, split)
        torch.manual_seed(0)
        model = self.kind(split.data.shape, self.kind.Settings.model_validate(dict(self.settings)))
        tracemalloc.start()
        try:
            with _Largest() as largest:  # type: ignore[no-untyped-call]
                model.attach(split.data)
                options = self.train_options(epochs=1, batch_size=4096)
                model.learner(split.data, RunContext(options)).epoch(1, lambda done, steps: None)
                model.eval()
                answers(model, large)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert largest.bytes < at_most, f"a tensor of {largest.bytes:,} bytes, made by {largest.operator}"
        assert peak < at_most, f"arrays of {peak:,} bytes at a time"

    def _must_learn(self) -> None:
        if not self.learns:
            pytest.skip("this model is there to be beaten")


def answers(model: Model[Any], world: ModelWorld) -> list[Tensor]:
    """Return what ``model`` answers to a few users and nodes: those that are known and those that are not."""
    data, found = world.data, []
    users = torch.tensor([0, 1, data.users - 1])
    items = torch.tensor([0, 3, data.items - 1])
    with torch.no_grad():
        if isinstance(model, Scores):
            scorer = model.scorer()
            found += [scorer.grid(users), scorer.pairs(users, items)]
        if isinstance(model, Predicts):
            found.append(model.predict(items))
    assert found, "a model scores, or predicts"
    return [one.cpu() for one in found]


def _fit(model: Model[Any], world: ModelWorld) -> float:
    """Return how much of what trains the model tells: 1 all of it, 0 none."""
    data, records = world.data, world.data.records
    with torch.no_grad():
        if isinstance(world.split.test, NodeCases):
            assert isinstance(model, Predicts)
            assert data.targets is not None
            rows = np.flatnonzero(np.isfinite(data.targets).all(1))
            return _explained(model.predict(torch.from_numpy(rows)).cpu().numpy(), data.targets[rows])
        assert isinstance(model, Scores)
        if isinstance(world.split.test, PairCases) and np.ptp(records.values[data.value]):
            pairs = torch.from_numpy(records.user), torch.from_numpy(np.array(records.item))
            told = pairs_at(model.scorer(), *pairs, torch.from_numpy(np.array(records.order)))
            return _explained(told.cpu().numpy(), records.values[data.value])
        grid = model.scorer().grid(torch.arange(data.users)).cpu().numpy()
    return 2 * _auc(grid, world) - 1


def _explained(told: np.ndarray[Any, Any], true: np.ndarray[Any, Any]) -> float:
    return float(1 - ((told - true) ** 2).mean() / ((true - true.mean(0)) ** 2).mean())


def _auc(grid: np.ndarray[Any, Any], world: ModelWorld) -> float:
    """Return how often an item that a user has a record of comes before one that the user has none of."""
    found = []
    for user, own in enumerate(np.split(world.data.by_user.indices, world.data.by_user.indptr[1:-1])):
        if len(own):
            others = np.setdiff1d(np.flatnonzero(world.data.sampled), own)
            found.append((grid[user, own][:, None] > grid[user, others]).mean())
    return float(np.mean(found))


def _plain(world: ModelWorld) -> Model[Any]:
    """Return what knows no tastes: popularity, or the mean."""
    data = world.data
    if data.targets is not None:
        mean = torch.from_numpy(np.nanmean(data.targets, 0))
        return Told(data, numbers=mean.expand(data.items, -1))
    if data.value and not data.binary:
        return Told(data, torch.full((data.users, data.items), float(data.records.values[data.value].mean())))
    return learned(Popularity, data)


def _measured(model: Model[Any], world: ModelWorld, name: str) -> float:
    return judge_model(model, world.task, world.data, world.split.test, [name], seed=0).metrics[name]


class _Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the largest tensor that is made while it is entered."""

    bytes, operator = 0, ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, tuple | list) else (made,):
            if isinstance(one, Tensor) and one.layout is torch.strided:
                size = one.untyped_storage().nbytes()
                if size > self.bytes:
                    self.bytes, self.operator = size, str(func)
        return made
