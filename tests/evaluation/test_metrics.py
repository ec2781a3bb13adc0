import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG

from graphrec.errors import ConfigError, NotFoundError
from graphrec.evaluation.metrics import metric
from graphrec.evaluation.rankings import Rankings
from graphrec.ragged import Ragged


def rankings(ranks: list[list[int]], candidates: list[int], items: list[list[int]] | None = None) -> Rankings:
    def ragged(rows: list[list[int]]) -> Ragged:
        lengths = np.array([0, *map(len, rows)])
        return Ragged(np.cumsum(lengths), np.array([v for row in rows for v in row], np.int64))

    shown = ragged(items if items is not None else [[] for _ in ranks])
    return Rankings(np.arange(len(ranks)), ragged(ranks), shown, np.array(candidates), max(candidates))


HAND = rankings([[1, 4, 5], [2], [1, 2]], [6, 10, 2])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("map", [(1 + 2 / 4 + 3 / 5) / 3, 1 / 2, 1]),
        # Of three relevant two must be seen, at rank 4; of one, that one; of two, one.
        ("nmsd", [(4 - 1.5) / (6 - 1.5), (2 - 0.5) / (10 - 0.5), 0]),
        ("hr@2", [1 / 2, 1, 1]),
        ("hr@4", [2 / 3, 1, 1]),
        ("recall@4", [2 / 3, 1, 1]),
        ("recall@1", [1 / 3, 0, 1 / 2]),
        ("precision@4", [2 / 4, 1 / 4, 2 / 4]),
        # Harmonic means of 2/4 and 2/3, 1/4 and 1, 2/4 and 1.
        ("f1@4", [4 / 7, 2 / 5, 2 / 3]),
        ("f1@1", [2 / 4, 0, 2 / 3]),
        ("mrr", [1, 1 / 2, 1]),
        # Three relevant and three others: the second and third relevant have two others ahead each.
        ("auc", [1 - 4 / 9, 1 - 1 / 9, 0.5]),
        (
            "ndcg@4",
            [(1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 1 / 2), 1 / np.log2(3), 1],
        ),
        ("ndcg@2", [1 / (1 + 1 / np.log2(3)), 1 / np.log2(3), 1]),
    ],
)
def test_by_hand(name: str, expected: list[float]) -> None:
    found = metric(name)
    assert found.per_case is not None
    np.testing.assert_allclose(found.per_case(HAND), expected)
    assert found.overall(HAND) == pytest.approx(np.mean(expected))


def test_coverage_counts_different_items_in_the_first_k() -> None:
    shown = rankings([[1], [1]], [10, 10], [[3, 5, 7], [3, 8, 9]])
    assert metric("coverage@2").overall(shown) == 3 / 10
    with pytest.raises(ConfigError, match="depth=4"):
        metric("coverage@4").overall(shown)


def test_nothing_to_find_has_no_value() -> None:
    empty = rankings([[], [1]], [5, 5])
    for name in ("map", "nmsd", "mrr", "auc", "hr@3", "recall@3", "precision@3", "f1@3", "ndcg@3"):
        per_case = metric(name).per_case
        assert per_case is not None
        values = per_case(empty)
        assert np.isnan(values[0])
        assert not np.isnan(values[1])


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_same_as_ir_measures(k: int) -> None:
    rng = np.random.default_rng(k)
    sizes = rng.integers(1, 40, 60)
    relevant = [np.sort(rng.choice(size, rng.integers(1, size + 1), replace=False)) + 1 for size in sizes]
    ours = rankings([ranks.tolist() for ranks in relevant], sizes.tolist())
    run = [
        ScoredDoc(f"{case}", f"{rank}", -float(rank))
        for case, size in enumerate(sizes)
        for rank in range(1, size + 1)
    ]
    truth = [Qrel(f"{case}", f"{rank}", 1) for case, ranks in enumerate(relevant) for rank in ranks]
    pairs = {"map": AP, "mrr": RR, f"recall@{k}": R @ k, f"precision@{k}": P @ k, f"ndcg@{k}": nDCG @ k}
    theirs = np.full((len(pairs), len(sizes)), np.nan)
    for value in ir_measures.iter_calc(list(pairs.values()), truth, run):
        theirs[list(pairs.values()).index(value.measure), int(value.query_id)] = value.value
    for row, name in zip(theirs, pairs, strict=True):
        per_case = metric(name).per_case
        assert per_case is not None
        np.testing.assert_allclose(per_case(ours), row, err_msg=name)
    f1 = metric(f"f1@{k}").per_case
    assert f1 is not None
    r, p = theirs[2], theirs[3]
    harmonic = np.divide(2 * p * r, p + r, out=np.zeros(len(r)), where=p + r > 0)
    np.testing.assert_allclose(f1(ours), harmonic)
    # HR here is recall where k reaches all relevant, and precision where it does not.
    hr = metric(f"hr@{k}").per_case
    assert hr is not None
    np.testing.assert_allclose(hr(ours), np.maximum(theirs[2], theirs[3]))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("recal@20", NotFoundError, "did you mean 'recall@k'"),
        ("recall", NotFoundError, "recall@k"),
        ("map@5", NotFoundError, "map"),
        ("recall@0", ConfigError, "from 1"),
        ("recall@x", ConfigError, "from 1"),
        ("coverage@-1", ConfigError, "from 1"),
    ],
)
def test_wrong_names(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        metric(name)
