"""What mean ratings follow from: audiences of trailers, and regressions that cannot be made."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graphrec.api.reproduce.trailer_tables import _audiences, _regressed
from graphrec.testing.memory_store import MemoryStore


def test_audiences_of_a_movies_trailers_are_added_up() -> None:
    store = MemoryStore()
    store.write_nodes("Item", pa.table({"id": ["a", "b", "c", "d"]}))
    store.write_nodes("Trailer", pa.table({
        "id": ["1", "2", "3", "4"], "views": [9, 90, 0, None], "likes": [1, 2, 0, 5], "dislikes": [0, 1, 0, 1],
    }))  # fmt: skip
    store.write_relationships(
        "HAS_TRAILER", "Item", "Trailer", pa.table({"from": ["a", "a", "b", "c"], "to": ["1", "2", "3", "4"]})
    )
    found = _audiences(store, ["a", "b", "c", "d"])
    np.testing.assert_allclose(found[0], np.log([100, 4, 2]))
    # Nobody has seen that of b: log(1 + 0). Of c likes are told without views, and d has no trailer.
    assert found[1].tolist() == [0, 0, 0]
    np.testing.assert_allclose(found[2], [np.nan, np.log(6), np.log(2)])
    assert np.isnan(found[3]).all()


def test_a_regression_tells_what_it_cannot() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    row = _regressed("x", x, x @ [1, 2, 0.0] + 3, (0.4, 0.2))
    assert row == ["x", "60", "1.000 (0.4)", "1.000 (0.2)", "1.000"]
    noise = _regressed("noise", rng.normal(size=(60, 30)), rng.normal(size=60), (0.4, 0.2))
    assert float(noise[3].split()[0]) > 0.3
    assert float(noise[4]) < 0
    assert _regressed("x", x, np.full(60, 3.5), (0, 0))[2:4] == ["all mean ratings are equal", "not defined"]
    assert _regressed("x", x[:0], np.empty(0), (0, 0))[1:3] == ["0", "nothing is known"]
    assert _regressed("x", x[:4], x[:4, 0], (0, 0))[2] == "too few"
