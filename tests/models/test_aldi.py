from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.aldi import ALDI
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))
ROWS = [(0, [1, 2, 2]), (2, [2, 0, 0])]


def make(data: Data, **settings: Any) -> ALDI:
    """Return a model whose teacher is trained, and whose student is not."""
    model = attached(ALDI, data, **({"dimension": 3, "hidden": 5} | settings))
    model.learner(data, RunContext(TrainOptions(device="cpu")))
    return model


def sigmoid(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return 1 / (1 + np.exp(-x))


def test_loss_by_hand(toy: Data) -> None:
    model = make(toy, rating=0.3, ranking=0.7, identification=0.2, trust=2, user_weighting=1)
    content = model.content.double().numpy()
    first, bias, second, last = (p.detach().double().numpy() for p in model.student.parameters())
    student = np.maximum(0, content @ first.T + bias) @ second.T + last
    users, teacher = (part.detach().double().numpy() for part in model.teacher.vectors())
    losses = []
    for user, items in ROWS:
        s, t = student[items] @ users[user], teacher[items] @ users[user]
        wrong = np.abs(s - t)
        right = sigmoid(t[0] - t[1:])
        order = sigmoid(s[0] - s[1:])
        ranking = -(right * np.log(order) + (1 - right) * np.log(1 - order)).mean()
        own = np.exp(teacher[items] @ teacher[items[0]])
        told = np.exp(teacher[items] @ student[items[0]])
        identification = -(own / own.sum() * np.log(told / told.sum())).sum()
        records = [1, 3, 1][items[0]]
        aligned = 0.3 * (wrong[0] + wrong[1:].mean()) + 0.7 * ranking + 0.2 * identification
        losses.append(-np.log(order).mean() + records / (records + 2) * aligned)
    # Users 0 and 2 have 2 of the 5 records each, user 1 has 1: weights 1/2, 1, 1/2, on average over records 1.
    weight = 0.5 / ((4 * 0.5 + 1) / 5)
    assert model.loss("student", BATCH).item() == pytest.approx(weight * np.mean(losses), rel=1e-5)


def test_the_student_stands_in_for_items_without_records(toy: Data) -> None:
    model = make(toy, neighbour_share=0)
    users, items = model.vectors()
    torch.testing.assert_close(items[:3], model.teacher.vectors()[1][:3])
    torch.testing.assert_close(items[3], model.embed(model.content)[3])
    torch.testing.assert_close(users, model.teacher.vectors()[0])


def test_only_the_student_moves(toy: Data) -> None:
    model = make(toy)
    model.loss("student", BATCH).backward()  # type: ignore[no-untyped-call]
    moved = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert moved == {name for name, _ in model.named_parameters() if name.startswith("student")}
