from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.gorec import GoRec, uniformity
from graphrec.testing.training_data import attached

BATCH = PairwiseBatch(torch.tensor([0, 2, 1]), torch.tensor([1, 2, 1]), torch.tensor([[2], [0], [2]]))
Floats = np.ndarray[Any, Any]


def make(data: Data, **settings: Any) -> GoRec:
    """Return a model whose BPR is trained, and whose autoencoder is not."""
    model = attached(GoRec, data, **({"dimension": 3, "latent_dimension": 2, "hidden": 5} | settings))
    model.learner(data, RunContext(TrainOptions(device="cpu")))
    return model


def through(tower: torch.nn.Module, *inputs: Floats) -> Floats:
    """Return what a tower says of inputs side by side, by its weights."""
    first, bias, second, last = (p.detach().double().numpy() for p in tower.parameters())
    found: Floats = np.maximum(0, np.concatenate(inputs, 1) @ first.T + bias) @ second.T + last
    return found


def known(model: GoRec) -> tuple[Floats, Floats]:
    """Return v and x of all items."""
    return model.teacher.items.weight.detach().double().numpy(), model.content.double().numpy()


def test_loss_by_hand(toy: Data) -> None:
    """Of items 1 and 2, which the batch has three records of."""
    model = make(toy, kl=0.3, uniformity=0.2)
    v, x = (part[[1, 2]] for part in known(model))
    told = through(model.encoder, v, x)
    mean, log_variance = told[:, :2], told[:, 2:]
    torch.manual_seed(4)
    noise = torch.randn(2, 2).double().numpy()
    z = mean + noise * np.exp(log_variance / 2)
    wrong = np.square(v - through(model.decoder, z, x)).sum(1).mean()
    variance = np.exp(log_variance)
    divergence = 0.5 * (mean**2 + variance - 1 - np.log(variance)).sum(1).mean()
    one, other = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    apart = -2 * np.square(one - other).sum()
    torch.manual_seed(4)
    assert model.loss("autoencoder", BATCH).item() == pytest.approx(wrong + 0.3 * divergence + 0.2 * apart, rel=1e-4)


def test_uniformity_is_less_the_further_states_are_apart() -> None:
    close, apart = torch.tensor([[1.0, 0.1], [1.0, 0.0]]), torch.tensor([[1.0, 0.0], [-3.0, 0.0]])
    assert uniformity(apart) < uniformity(close) < 0
    assert uniformity(apart).item() == pytest.approx(-8)
    assert uniformity(close[:1]).item() == 0


def test_a_new_item_is_generated(toy: Data) -> None:
    """From the latent state of the known item most like it, which is its only neighbour here."""
    model = make(toy, neighbours=1, neighbour_share=0)
    v, x = known(model)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = unit[:3] @ unit[3]
    nearest = int(cosines.argmax())
    z = through(model.encoder, v, x)[nearest, :2] * (cosines[nearest] > 0)
    told = through(model.decoder, z[None], x[3:])[0]
    assert model.vectors()[1][3].detach().double().numpy() == pytest.approx(told, abs=1e-5)
    torch.testing.assert_close(model.vectors()[1][:3], model.teacher.vectors()[1][:3])
