from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.clcrec import CLCRec
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))
ROWS = [(0, [1, 2, 2]), (2, [2, 0, 0])]


def make(data: Data, **settings: Any) -> CLCRec:
    return attached(CLCRec, data, **({"dimension": 3, "hidden": 5} | settings))


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def contrast(scores: np.ndarray[Any, Any]) -> float:
    """Return how little the first has of all."""
    return -float(np.log(np.exp(scores[0]) / np.exp(scores).sum()))


@pytest.mark.parametrize("replaced", [0.0, 1.0])
def test_loss_by_hand(toy: Data, replaced: float) -> None:
    """With items before users as they are, and as they look."""
    model = make(toy, temperature=0.3, balance=0.2, replaced=replaced, l2=0.1, user_weighting=1)
    content = model.content.double().numpy()
    first, bias, second, last = (p.detach().double().numpy() for p in model.encoder.parameters())
    f = np.maximum(0, content @ first.T + bias) @ second.T + last
    users, items = (table.weight.detach().double().numpy() for table in (model.users, model.items))
    shown = f if replaced else items
    # Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1.
    weight = 0.5 / ((4 * 0.5 + 1) / 5)
    of_users = np.mean([contrast(shown[rows] @ users[u] / 0.3) for u, rows in ROWS])
    of_looks = np.mean([contrast(unit(items)[rows] @ unit(f)[rows[0]] / 0.3) for _, rows in ROWS])
    size = np.square(users[[0, 2]]).sum() + np.square(items[[1, 2]]).sum() + np.square(items[[2, 0]]).sum()
    told = weight * (0.8 * of_users + 0.2 * of_looks) + 0.1 * size / 2
    assert model.loss("contrasts", BATCH).item() == pytest.approx(told, rel=1e-5)


def test_what_is_asked_about_seen_and_unseen_items(toy: Data) -> None:
    model = make(toy, neighbour_share=0)
    items = model.vectors()[1]
    assert torch.equal(items[:3], model.items.weight[:3])
    torch.testing.assert_close(items[3], model.embed(model.content)[3])


def test_an_unseen_item_is_half_its_neighbours(toy: Data) -> None:
    model = make(toy, neighbour_share=0.5, neighbours=2)
    looks, known = model.embed(model.content), model.items.weight[:3]

    def near(item: int) -> torch.Tensor:
        cosines = torch.nn.functional.cosine_similarity(model.content[:3], model.content[item][None])
        cosines[item:item + 1] = -1
        best = cosines.clamp(min=0).topk(2)
        return (best.values[:, None] * known[best.indices]).sum(0) / best.values.sum().clamp(min=1e-9)

    # What content says is brought to the length of the means of neighbours first.
    longer = torch.stack([near(item) for item in range(3)]).norm(dim=1).mean() / looks[:3].norm(dim=1).mean()
    torch.testing.assert_close(model.vectors()[1][3], 0.5 * longer * looks[3] + 0.5 * near(3))
