from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.evaluation.evaluate import evaluate
from graphrec.graph.data import Data
from graphrec.graph.videos import Videos
from graphrec.models.content_knn import ContentKNN
from graphrec.models.popularity import Popularity
from graphrec.models.position import PositionPrior
from graphrec.models.random import Random
from graphrec.tasks.cases import RankingCases, Split
from graphrec.testing.training_data import learned

USERS = torch.tensor([2, 0])


def test_random_is_uniform_and_the_same_however_asked(toy: Data) -> None:
    scorer = learned(Random, toy, seed=3).scorer()
    whole = scorer.grid(torch.arange(500))
    assert torch.equal(scorer.grid(torch.tensor([7, 9]), torch.tensor([3, 1])), whole[[7, 9]][:, [3, 1]])
    assert not torch.equal(whole, learned(Random, toy, seed=4).scorer().grid(torch.arange(500)))
    assert np.quantile(whole, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.03)
    assert abs(np.corrcoef(whole.T.numpy())[np.triu_indices(4, 1)]).max() < 0.15


def test_popularity_counts_edges(toy: Data) -> None:
    scorer = learned(Popularity, toy).scorer()
    assert scorer.grid(USERS).tolist() == [[1, 3, 1, 0]] * 2
    assert scorer.grid(USERS, torch.tensor([1, 3])).tolist() == [[3, 0]] * 2


def test_position_is_the_rate_of_the_part(toy: Data) -> None:
    position = np.array([0.1, 0.6, 0.2, 1.0], np.float32)
    videos = Videos(np.zeros(4, np.int64), position, 1)
    data = replace(toy, videos=videos, sampled=np.ones(4, bool))
    scorer = learned(PositionPrior, data, bins=2, smoothing=0).scorer()
    assert scorer.grid(USERS).tolist() == [[1, 1.5, 1, 1.5]] * 2
    smooth = learned(PositionPrior, data, bins=2, smoothing=2).scorer().grid(USERS)
    assert smooth[0].tolist() == pytest.approx([4.5 / 4, 5.5 / 4, 4.5 / 4, 5.5 / 4])


def test_position_outside_videos_is_popularity(toy: Data) -> None:
    scorer = learned(PositionPrior, toy).scorer()
    assert scorer.grid(USERS).tolist() == [[1, 3, 1, 0]] * 2


def test_content_knn_by_hand(toy: Data) -> None:
    unit = toy.content.rows(np.arange(4))
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    cosine = unit @ unit.T
    every = learned(ContentKNN, toy, scaling="l2").scorer().grid(USERS)
    assert every.numpy() == pytest.approx(
        np.stack([cosine[[1, 2]].mean(0), cosine[[0, 1]].mean(0)]), abs=1e-6
    )
    nearest = learned(ContentKNN, toy, scaling="l2", neighbours=1).scorer()
    assert nearest.grid(USERS).numpy() == pytest.approx(
        np.stack([cosine[[1, 2]].max(0), cosine[[0, 1]].max(0)]), abs=1e-6
    )


def test_content_knn_finds_cold_items(planted: Callable[[], Split[RankingCases]]) -> None:
    split = planted()
    for neighbours in (0, 3):
        scorer = learned(ContentKNN, split.data, neighbours=neighbours).scorer()
        found = evaluate(scorer, split.test, split.data, ["map"], seed=0).metrics["map"]
        assert found > 0.9


def test_content_knn_embeds_new_items_as_old_ones(toy: Data) -> None:
    model = learned(ContentKNN, toy)
    features = torch.tensor(toy.content.rows(np.arange(4)))
    assert torch.allclose(model.place(features), model.embeddings()[""]["Item"])
