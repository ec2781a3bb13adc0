"""A model's answers do not depend on how it is asked."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphrec.models.base import Predicts, Scores, Target
from graphrec.tasks.cases import NodeCases
from graphrec.testing.model_under_test import ModelUnderTest, ModelWorld


class ScoringChecks(ModelUnderTest):
    """Checks of scorers and predictions."""

    def test_it_can_do_what_its_task_asks(self, world: ModelWorld) -> None:
        asked = Predicts if isinstance(world.split.test, NodeCases) else Scores
        assert isinstance(self.trained(world), asked), f"{world.task.name} needs a model that {asked.__name__}"

    def test_a_grid_has_a_finite_score_for_each_user_and_item(self, world: ModelWorld) -> None:
        """Also for users and for items without any record."""
        grid = self._grid(world)
        assert grid.dtype == torch.float32, f"scorer().grid is float32, not {grid.dtype}"
        due = world.data.users, world.data.items
        assert grid.shape == due, f"scorer().grid of all users is {due}, not {tuple(grid.shape)}"
        assert torch.isfinite(grid).all(), f"{int((~torch.isfinite(grid)).sum())} scores are NaN or infinite"

    def test_some_users_and_items_score_as_all_do(self, world: ModelWorld) -> None:
        scorer, grid = self._scores(world).scorer(), self._grid(world)
        users, items = torch.tensor([7, 2, world.data.users - 1]), torch.tensor([5, 0, world.data.items - 1, 4])
        torch.testing.assert_close(scorer.grid(users), grid[users])
        torch.testing.assert_close(scorer.grid(users, items), grid[users][:, items])
        none = torch.empty(0, dtype=torch.int64)
        assert scorer.grid(none).shape == (0, world.data.items)
        assert scorer.grid(users, none).shape == (3, 0)

    def test_pairs_score_as_the_grid_does(self, world: ModelWorld) -> None:
        """Or are NaN where nothing is known of the user or of the item, but not where both have records."""
        grid, data = self._grid(world), world.data
        users = torch.arange(data.users).repeat_interleave(data.items)
        items = torch.arange(data.items).repeat(data.users)
        pairs = self._scores(world).scorer().pairs(users, items)
        assert pairs.dtype == torch.float32, f"scorer().pairs is float32, not {pairs.dtype}"
        assert pairs.shape == (data.users * data.items,), f"one score a pair, not {tuple(pairs.shape)}"
        known = torch.isfinite(pairs)
        assert not torch.isinf(pairs).any(), "what scorer().pairs does not know is NaN, not infinite"
        users_known, items_known = (torch.from_numpy(lists.lengths > 0) for lists in (data.by_user, data.by_item))
        both = users_known[users] & items_known[items]
        assert known[both].all(), "scorer().pairs knows every user and item that have records"
        torch.testing.assert_close(pairs[known], grid.flatten()[known])
        some = torch.tensor([9, 4, 9])
        torch.testing.assert_close(
            self._scores(world).scorer().pairs(users[some], items[some]), pairs[some], equal_nan=True
        )
        none = torch.empty(0, dtype=torch.int64)
        assert self._scores(world).scorer().pairs(none, none).shape == (0,)

    def test_what_only_some_nodes_are_asked_about_is_the_same(self, world: ModelWorld) -> None:
        """A target may spare a model work; it changes no score. It names nodes with and without records."""
        model, grid = self._scores(world), self._grid(world)
        nodes = torch.tensor([0, 3, 4, world.data.items - 2, world.data.items - 1])
        users = torch.tensor([0, 5, world.data.users - 1])
        with torch.no_grad():
            asked = model.scorer(Target(nodes=nodes)).grid(users, nodes)
        torch.testing.assert_close(asked, grid[users][:, nodes])

    def test_predictions_are_of_each_node_alone(self, world: ModelWorld) -> None:
        model = self.trained(world)
        if not isinstance(model, Predicts):
            pytest.skip("it predicts nothing of nodes")
        items = torch.arange(world.data.items)
        with torch.no_grad():
            told = model.predict(items)
            some = torch.tensor([8, 1, world.data.items - 1])
            torch.testing.assert_close(model.predict(some), told[some], equal_nan=True)
            assert model.predict(items[:0]).shape == (0, world.data.shape.classes)
        assert told.dtype == torch.float32
        assert told.shape == (world.data.items, world.data.shape.classes)
        assert not torch.isinf(told).any()
        assert torch.isfinite(told).any()

    def _scores(self, world: ModelWorld) -> Scores:
        model = self.trained(world)
        if not isinstance(model, Scores):
            pytest.skip("it scores nothing")
        return model

    def _grid(self, world: ModelWorld) -> Tensor:
        scores = self._scores(world)
        with torch.no_grad():
            return scores.scorer().grid(torch.arange(world.data.users))
