"""ACF by hand: attention to what a user had, and to the frames of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.learning.batch import PairwiseBatch, PointwiseBatch
from graphrec.models.acf import ACF, ACFSettings
from graphrec.testing.framed import FRAMES_OF, ITEMS, USERS, framed
from graphrec.testing.training_data import attached

D = 3
HAD = {0: [0, 1], 1: [2, 3], 2: [0]}


def by_hand(model: ACF) -> tuple[np.ndarray, np.ndarray]:
    """Return users' and items' vectors, by Eq. 3 and 6 to 10 with loops."""
    own = {name: tensor.detach().double().numpy() for name, tensor in model.state_dict().items()}
    content = model.scaling(torch.from_numpy(framed().features["look"].rows(slice(None)))).double().numpy()
    looks = content @ own["projection"].T
    u, (v, p) = own["users.weight"], np.split(own["items.weight"], 2, axis=1)

    def shares(kind: str, inputs: list[np.ndarray]) -> np.ndarray:
        if f"{kind}.last.weight" not in own:
            return np.full(len(inputs), 1 / max(1, len(inputs)))
        told = []
        for one in inputs:
            hidden = own[f"{kind}.hidden.weight"] @ one + own[f"{kind}.hidden.bias"]
            told.append((own[f"{kind}.last.weight"] @ np.maximum(hidden, 0))[0])
        return np.exp(told) / np.exp(told).sum()

    users = u.copy()
    for i, had in HAD.items():
        seen = []
        for item in had:
            beta = shares("of_components", [np.concatenate([u[i], looks[f]]) for f in FRAMES_OF[item]])
            x = sum((b * looks[f] for b, f in zip(beta, FRAMES_OF[item], strict=True)), np.zeros(D))
            seen.append(np.concatenate([u[i], v[item], p[item], x]))
        users[i] += sum(a * p[item] for a, item in zip(shares("of_items", seen), had, strict=True))
    return users, v


@pytest.mark.parametrize("items", ["attention", "mean"])
@pytest.mark.parametrize("components", ["attention", "mean"])
def test_users_are_what_they_had(items, components):
    settings = {"dimension": D, "initial_std": 1.0, "items": items, "components": components}
    model = attached(ACF, framed(), **settings)
    users, v = by_hand(model)
    found = model.vectors()
    np.testing.assert_allclose(found[0].numpy(), users, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1].detach().numpy(), v * (np.arange(ITEMS) < 4)[:, None], rtol=1e-4, atol=1e-5)
    batch = PairwiseBatch(torch.tensor([2, 0, 2]), torch.tensor([0, 1, 0]), torch.tensor([[1], [3], [3]]))
    r = users @ v.T
    margins = np.array([r[2, 0] - r[2, 1], r[0, 1] - r[0, 3], r[2, 0] - r[2, 3]])
    u = model.users.weight.detach().numpy()
    size = sum((one**2).sum(1).mean() for one in (u[[2, 0, 2]], v[[0, 1, 0]], v[[1, 3, 3]]))
    assert model.loss("bpr", batch).item() == pytest.approx(np.log1p(np.exp(-margins)).mean() + 0.01 * size, rel=1e-4)


def test_only_the_latest_of_a_history_counts():
    model = attached(ACF, framed(), dimension=D, history=1)
    # Of one user's records of one time the last one stays.
    assert [model._histories.take(torch.tensor([user])).indices.tolist() for user in range(USERS)] == [[1], [3], [0]]
    torch.testing.assert_close(model.user_vector(np.array([0, 1]), 0), model.vectors()[0][0])


def clicked() -> Data:
    """Item 2 is not clicked by user 1, nor item 1 by user 2."""
    data = framed()
    records = Records.of_pairs(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 2, 3, 0, 1]), USERS)
    click = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    return replace(data, records=replace(records, values={"click": click}), value="click", binary=True)


@pytest.mark.parametrize("components", ["attention", "none"])
def test_clicks_are_told_by_what_else_was_clicked(components):
    model = attached(ACF, clicked(), dimension=D, initial_std=1.0, components=components)
    model.mean.fill_(0.4)
    v = model.items.weight[:, :D]
    others = [model.user_vector(np.array(had), user) for user, had in ((0, [1]), (1, [3]))]
    # User 2 clicked nothing but the item of the record.
    users = torch.stack([*others, model.users.weight[2]])
    logits = (users * v[[0, 2, 0]]).sum(1) + 0.4
    batch = PointwiseBatch(
        torch.tensor([0, 1, 2]), torch.tensor([0, 2, 0]), torch.tensor([1.0, 0.0, 1.0]), torch.arange(3), torch.zeros(3)
    )
    size = model.users.weight.square().sum(1).mean() + v[[0, 2, 0]].square().sum(1).mean()
    expected = binary_cross_entropy_with_logits(logits, batch.values) + 0.01 * size
    torch.testing.assert_close(model.click_loss("click", batch), expected)
    whole, v = model.user_vector(np.array([0, 1]), 0), v.detach()
    told = model.scorer().pairs(torch.tensor([0, 0]), torch.tensor([3, 4]))
    assert told[0].item() == pytest.approx(float((whole @ v[3] + 0.4).sigmoid()), rel=1e-5)
    assert told[1].isnan(), "nobody has a record of item 4"


def test_frames_are_needed_unless_they_count_for_nothing():
    data = clicked()
    bare = replace(data, features={}, lists={})
    settings = ACFSettings(components="none")
    ACF.check(bare, settings)
    assert not ACF.reads(settings).described
    assert attached(ACF, bare, components="none").scorer().grid(torch.arange(USERS)).isfinite().all()
