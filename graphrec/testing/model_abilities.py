"""What a model can do beside scoring: spaces, new nodes, new users, accounts of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.models.base import (
    SPACE,
    Accounts,
    Embeds,
    FoldsIn,
    FoldsIntoSpace,
    Places,
    PlacesByParts,
    Proposes,
    Scores,
    ScoresVectors,
    Vectors,
)
from graphrec.models.influences import Influences
from graphrec.models.known import placed_items
from graphrec.ragged import Ints, Ragged
from graphrec.testing.model_under_test import ModelUnderTest, ModelWorld
from graphrec.testing.training_data import learned

NOTHING = np.empty(0, np.int64)
ALIKE = 0.5
"""Rank correlation, at least, of what a user's own history alone says with what training said."""


class AbilityChecks(ModelUnderTest):
    """Checks of the protocols that a model implements; those of others are skipped."""

    def test_spaces_have_a_vector_of_each_node(self, world: ModelWorld) -> None:
        model = self._able(world, Embeds)
        with torch.no_grad():
            spaces = model.embeddings()
        assert {"User", world.data.item} <= set(spaces[SPACE]), "the first space has users and items"
        for name, vectors in spaces.items():
            assert re.fullmatch("[a-z0-9_]*", name), "a space's name is part of a property's name"
            assert len({matrix.shape[1] for matrix in vectors.values()}) == 1, "vectors of a space are of one length"
            for label, matrix in vectors.items():
                assert matrix.dtype == torch.float32, f"vectors of {label} are float32, not {matrix.dtype}"
                assert len(matrix) == world.data.nodes[label], f"each {label} has a vector"
                assert torch.isfinite(matrix).all(), f"vectors of {label} are finite"
                assert not matrix.requires_grad, f"vectors of {label} are told, not learned on: use no_grad or detach"

    def test_inner_products_rank_as_scores_do(self, world: ModelWorld) -> None:
        model = self._able(world, Embeds)
        if isinstance(model, Proposes):
            pytest.skip("its spaces only propose")
        users, items = _known_users(world), _space(model)[world.data.item]
        told = _space(model)["User"][users] @ items.T
        for scores, product in zip(_grid(model, users), told, strict=True):
            # Of what is equal but for rounding any may come first.
            drop = -scores[product.argsort()].diff().min().item()
            assert drop <= 1e-4 * (scores.max() - scores.min()).item() + 1e-6

    def test_a_new_item_is_where_an_equal_one_without_records_is(self, world: ModelWorld) -> None:
        model = self._able(world, Places)
        without = np.flatnonzero((world.data.by_item.lengths == 0) & world.data.content.described)
        assert len(without), "the graph has items that have features and no record"
        features = torch.from_numpy(world.data.content.rows(without))
        with torch.no_grad():
            placed = model.place(features)
            alone = model.place(features[:1])
            assert model.place(features[:0]).shape == (0, placed.shape[1])
        items = _space(model)[world.data.item][without]
        torch.testing.assert_close(placed, items, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone, placed[:1], rtol=1e-4, atol=1e-5)

    def test_a_new_item_is_where_an_equal_one_without_records_is_by_its_parts(self, world: ModelWorld) -> None:
        """In every space, and its parts too; one with parts is served without a record."""
        model, data = self._able(world, PlacesByParts), world.data
        listed, part = model.parts_of(data), model.needs.described[0]
        without = np.flatnonzero((data.by_item.lengths == 0) & (listed.lengths > 0))
        assert len(without), "the graph has items that have parts with features and no record"
        assert placed_items(data, model)[without].all()
        own = listed.take(without)
        features = torch.from_numpy(data.content_of(part).rows(own.indices))
        with torch.no_grad():
            spaces = model.embeddings()
            placed = model.place_parts(features, Ragged(own.indptr, np.arange(len(own.indices))))
            nothing = model.place_parts(features[:0], Ragged(np.zeros(2, np.int64), NOTHING))
        assert {label for vectors in placed.values() for label in vectors} == {data.item, part}
        for name, vectors in placed.items():
            for label, matrix in vectors.items():
                at = without if label == data.item else own.indices
                torch.testing.assert_close(matrix, spaces[name][label][at], rtol=1e-4, atol=1e-5)
                assert nothing[name][label].shape == (int(label == data.item), matrix.shape[1])
                assert torch.isfinite(nothing[name][label]).all()

    def test_scores_follow_from_vectors(self, world: ModelWorld) -> None:
        model = self._able(world, ScoresVectors)
        users, vectors = _known_users(world), _space(model)
        items = torch.arange(len(users)) * world.data.items // len(users)
        with torch.no_grad():
            found = model.vector_scores(vectors["User"][users], vectors[world.data.item][items])
        torch.testing.assert_close(found, model.scorer().pairs(users, items), rtol=1e-4, atol=1e-5)
        parts = model.vector_parts(vectors["User"][users[0]], vectors[world.data.item][items[0]])
        assert not parts or sum(one.score for one in parts) == pytest.approx(float(found[0]), rel=1e-3, abs=1e-5)

    def test_what_lacks_a_matrix_is_placed_by_the_others(self, world: ModelWorld) -> None:
        """Ranked and served alike."""
        self._able(world, Places)
        data = _in_two(world)
        model = learned(self.kind, data, {**self.options, "epochs": 3}, **self.settings)
        lacking = np.flatnonzero((data.by_item.lengths == 0) & data.content.partial)
        assert len(lacking), "some items have a part of their features and no record"
        assert isinstance(model, Places)
        with torch.no_grad():
            placed = model.place(torch.from_numpy(data.content.rows(lacking)))
        torch.testing.assert_close(placed, _space(model)[data.item][lacking], rtol=1e-4, atol=1e-5)
        assert torch.isfinite(_grid(model, _known_users(world))).all()

    def test_a_history_says_what_training_on_it_said(self, world: ModelWorld) -> None:
        model = self._able(world, FoldsIn)
        assert model.user_scores(NOTHING) is None, "an empty history says nothing"

        def told(history: Ints, user: int | None) -> Tensor:
            scores: Tensor | None = model.user_scores(history, user)
            assert scores is not None
            assert scores.shape == (world.data.items,), "user_scores has a score for each item"
            assert torch.isfinite(scores).all(), "user_scores are finite"
            return scores

        users = _known_users(world)
        _check_alike(world, users, _grid(model, users), told)

    def test_a_history_has_a_vector(self, world: ModelWorld) -> None:
        model = self._able(world, FoldsIntoSpace)
        assert model.user_vector(NOTHING) is None, "an empty history says nothing"
        if isinstance(model, Proposes):
            pytest.skip("its spaces only propose")
        items, users = _space(model)[world.data.item], _known_users(world)

        def told(history: Ints, user: int | None) -> Tensor:
            with torch.no_grad():
                vector: Tensor | None = model.user_vector(history, user)
            assert vector is not None
            assert vector.shape == items.shape[1:]
            assert torch.isfinite(vector).all()
            product = items @ vector
            if isinstance(model, FoldsIn):
                scores = model.user_scores(history, user)
                assert scores is not None
                torch.testing.assert_close(product, scores, rtol=1e-4, atol=1e-5)
            return product

        _check_alike(world, users, _grid(model, users), told)

    def test_it_accounts_for_its_embeddings(self, world: ModelWorld) -> None:
        """Of users and items with and without records, and of one that came later."""
        model, data = self._able(world, Accounts), world.data
        places = isinstance(model, Places) and data.content.width > 0
        by_parts = isinstance(model, PlacesByParts)
        found = [model.user_sources(user) for user in (0, data.users - 1)]
        found += [model.item_sources(item) for item in (0, data.items - 1)]
        if places:
            found.append(model.item_sources(0, data.content.rows(np.array([data.items - 1]))))
        if by_parts:
            own = model.parts_of(data)[data.items - 1]
            again = model.item_sources(-1, data.content_of(model.needs.described[0]).rows(own))
            np.testing.assert_allclose(again.weights, found[-1].weights, rtol=1e-4, atol=1e-6)
        for one in found:
            assert isinstance(one, Influences)
            assert one.said
            assert len(one.at) == len(one.weights)
            assert np.isfinite(one.weights).all()
            assert ((one.at >= 0) & (one.at < data.nodes[one.part or ("User" if one.of_users else data.item)])).all()
        assert any(len(one.at) for one in found), "something went into embeddings"

    def _able(self, world: ModelWorld, protocol: Any) -> Any:
        """Return the trained model; skip for one that does not implement ``protocol``."""
        if not isinstance(model := self.trained(world), protocol):
            pytest.skip(f"not one that {protocol.__name__}")
        return model


