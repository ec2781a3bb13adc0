from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from graphrec.evaluation.evaluate import evaluate
from graphrec.evaluation.judging import validation_judge
from graphrec.graph.data import Data
from graphrec.graph.native_sampler import NativeSampler
from graphrec.graph.videos import Videos
from graphrec.learning.batch import Drawn, PairwiseBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.base import Target
from graphrec.models.popularity import Popularity
from graphrec.models.transgrec import TransGRec
from graphrec.ragged import Ragged
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.testing.training_data import attached, learned
from graphrec.training.trainer import train

BATCH = PairwiseBatch(torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([[2, 2], [0, 0]]))


def make(data: Data, **settings: Any) -> TransGRec:
    return attached(TransGRec, data, **({"dimension": 3, "hidden": 5} | settings))


def vectors(model: TransGRec) -> tuple[torch.Tensor, torch.Tensor]:
    found = model.embeddings()[""]
    return found["User"], found["Item"]


def in_video(data: Data) -> Data:
    return replace(data, videos=Videos(np.zeros(4, np.int64), np.zeros(4, np.float32), 1))


def moved_by(model: TransGRec, phase: str) -> set[str]:
    """Names of the parameters that get a gradient other than zero from the loss of ``phase``."""
    model.zero_grad()
    model.loss(phase, BATCH).backward()
    return {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}


def names(model: TransGRec, phase: str) -> set[str]:
    own = {id(p) for found in model.phases() if found.name == phase for p in found.parameters}
    return {name for name, p in model.named_parameters() if id(p) in own}


def test_one_layer_and_its_loss_by_hand(toy: Data) -> None:
    model = make(
        toy,
        layers=1,
        preset="printed",
        identity_start=False,
        scaling="none",
        transfer="none",
        l2=0.3,
        content_l2=0,
        user_weighting=1,
    )
    weights = {name: p.detach().double().numpy() for name, p in model.named_parameters()}
    x, z, w0 = weights["users_free"], weights["items_free"], weights["projection"]
    y = toy.content.rows(np.arange(4)).astype(np.float64) @ w0.T + z
    w_u, w_v = (
        weights["propagation.user_transforms.0.weight"],
        weights["propagation.item_transforms.0.weight"],
    )
    u = np.maximum(0, (x + np.stack([(y[0] + y[1]) / 2, y[1], (y[1] + y[2]) / 2])) @ w_u.T)
    v = np.maximum(0, (y[:3] + np.stack([x[0], (x[0] + x[1] + x[2]) / 3, x[2]])) @ w_v.T)
    # Users 0 and 2 have 2 of the 5 edges each, user 1 has 1: weights 1/2, 1, 1/2, on average over edges 1.
    edge_weight = 0.5 / ((4 * 0.5 + 1) / 5)
    margins = np.array([u[0] @ v[1] - u[0] @ v[2], u[2] @ v[2] - u[2] @ v[0]])
    bpr = (np.log1p(np.exp(-margins)) * edge_weight).mean()
    norm = (np.square(x[[0, 2]]).sum() + np.square(z[[1, 2]]).sum() + np.square(z[[2, 0]]).sum()) / 2
    assert model.loss("joint", BATCH).item() == pytest.approx(bpr + 0.3 * norm, rel=1e-5)
    users, items = vectors(model)
    assert users.numpy() == pytest.approx(u, abs=1e-6)
    assert items[:3].numpy() == pytest.approx(v, abs=1e-6)
    assert items[3].numpy() == pytest.approx(w0 @ toy.content.rows(np.arange(4))[3], abs=1e-6)


def test_symmetric_pooling_by_hand(toy: Data) -> None:
    model = make(toy, layers=1, transfer="none")
    users, items = vectors(model)
    x = model.users_free.detach()
    y = (model.content @ model.projection.T + model.items_free).detach()
    assert torch.allclose(users[1], x[1] + y[1] / 3**0.5, atol=1e-6)
    assert torch.allclose(items[1], y[1] + x[0] / 6**0.5 + x[1] / 3**0.5 + x[2] / 6**0.5, atol=1e-6)


