"""Whom and what a model does not know is measured as it is served."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.evaluation.judged import judge_model
from graphrec.models.base import EmbeddingScorer
from graphrec.models.bpr import BPR
from graphrec.models.content_knn import ContentKNN
from graphrec.models.known import Served, as_served, known_users, people_of, placed_items
from graphrec.models.popularity import Popularity
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases
from graphrec.tasks.ranking import Ranking
from graphrec.testing.training_data import data_of, learned

USER, ITEM = np.array([0, 0, 1, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 1, 2, 2])
"""Of four users the last has no record; item 1 is everybody else's, items 3 and 4 nobody's."""
DATA = data_of(USER, ITEM, 4, 5)


def test_users_and_items_that_are_known() -> None:
    assert known_users(DATA).tolist() == [True, True, True, False]
    assert placed_items(DATA).tolist() == [True, True, True, False, False]
    assert people_of(DATA).tolist() == [1, 3, 2, 0, 0], "people, not rows"
    look = data_of(USER, ITEM, 4, 5, features=np.eye(5))
    assert placed_items(look).all()


def test_a_user_whose_vector_is_nothing_is_not_known() -> None:
    scorer = EmbeddingScorer(torch.tensor([[1.0], [0.0], [1.0], [1.0]]), torch.ones(5, 1))
    assert known_users(DATA, scorer).tolist() == [True, False, True, False]
    assert known_users(DATA, scorer, np.array([3, 0])).tolist() == [False, True]


def test_the_unknown_get_what_is_popular_and_nothing_unplaced_comes_first() -> None:
    own = EmbeddingScorer(torch.ones(4, 1), torch.tensor([[1.0], [2.0], [3.0], [9.0], [8.0]]))
    served = Served(own, known_users(DATA), placed_items(DATA), people_of(DATA))
    least = torch.finfo(torch.float32).min
    assert served.grid(torch.tensor([0, 3])).tolist() == [[1, 2, 3, least, least], [1, 3, 2, 0, 0]]
    assert served.grid(torch.tensor([3, 0]), torch.tensor([1, 4])).tolist() == [[3, 0], [2, least]]
    assert own.grid(torch.tensor([0])).tolist() == [[1, 2, 3, 9, 8]], "the model's own scores stay"


def test_a_model_that_embeds_nobody_ranks_for_everybody() -> None:
    model = learned(Popularity, DATA)
    scorer = model.scorer()
    assert as_served(model, scorer, DATA) is scorer


@pytest.mark.parametrize("user", [3])
def test_what_is_measured_of_a_user_without_records_is_popularity(user: int) -> None:
    cases = RankingCases(np.array([0, user]), Ragged(np.array([0, 1, 2]), np.array([2, 1])))
    names = ["map", "recall@1"]
    found = judge_model(learned(BPR, DATA, {"epochs": 1}), Ranking(), DATA, cases, names, seed=0)
    assert found.cold is not None
    assert found.cold.groups == 1
    assert found.cold.metrics == {"map": 1.0, "recall@1": 1.0}, "item 1 is the most popular"
    assert found.to_dict()["cold"] == {"groups": 1, "metrics": {"map": 1.0, "recall@1": 1.0}}
    assert found.unscored == 0


def test_a_user_none_of_whose_items_has_content_is_counted_and_gets_what_is_popular() -> None:
    looks = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1], [0, 0]])
    data = data_of(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2]), 3, 5, features=looks)
    model = learned(ContentKNN, data, scaling="none")
    cases = RankingCases(np.array([0, 1]), Ragged(np.array([0, 1, 2]), np.array([1, 3])))
    found = judge_model(model, Ranking(), data, cases, ["recall@1"], seed=0)
    assert found.unscored == 1
    assert found.cold is None
    assert found.values["recall@1"][0] == 1
    assert model.user_vector(np.array([0])) is None
    assert model.user_vector(np.array([0, 1])) is not None
