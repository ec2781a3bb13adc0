import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.models import ease
from graphrec.models.ease import EASE
from graphrec.testing.training_data import attached, data_of, learned

Floats = npt.NDArray[np.float64]


def some(users: int, items: int) -> Data:
    """Records of all users but the last, of all items but the last; each tenth is there twice."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((users - 1, items - 1)) < 0.2)
    pairs = np.concatenate([pairs, pairs[::10]])
    return data_of(pairs[:, 0], pairs[:, 1], users, items)


def dense(data: Data) -> Floats:
    known = np.zeros((data.users, data.items))
    known[data.records.user, data.records.item] = 1
    return known


def by_hand(known: Floats, l2: float, user_weighting: float) -> Floats:
    """Return B of Eq. 8, by an inverse in float64."""
    weight = np.maximum(known.sum(1), 1) ** -user_weighting
    inverse = np.linalg.inv(known.T @ (known * weight[:, None]) + l2 * np.eye(known.shape[1]))
    return np.where(np.eye(known.shape[1], dtype=bool), 0, -inverse / np.diag(inverse))


@pytest.mark.parametrize("user_weighting", [0, 0.5, 1])
@pytest.mark.parametrize(("users", "items"), [(60, 20), (20, 60)], ids=["more users", "more items"])
def test_weights_are_those_of_an_inverse(users: int, items: int, user_weighting: float) -> None:
    data = some(users, items)
    model = learned(EASE, data, l2=2.0, user_weighting=user_weighting)
    assert model.weights.numpy() == pytest.approx(by_hand(dense(data), 2, user_weighting), abs=1e-5)


@pytest.mark.parametrize(("users", "items"), [(60, 20), (20, 60)])
def test_items_without_a_record_have_no_weights(users: int, items: int) -> None:
    weights = learned(EASE, some(users, items)).weights
    assert not weights[-1].any()
    assert not weights[:, -1].any()
    assert not weights.diagonal().any()


def test_weights_minimise_the_objective() -> None:
    data = some(60, 20)
    known, weights = dense(data), learned(EASE, data, l2=2.0, user_weighting=0).weights.double().numpy()
    # Its derivative is 0 everywhere but on the diagonal, which is not free.
    slope = known.T @ (known @ weights - known) + 2 * weights
    assert slope[~np.eye(20, dtype=bool)] == pytest.approx(0, abs=1e-4)


def test_score_is_the_sum_of_the_weights_of_what_a_user_has() -> None:
    data = some(60, 20)
    model = learned(EASE, data)
    users, items = torch.tensor([3, 59, 0, 3]), torch.tensor([0, 5, 19, 7])
    expected = torch.from_numpy(dense(data)).float() @ model.weights
    repeats = torch.from_numpy(np.bincount(data.records.user * 20 + data.records.item, minlength=1200) > 1)
    scorer = model.scorer()
    once = ~repeats.view(60, 20).any(1)
    assert torch.allclose(scorer.grid(torch.arange(60))[once], expected[once], atol=1e-5)
    assert torch.equal(scorer.grid(users, items), scorer.grid(users)[:, items])
    assert torch.allclose(scorer.pairs(users, items), scorer.grid(users)[range(4), items])
    assert not scorer.grid(torch.tensor([59])).any()


def test_a_new_user_is_scored_as_a_known_one() -> None:
    data = some(60, 20)
    model = learned(EASE, data)
    user = int(
        np.flatnonzero([len(set(one)) == len(one) > 0 for one in (data.by_user[u] for u in range(60))])[0]
    )
    scores = model.user_scores(data.by_user[user])
    assert scores is not None
    assert torch.allclose(scores, model.scorer().grid(torch.tensor([user]))[0], atol=1e-5)
    assert model.user_scores(np.empty(0, np.int64)) is None


def test_published_vectors_propose_what_the_weights_say() -> None:
    model = learned(EASE, some(60, 20), dimension=20)
    space = model.embeddings()[""]
    assert torch.allclose(space["User"] @ space["Item"].T, model.scorer().grid(torch.arange(60)), atol=1e-4)
    again = model.embeddings()[""]
    assert all(torch.equal(space[label], again[label]) for label in space)


def test_too_many_items_are_refused(toy: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "MOST_ITEMS", 3)
    with pytest.raises(DataError, match="4 are too many"):
        EASE.check(toy, attached(EASE, toy).settings)