def test_adversarial_losses_by_hand(toy: Data) -> None:
    model = make(toy, transfer="adversarial", layers=0, nonsaturating=False, transfer_input="fused")
    assert model.transfer is not None
    assert model.discriminator is not None
    y = model.content @ model.projection.T + model.items_free
    items, users = torch.tensor([1, 2, 2, 0]), torch.tensor([0, 2, 0, 2])
    condition = [model.users_free[users], torch.tensor([[1.0], [1.0], [0.0], [0.0]])]
    fake = torch.sigmoid(model.discriminator(torch.cat([model.transfer(y[items]), *condition], 1)))
    real = torch.sigmoid(model.discriminator(torch.cat([y[items], *condition], 1)))
    assert model.loss("transfer", BATCH).item() == pytest.approx((1 - fake).log().mean().item(), rel=1e-5)
    expected = -(real.log().mean() + (1 - fake).log().mean())
    assert model.loss("discriminator", BATCH).item() == pytest.approx(expected.item(), rel=1e-5)
    model.settings = model.settings.model_copy(update={"nonsaturating": True})
    assert model.loss("transfer", BATCH).item() == pytest.approx(-fake.log().mean().item(), rel=1e-5)


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
@pytest.mark.parametrize("preset", ["own", "printed"])
def test_every_parameter_is_moved_by_its_phase(toy: Data, layers: int, preset: str) -> None:
    joint = make(toy, layers=layers, preset=preset, hidden=32, dimension=8)
    assert moved_by(joint, "joint") == names(joint, "joint") == {n for n, _ in joint.named_parameters()}
    apart = make(toy, layers=layers, preset=preset, hidden=32, dimension=8, transfer="adversarial")
    for phase in ("gnn", "transfer", "discriminator"):
        assert moved_by(apart, phase) >= names(apart, phase)
    assert set.union(*(names(apart, p.name) for p in apart.phases())) == {
        n for n, _ in apart.named_parameters()
    }


def test_updates_leave_other_phases_alone(toy: Data) -> None:
    model = make(toy, transfer="adversarial", detach=False)
    descent = model.learner(toy, RunContext(TrainOptions()))
    for phase, optimisers in zip(descent.phases, descent._optimisers, strict=True):
        before = {n: p.detach().clone() for n, p in model.named_parameters()}
        descent._update(phase, optimisers, BATCH, 0.01)
        changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
        assert changed == names(model, phase.name)


@pytest.mark.parametrize("transfer", ["euclidean", "adversarial"])
def test_detach_keeps_the_transfer_loss_out_of_the_graph_network(toy: Data, transfer: str) -> None:
    gradients = []
    for detach, weight in ((True, 0.0), (True, 5.0), (False, 5.0)):
        model = make(toy, transfer=transfer, detach=detach, transfer_weight=weight)
        model.loss(model.phases()[0].name, BATCH).backward()
        assert model.projection.grad is not None
        gradients.append(model.projection.grad)
    assert torch.equal(gradients[0], gradients[1])
    assert not torch.allclose(gradients[0], gradients[2])


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("preset", ["own", "printed"])
def test_all_ways_of_propagating_agree(toy: Data, layers: int, preset: str) -> None:
    model = make(toy, layers=layers, preset=preset, transfer="none")
    losses, gradients = [], []
    users, rows = torch.unique(BATCH.users, return_inverse=True)
    items, places = torch.unique(BATCH.items, return_inverse=True)
    drawn = Drawn(NativeSampler(toy, [-1] * layers).sample(users, items), rows, places)
    for batch in (BATCH, replace(BATCH, drawn=drawn)):
        model.zero_grad()
        loss = model.loss("joint", batch)
        loss.backward()
        losses.append(loss.item())
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert losses == pytest.approx([losses[0]] * 2, rel=1e-6)
    assert torch.allclose(gradients[0], gradients[1], atol=1e-7)


def test_new_items_are_embedded_like_old_ones_without_edges(toy: Data) -> None:
    for transfer in ("euclidean", "none"):
        model = make(toy, transfer=transfer)
        assert torch.allclose(model.place(torch.tensor(toy.content.rows(np.arange(4))))[3], vectors(model)[1][3])


def test_features_are_scaled_in_float32_in_training_too(planted: Callable[[], Split[RankingCases]]) -> None:
    """Also where that is in bfloat16: whoever loads the run scales them again, and shall answer as was measured."""
    data = planted().data
    model = learned(TransGRec, data, {"epochs": 1, "bf16": "on"}, dimension=8, hidden=8)
    torch.testing.assert_close(model.content, model.scaling.of(data.content), rtol=0, atol=1e-6)


