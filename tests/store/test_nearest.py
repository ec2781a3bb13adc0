"""The nearest of many vectors at once are those of each by itself, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError
from graphrec.store import nearest
from graphrec.store.nearest import best_each, exact_nearest, exact_nearest_each

IDS = pa.array([f"n{n:03}" for n in range(400)])


@pytest.mark.parametrize("metric", ["dot", "cosine"])
@pytest.mark.parametrize("few", [1 << 22, 1 << 9])
def test_each_gets_what_it_gets_alone(metric: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(400, 33)).astype(np.float32)
    # Equal, nearly equal, and null vectors: what a rounding decides, and what ids do.
    vectors[100:200] = vectors[0]
    vectors[200:250] = vectors[1] * (1 + rng.normal(size=(50, 1)).astype(np.float32) * 1e-7)
    vectors[250:260] = 0
    queries = rng.normal(size=(37, 33)).astype(np.float32)
    queries[3], queries[4], queries[5] = vectors[0], vectors[1], 0
    without = [rng.choice(IDS.to_pylist(), n, replace=False).tolist() for n in range(len(queries))]
    order = rng.permutation(400)
    monkeypatch.setattr(nearest, "SCORES", few)
    for among in (None, IDS.to_pylist()[90:230]):
        asked = {"among": among, "metric": metric}
        together = exact_nearest_each(IDS, vectors, queries, 60, without=without, **asked)
        for query, out, found in zip(queries, without, together, strict=True):
            assert exact_nearest(IDS, vectors, query, 60, without=out, **asked) == found
            # Nor does it depend on the order in which a database gives them.
            assert exact_nearest(IDS.take(order), vectors[order], query, 60, without=out, **asked) == found
            assert not {one.id for one in found} & set(out)
            scores = [one.score for one in found]
            assert scores == sorted(scores, reverse=True)
    right = vectors.astype(np.float64) @ queries[7].astype(np.float64)
    plain = exact_nearest(IDS, vectors, queries[7], 5, among=None, without=[], metric="dot")
    assert [one.score for one in plain] == pytest.approx(np.sort(right)[::-1][:5], rel=1e-5)


def test_equal_scores_stand_in_the_order_of_ids() -> None:
    scores = np.array([[1, 2, 2, np.nan, 2, -np.inf], [0, 0, 0, 0, 0, 0]], np.float32)
    ids = pa.array(["f", "e", "d", "c", "b", "a"])
    first, second = best_each(ids, scores, 4, among=None, without=[["d"], []])
    assert [(one.id, one.score) for one in first] == [("b", 2), ("e", 2), ("f", 1)]
    assert [one.id for one in second] == ["a", "b", "c", "d"]
    assert [one.id for one in best_each(ids, scores, 2, among=["f", "c"], without=[[], []])[1]] == ["c", "f"]
    assert best_each(ids, scores, 2, among=["nothing"], without=[[], []]) == [[], []]


def test_a_vector_that_is_no_number_is_left_out() -> None:
    vectors = np.array([[1, 0], [np.nan, 0], [2, 0]], np.float32)
    found = exact_nearest(
        pa.array(["a", "b", "c"]), vectors, np.array([1, 1], np.float32), 3, among=None, without=[], metric="dot"
    )
    assert [one.id for one in found] == ["c", "a"]
    with pytest.raises(ConfigError, match="cannot be compared with 2 numbers"):
        exact_nearest(IDS[:3], vectors, np.ones(3, np.float32), 1, among=None, without=[], metric="dot")
