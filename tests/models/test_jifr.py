"""JIFR by hand: attention to frames, attention between taste and looks, and key frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import ConfigError, DataError
from graphrec.learning.batch import PairwiseBatch
from graphrec.models.base import Target
from graphrec.models.item_frames import frames_of
from graphrec.models.jifr import JIFR
from graphrec.models.registry import read_settings
from graphrec.testing.framed import FRAMES_OF, ITEMS, USERS, framed
from graphrec.testing.training_data import attached

D = 3


def by_hand(model: JIFR) -> tuple[np.ndarray, np.ndarray]:
    """Return r [users, items] and l [users, frames], by Eq. 4 to 10 with loops."""
    own = {name: tensor.detach().double().numpy() for name, tensor in model.state_dict().items()}
    looks = torch.from_numpy(framed().features["look"].rows(slice(None)))
    content = model.looks.scaling(looks).double().numpy()
    attention, rated = model.settings.frames == "attention", model.settings.rating == "attention"

    def relu(x):
        return np.maximum(x, 0)

    v = own["items.weight"] * np.array([1, 1, 1, 1, 0])[:, None]
    x = np.zeros((ITEMS, D))
    for i, listed in FRAMES_OF.items():
        told = np.zeros(len(listed))
        if attention:
            reduce, hidden, last = (own[f"looks.attention.{n}"] for n in range(3))
            told = np.array([(last @ relu(hidden @ np.concatenate([v[i], reduce @ content[f]])))[0] for f in listed])
        for f, share in zip(listed, np.exp(told) / np.exp(told).sum(), strict=True):
            x[i] += share * own["looks.projection"] @ content[f]
    u, w = np.split(own["users.weight"], 2, axis=1)
    r = np.zeros((USERS, ITEMS))
    for a in range(USERS):
        for i in range(ITEMS):
            b = np.zeros(2)
            if rated:
                ends = np.concatenate([u[a], v[i]]), np.concatenate([w[a], x[i]])
                b = np.array([(own["weighing.last"] @ relu(own["weighing.hidden"] @ end))[0] for end in ends])
            share = np.exp(b) / np.exp(b).sum()
            r[a, i] = 2 * (share[0] * u[a] @ v[i] + share[1] * w[a] @ x[i])
    return r, w @ (content @ own["looks.projection"].T).T


@pytest.mark.parametrize("frames", ["attention", "mean"])
@pytest.mark.parametrize("rating", ["attention", "mean"])
def test_scores_and_key_frames_are_the_papers(frames, rating):
    torch.manual_seed(3)
    settings = {"dimension": D, "visual_dimension": D, "initial_std": 1.0, "frames": frames, "rating": rating}
    settings |= {"l2": 0.3, "looks_l2": 0.7}
    model = attached(JIFR, framed(), **settings)
    if model.weighing is not None:
        torch.nn.init.normal_(model.weighing.last)
    model.looks.fit(framed())
    r, key = by_hand(model)
    every = torch.arange(USERS)
    grid = model.scorer().grid(every)
    np.testing.assert_allclose(grid.numpy(), r, rtol=1e-4, atol=1e-5)
    some = model.scorer().grid(every, torch.tensor([4, 0]))
    np.testing.assert_allclose(some.numpy(), r[:, [4, 0]], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.scorer(Target("Frame")).grid(every).numpy(), key, rtol=1e-4, atol=1e-5)
    batch = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 0]), torch.tensor([[2, 3], [1, 3]]))
    margins = np.array([r[0, 1] - r[0, [2, 3]], r[2, 0] - r[2, [1, 3]]])
    x = model.embeddings()["visual"]["Item"].square().sum(1)
    of_users, of_items = model.users.weight.square().sum(1), model.items.weight.square().sum(1)
    size = of_users[[0, 2]].mean() + of_items[[1, 0]].mean() + of_items[[2, 3, 1, 3]].mean()
    of_looks = x[[1, 0]].mean() + x[[2, 3, 1, 3]].mean()
    expected = np.log1p(np.exp(-margins)).mean() + 0.3 * size.item() + 0.7 * of_looks.item()
    assert model.loss("bpr", batch).item() == pytest.approx(expected, rel=1e-4)


def test_taste_and_looks_begin_alike():
    weighed, summed = (attached(JIFR, framed(), rating=rating) for rating in ("attention", "mean"))
    pairs = torch.randn(20, 2 * summed.settings.dimension), torch.randn(20, 2 * summed.settings.dimension)
    assert torch.allclose(weighed.vector_scores(*pairs), summed.vector_scores(*pairs))


def test_frames_of_segments_and_trailers_count_and_such_without_features_do_not():
    found = frames_of(framed())
    assert {item: found[item].tolist() for item in range(ITEMS)} == FRAMES_OF


def test_lengths_must_be_the_same():
    with pytest.raises(ConfigError, match="must be the same: one network weighs both"):
        read_settings(JIFR.Settings, {"visual_dimension": 16})


def test_frames_are_needed():
    with pytest.raises(DataError, match="needs items with frames that have features"):
        JIFR.check(replace(framed(), features={}), JIFR.Settings())
    with pytest.raises(DataError, match="cannot rank Segment nodes"):
        JIFR.check(replace(framed(), item="Segment"), JIFR.Settings())
