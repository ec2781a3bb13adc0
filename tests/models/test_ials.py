from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models import least_squares
from graphrec.models.ials import IALS
from graphrec.testing.training_data import attached, data_of, learned

Floats = npt.NDArray[np.float64]
SETTINGS = {"dimension": 5, "alpha": 0.3, "l2": 0.02, "initial_std": 1.0}


@pytest.fixture(scope="module")
def some() -> Data:
    """Records of all of 30 users but the last, of all of 40 items but the last; each tenth is there twice."""
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((29, 39)) < rng.random(39) / 2)
    pairs = np.concatenate([pairs, pairs[::10]])
    return data_of(pairs[:, 0], pairs[:, 1], 30, 40)


def dense(data: Data) -> Floats:
    known = np.zeros((data.users, data.items))
    known[data.records.user, data.records.item] = 1
    return known


def solved(known: Floats, other: Floats, alpha: float, l2: float) -> Floats:
    """Return what minimises the objective while ``other`` stands, row by row."""
    rows = []
    for row in known:
        near = other[row > 0]
        weight = l2 * (len(near) + alpha * len(other))
        matrix = near.T @ near + alpha * other.T @ other + weight * np.eye(other.shape[1])
        rows.append(np.linalg.solve(matrix, near.sum(0)))
    return np.array(rows)


def objective(known: Floats, p: Floats, q: Floats, alpha: float, l2: float) -> float:
    told = p @ q.T
    weights = [known.sum(axis) + alpha * known.shape[axis] for axis in (1, 0)]
    size = sum(w @ (v**2).sum(1) for w, v in zip(weights, (p, q), strict=True))
    return float(((1 - told) ** 2)[known > 0].sum() + alpha * (told**2).sum() + l2 * size)


def vectors(model: IALS) -> tuple[Floats, Floats]:
    p, q = model.vectors()
    return p.double().numpy(), q.double().numpy()


def test_a_sweep_is_a_solve_for_users_then_for_items(some: Data) -> None:
    known, before = dense(some), attached(IALS, some, **SETTINGS)
    q = before.items.double().numpy() * known.any(0)[:, None]
    p = solved(known, q, 0.3, 0.02)
    found = vectors(learned(IALS, some, {"epochs": 1}, solver="exact", **SETTINGS))
    assert found[0] == pytest.approx(p, abs=1e-4)
    assert found[1] == pytest.approx(solved(known.T, p, 0.3, 0.02), abs=1e-4)


def test_rows_may_be_solved_in_many_blocks(some: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = vectors(learned(IALS, some, {"epochs": 1}, solver="exact", **SETTINGS))
    monkeypatch.setattr(least_squares, "NUMBERS", 200)
    for one, expected in zip(
        vectors(learned(IALS, some, {"epochs": 1}, solver="exact", **SETTINGS)), whole, strict=True
    ):
        assert one == pytest.approx(expected, abs=1e-5)


def test_conjugate_gradients_end_at_the_solution(some: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = vectors(learned(IALS, some, {"epochs": 1}, solver="exact", **SETTINGS))
    # In as many steps as there are dimensions, but for rounding.
    monkeypatch.setattr(least_squares, "STEPS", 8)
    for one, whole in zip(vectors(learned(IALS, some, {"epochs": 1}, **SETTINGS)), expected, strict=True):
        assert one == pytest.approx(whole, abs=1e-3)


def test_three_steps_a_sweep_come_to_the_same_loss(some: Data) -> None:
    known = dense(some)
    losses = {
        solver: objective(
            known, *vectors(learned(IALS, some, {"epochs": 60}, solver=solver, **SETTINGS)), 0.3, 0.02
        )
        for solver in ("cg", "exact")
    }
    assert losses["cg"] == pytest.approx(losses["exact"], rel=1e-2)


@pytest.mark.parametrize("solver", ["cg", "exact"])
def test_every_sweep_lowers_the_objective(some: Data, solver: str) -> None:
    known = dense(some)
    losses = [
        objective(known, *vectors(learned(IALS, some, {"epochs": n}, solver=solver, **SETTINGS)), 0.3, 0.02)
        for n in (1, 2, 4, 8)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < objective(known, np.zeros((30, 5)), np.zeros((40, 5)), 0.3, 0.02)


@pytest.mark.parametrize("solver", ["cg", "exact"])
def test_who_and_what_has_no_record_is_at_0(some: Data, solver: str) -> None:
    p, q = vectors(learned(IALS, some, {"epochs": 2}, solver=solver, **SETTINGS))
    assert not p[-1].any()
    assert not q[-1].any()
    assert p[:-1].any(1).all()


def test_a_known_user_is_folded_in_where_training_put_them(some: Data) -> None:
    model = learned(IALS, some, {"epochs": 200}, solver="exact", **SETTINGS)
    for user in range(5):
        found = model.user_vector(some.by_user[user])
        assert found is not None
        assert torch.allclose(found, model.users[user], atol=1e-2)


@pytest.mark.parametrize("history", [[], [39], [39, 39]])
def test_a_history_that_says_nothing(some: Data, history: list[int]) -> None:
    assert learned(IALS, some, {"epochs": 1}).user_vector(np.array(history, np.int64)) is None


def test_a_repeated_record_counts_once(some: Data) -> None:
    model = learned(IALS, some, {"epochs": 1}, **SETTINGS)
    once, twice = (model.user_vector(np.array(h)) for h in ([1, 2], [1, 2, 1]))
    assert once is not None
    assert twice is not None
    assert torch.equal(once, twice)


def test_records_weigh_what_they_say(some: Data) -> None:
    weights = np.random.default_rng(3).integers(1, 4, len(some.records)).astype(np.float64)
    records = replace(some.records, values={"minutes": weights})
    weighed = replace(some, records=records, weight="minutes")
    of_pairs = np.zeros((some.users, some.items))
    np.add.at(of_pairs, (some.records.user, some.records.item), weights)
    before = attached(IALS, some, **SETTINGS)
    q = before.items.double().numpy() * (of_pairs > 0).any(0)[:, None]

    def by_hand(c: Floats, other: Floats) -> Floats:
        rows = []
        for row in c:
            penalty = 0.02 * (row.sum() + 0.3 * len(other)) * np.eye(5)
            rows.append(np.linalg.solve((other.T * row) @ other + 0.3 * other.T @ other + penalty, row @ other))
        return np.array(rows)

    p = by_hand(of_pairs, q)
    found = vectors(learned(IALS, weighed, {"epochs": 1}, solver="exact", **SETTINGS))
    assert found[0] == pytest.approx(p, abs=1e-4)
    assert found[1] == pytest.approx(by_hand(of_pairs.T, p), abs=1e-4)
    side = least_squares.Side(some.by_user, some.items, torch.device("cpu"), weights)
    penalty = 0.02 * (side.degrees + 0.3 * some.items)
    other = torch.from_numpy(q).float()
    own = torch.zeros(some.users, 5)
    for _ in range(10):
        own = least_squares.conjugate_gradient(side, own, other, 0.3, penalty)
    assert own.numpy() == pytest.approx(p, abs=1e-4)
