"""ACF by hand: attention to what a user had, and to the frames of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from graphrec.errors import DataError
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.learning.batch import PairwiseBatch, PointwiseBatch
from graphrec.models.acf import ACF, ACFSettings
from graphrec.models.answers import user_scores_of
from graphrec.testing.framed import FRAMES_OF, ITEMS, USERS, framed
from graphrec.testing.training_data import attached

D = 3
HAD = {0: [0, 1], 1: [2, 3], 2: [0]}


def by_hand(model: ACF) -> tuple[np.ndarray, np.ndarray]:
    """Return users' and items' vectors, by Eq. 3 and 6 to 10 with loops."""
    own = {name: tensor.detach().double().numpy() for name, tensor in model.state_dict().items()}
    features = torch.from_numpy(framed().features["look"].rows(slice(None)))
    looks = model.components.scaling(features).double().numpy() @ own["components.projection"].T
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


def described() -> Data:
    """Item 1 has no sound, item 2 neither look nor sound."""
    rng = np.random.default_rng(2)
    known = {"look": np.arange(ITEMS) != 2, "sound": np.isin(np.arange(ITEMS), [0, 3, 4])}
    matrices = {
        name: Mapped("Item", rng.normal(size=(ITEMS, width)).astype(np.float32) * present[:, None], present)
        for (name, present), width in zip(known.items(), (4, 2), strict=True)
    }
    return replace(framed(), features=matrices, lists={})


def test_modalities_are_components():
    data = described()
    model = attached(ACF, data, dimension=D, initial_std=1.0, parts="modalities")
    model.components.fit(data)
    looks, sounds = (
        scaled @ matrix.T
        for scaled, matrix in zip(model.components.modalities.scaled, model.components.projections, strict=True)
    )
    v, p = model.items.weight.chunk(2, 1)
    for user, had in HAD.items():
        u, seen = model.users.weight[user], []
        for item in had:
            x = {0: [looks[0], sounds[0]], 1: [looks[1]], 2: [], 3: [looks[3], sounds[3]]}[item]
            beta = torch.stack([model.of_components((torch.cat([u, one])[None], None))[0] for one in x]) if x else None
            both = beta.softmax(0) @ torch.stack(x) if x else torch.zeros(D)
            seen.append(torch.cat([u, v[item], p[item], both]))
        alpha = model.of_items((torch.stack(seen), None)).softmax(0)
        torch.testing.assert_close(model.vectors()[0][user], u + alpha @ p[had])
    with pytest.raises(DataError, match="needs features of what it recommends"):
        ACF.check(replace(data, features={}), ACFSettings(parts="modalities"))


@pytest.mark.parametrize("components", ["attention", "none"])
def test_clicks_are_told_by_what_else_was_clicked(components):
    model = attached(ACF, clicked(), dimension=D, initial_std=1.0, components=components)
    model.mean.fill_(0.4)
    with torch.no_grad():
        model.users.weight[:, -1] = torch.tensor([0.1, -0.2, 0.3])
        model.items.weight[:, -1] = torch.arange(ITEMS) / 10
    v, b = model.items.weight[:, :D], model.items.weight[:, -1]
    others = [model.user_vector(np.array(had), user) for user, had in ((0, [1]), (1, [3]))]
    # User 2 clicked nothing but the item of the record.
    users = torch.stack([*(one[:D] for one in others), model.users.weight[2, :D]])
    records = [0, 2, 0]
    logits = (users * v[records]).sum(1) + model.users.weight[:, -1] + b[records] + 0.4
    batch = PointwiseBatch(
        torch.tensor([0, 1, 2]), torch.tensor(records), torch.tensor([1.0, 0.0, 1.0]), torch.arange(3), torch.zeros(3)
    )
    size = model.users.weight.square().sum(1).mean() + torch.cat([v, b[:, None]], 1)[records].square().sum(1).mean()
    expected = binary_cross_entropy_with_logits(logits, batch.values) + 0.01 * size
    torch.testing.assert_close(model.click_loss("click", batch), expected)
    whole = model.user_vector(np.array([0, 1]), 0)
    told = model.scorer().pairs(torch.tensor([0, 0]), torch.tensor([3, 4]))
    logit = float((whole[:D] @ v[3] + 0.1 + 0.3 + 0.4).detach())
    assert told[0].item() == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
    assert user_scores_of(model, np.array([0, 1]), 0)[3].item() == pytest.approx(told[0].item(), rel=1e-5)
    assert told[1].isnan(), "nobody has a record of item 4"


def test_frames_are_needed_unless_they_count_for_nothing():
    data = clicked()
    bare = replace(data, features={}, lists={})
    settings = ACFSettings(components="none")
    ACF.check(bare, settings)
    assert not ACF.reads(settings).described
    assert attached(ACF, bare, components="none").scorer().grid(torch.arange(USERS)).isfinite().all()
