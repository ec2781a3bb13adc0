from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models import item_knn
from graphrec.models.item_knn import ItemKNN
from graphrec.testing.training_data import data_of, learned

Floats = npt.NDArray[np.float64]


def known(data: Data) -> Floats:
    table = np.zeros((data.users, data.items))
    table[data.records.user, data.records.item] = 1
    return table


def similar(table: Floats, similarity: str, user_weighting: float, alpha: float, shrinkage: float) -> Floats:
    """Return the similarities of all pairs of items, by products of dense matrices."""
    weights = np.maximum(table.sum(1), 1) ** -user_weighting
    both = table.T @ (table * weights[:, None])
    if similarity == "cosine":
        below = np.sqrt(np.outer(both.diagonal(), both.diagonal()))
    else:
        counts = table.sum(0)
        below = np.outer(counts, counts**alpha)
    told = np.divide(both, below + shrinkage, out=np.zeros_like(both), where=both > 0)
    np.fill_diagonal(told, 0)
    return told


@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
@pytest.mark.parametrize("user_weighting", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("similarity", ["cosine", "conditional"])
def test_scores_by_hand(
    some: Data, similarity: str, user_weighting: float, shrinkage: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where pairs are weighed, and scores summed, in several blocks."""
    monkeypatch.setattr(item_knn, "_PAIRS", 7 * some.items)
    told = similar(known(some), similarity, user_weighting, 0.3, shrinkage)
    given = {"similarity": similarity, "user_weighting": user_weighting, "shrinkage": shrinkage}
    model = learned(ItemKNN, some, neighbours=5, popularity=0.3, **given)
    kept = torch.zeros(some.items, some.items).scatter_(1, model.nearest, model.similarities).numpy()
    # Of those that are as near as the fifth any may be kept: the five numbers are the same.
    assert np.sort(kept, axis=1)[:, -5:] == pytest.approx(np.sort(told, axis=1)[:, -5:], abs=1e-6)
    assert (kept > 0).sum(1).max() == 5
    assert np.where(kept > 0, told, 0) == pytest.approx(kept, abs=1e-6)
    scores = model.scorer().grid(torch.arange(some.users)).numpy()
    assert scores == pytest.approx(known(some) @ kept, abs=1e-5)
    for user in (0, 7, 59):
        history = np.array(some.by_user[user])
        folded = model.user_scores(history)
        if len(history):
            assert folded is not None
            assert folded.numpy() == pytest.approx(scores[user], abs=1e-6)
        else:
            assert folded is None


def test_of_equally_near_items_any_is_kept() -> None:
    """Ids tell popularity: their order must not choose."""
    items = 40
    data = data_of(np.zeros(items, np.int64), np.arange(items), 1, items)
    models = [learned(ItemKNN, data, {"seed": seed}, neighbours=5) for seed in range(5)]
    assert len({frozenset(model.nearest[0].tolist()) for model in models}) == 5


def test_an_item_without_records_is_near_nothing(some: Data) -> None:
    model = learned(ItemKNN, some, neighbours=5)
    assert not model.similarities[-1].any()
    assert not model.scorer().grid(torch.arange(some.users))[:, -1].any()


def test_its_space_has_its_scores_where_it_is_whole(some: Data) -> None:
    """With as many numbers as there are items nothing is left out."""
    model = learned(ItemKNN, some, neighbours=30, dimension=30)
    space = model.embeddings()[""]
    scores = model.scorer().grid(torch.arange(some.users))
    torch.testing.assert_close(space["User"] @ space["Item"].T, scores, atol=1e-4, rtol=1e-3)