def _in_two(world: ModelWorld) -> Data:
    """Return the data with their features in two matrices, of which every third item lacks the second."""
    data, half = world.data, world.data.content.width // 2
    everything, present = data.content.rows(slice(None)), data.content.described
    second = present & (np.arange(data.items) % 3 != 2)
    parts = {
        "first": Mapped(data.item, np.ascontiguousarray(everything[:, :half]), present),
        "second": Mapped(data.item, np.ascontiguousarray(everything[:, half:] * second[:, None]), second),
    }
    return replace(data, features=parts)


def _space(model: object) -> Vectors:
    assert isinstance(model, Embeds), "there is no space in which it puts nodes"
    with torch.no_grad():
        return model.embeddings()[SPACE]


def _grid(model: object, users: Tensor) -> Tensor:
    assert isinstance(model, Scores)
    with torch.no_grad():
        return model.scorer().grid(users)


def _known_users(world: ModelWorld) -> Tensor:
    return torch.from_numpy(np.flatnonzero(world.data.by_user.lengths >= 3)[:12])


def _check_alike(world: ModelWorld, users: Tensor, trained: Tensor, told: Any) -> None:
    """Assert that histories, of users who are known and as of users who are not, rank as training did on average."""
    for known in (True, False):
        found = [
            spearmanr(told(np.array(world.data.by_user[user]), user if known else None).cpu(), own.cpu())[0]
            for user, own in zip(users.tolist(), trained, strict=True)
        ]
        assert np.mean(found) > ALIKE, f"rank correlation {np.mean(found):.2f}"
