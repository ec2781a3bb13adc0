from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.evaluation.evaluate import evaluate
from graphrec.graph.data import Split, TrainingData
from graphrec.models.content_knn import ContentKNN, ContentKNNSettings
from graphrec.models.popularity import Popularity, PopularitySettings
from graphrec.models.position import PositionPrior, PositionSettings
from graphrec.models.random import Random, RandomSettings

USERS = torch.tensor([2, 0])


def test_random_is_uniform_and_the_same_however_asked(toy: TrainingData) -> None:
    scorer = Random(toy, RandomSettings(seed=3)).scorer()
    whole = scorer.score(torch.arange(500))
    assert torch.equal(scorer.score(torch.tensor([7, 9]), torch.tensor([3, 1])), whole[[7, 9]][:, [3, 1]])
    assert not torch.equal(whole, Random(toy, RandomSettings(seed=4)).scorer().score(torch.arange(500)))
    assert np.quantile(whole, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.03)
    assert abs(np.corrcoef(whole.T.numpy())[np.triu_indices(4, 1)]).max() < 0.15


def test_popularity_counts_edges(toy: TrainingData) -> None:
    scorer = Popularity(toy, PopularitySettings()).scorer()
    assert scorer.score(USERS).tolist() == [[1, 3, 1, 0]] * 2
    assert scorer.score(USERS, torch.tensor([1, 3])).tolist() == [[3, 0]] * 2


def test_position_is_the_rate_of_the_part(toy: TrainingData) -> None:
    position = np.array([0.1, 0.6, 0.2, 1.0], np.float32)
    data = replace(toy, group=np.zeros(4, np.int64), position=position, sampled=np.ones(4, bool))
    scorer = PositionPrior(data, PositionSettings(bins=2, smoothing=0)).scorer()
    assert scorer.score(USERS).tolist() == [[1, 1.5, 1, 1.5]] * 2
    smooth = PositionPrior(data, PositionSettings(bins=2, smoothing=2)).scorer().score(USERS)
    assert smooth[0].tolist() == pytest.approx([4.5 / 4, 5.5 / 4, 4.5 / 4, 5.5 / 4])


def test_position_outside_videos_is_popularity(toy: TrainingData) -> None:
    scorer = PositionPrior(toy, PositionSettings()).scorer()
    assert scorer.score(USERS).tolist() == [[1, 3, 1, 0]] * 2


def test_content_knn_by_hand(toy: TrainingData) -> None:
    unit = toy.features / np.linalg.norm(toy.features, axis=1, keepdims=True)
    cosine = unit @ unit.T
    every = ContentKNN(toy, ContentKNNSettings(scaling="l2")).scorer().score(USERS)
    assert every.numpy() == pytest.approx(
        np.stack([cosine[[1, 2]].mean(0), cosine[[0, 1]].mean(0)]), abs=1e-6
    )
    nearest = ContentKNN(toy, ContentKNNSettings(scaling="l2", neighbours=1)).scorer()
    assert nearest.score(USERS).numpy() == pytest.approx(
        np.stack([cosine[[1, 2]].max(0), cosine[[0, 1]].max(0)]), abs=1e-6
    )


def test_content_knn_finds_cold_items(planted: Callable[[], Split]) -> None:
    split = planted()
    for neighbours in (0, 3):
        scorer = ContentKNN(split.data, ContentKNNSettings(neighbours=neighbours)).scorer()
        found = evaluate(scorer, split.test, split.data, ["map"], seed=0).metrics["map"]
        assert found > 0.9


def test_content_knn_embeds_new_items_as_old_ones(toy: TrainingData) -> None:
    model = ContentKNN(toy, ContentKNNSettings())
    assert torch.allclose(model.embed_items(torch.tensor(toy.features)), model.embeddings()[1])