def test_item_embedding_follows_the_setting(toy: Data) -> None:
    video = in_video(toy)
    content = make(toy, neighbour_share=0).place(torch.tensor(toy.content.rows(np.arange(4))))
    for data, source, by_content in (
        (toy, "auto", False),
        (video, "auto", True),
        (toy, "transfer", True),
        (video, "graph", False),
    ):
        items = vectors(make(data, item_embedding=source, neighbour_share=0))[1]
        assert torch.allclose(items[3], content[3], atol=1e-6)
        assert torch.allclose(items[:3], content[:3], atol=1e-6) == by_content


@pytest.mark.parametrize("transfer", ["euclidean", "adversarial", "none"])
def test_without_features_or_without_free_items(toy: Data, transfer: str) -> None:
    bare = replace(toy, features={})
    split = Split("toy", bare, *[_cases()] * 2)
    train(make(bare, transfer=transfer), split, TrainOptions(epochs=2, device="cpu"))
    content_only = make(toy, free_items=False, transfer=transfer)
    assert content_only.items_free is None
    train(content_only, replace(split, data=toy), TrainOptions(epochs=2, device="cpu"))


def _cases() -> RankingCases:
    return RankingCases(np.array([1]), Ragged(np.array([0, 1]), np.array([3])))


def test_planted_taste_beats_popularity_and_reaches_cold_items(planted: Callable[[], Split[RankingCases]]) -> None:
    split = planted()
    model = make(split.data, dimension=16, hidden=32, l2=0.01)
    options = TrainOptions(
        epochs=40, batch_size=256, learning_rate=0.01, metric="map", patience=40, device="cpu"
    )
    train(model, split, options, judge=validation_judge(Ranking(), split, options))
    popularity = learned(Popularity, split.data).scorer()
    found = {
        (name, part): evaluate(scorer, cases, split.data, ["map"], seed=0).metrics["map"]
        for name, scorer in (("model", model.scorer()), ("popularity", popularity))
        for part, cases in (("warm", split.valid), ("cold", split.test))
    }
    assert found["model", "warm"] > 0.9 > 2 * found["popularity", "warm"]
    assert found["model", "cold"] > 0.9 > 2 * found["popularity", "cold"]


@pytest.mark.parametrize("preset", ["own", "printed"])
def test_toy_is_learnt_by_heart(toy: Data, preset: str) -> None:
    data = replace(toy, sampled=np.ones(4, bool))
    own = RankingCases(np.arange(3), data.by_user, Ragged(np.array([0, 4, 8, 12]), np.tile(np.arange(4), 3)))
    model = make(data, preset=preset, dimension=16, l2=0, content_l2=0)
    options = TrainOptions(epochs=200, learning_rate=0.02, patience=200, device="cpu")
    split = Split("toy", data, own, own)
    assert train(model, split, options, judge=validation_judge(Ranking(), split, options)).best == 1


def test_a_scorer_for_some_items_embeds_them_as_all(toy: Data) -> None:
    for data in (in_video(toy), toy):
        model = make(data, neighbour_share=0.5, neighbours=2)
        users, items = vectors(model)
        some, everyone = torch.tensor([0, 3]), torch.arange(len(users))
        scorer = model.scorer(Target(nodes=some))
        torch.testing.assert_close(scorer.grid(everyone, some), users @ items[some].T)
        torch.testing.assert_close(model.scorer().grid(everyone), users @ items.T)
        pairs = model.scorer().pairs(torch.tensor([0, 2]), torch.tensor([3, 1]))
        torch.testing.assert_close(pairs, torch.stack([users[0] @ items[3], users[2] @ items[1]]))


@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("preset", ["own", "printed"])
def test_folding_in_a_known_history_gives_the_users_own_vector(toy: Data, layers: int, preset: str) -> None:
    model = make(toy, layers=layers, preset=preset)
    for user in range(3):
        found = model.user_vector(toy.by_user[user], user)
        assert found is not None
        if layers < 2:
            torch.testing.assert_close(found, vectors(model)[0][user])
    assert model.user_vector(np.array([3])) is None
