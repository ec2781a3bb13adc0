"""What a block asks of a store."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graphrec.store.upsert import plan

STORED = pa.table({"title": ["A", "B", "C", None], "year": pa.array([1, 2, None, 4])})


def test_rows_that_differ_in_the_same_properties_are_together() -> None:
    block = pa.table(
        {
            "id": ["new", "d", "c", "b", "a", "a2"],
            "title": pa.array(["N", "D", None, "b", "a", "A"]),
            "year": pa.array([9, 4, 3, 2, 1, None]),
        }
    )
    todo = plan(block, STORED, np.array([-1, 3, 2, 1, 0, 0]), ("id",))
    found = {tuple(names): rows.to_pylist() for names, rows in todo.alike()}
    assert found == {
        ("title",): [{"id": "d", "title": "D"}, {"id": "b", "title": "b"}, {"id": "a", "title": "a"}],
        ("year",): [{"id": "c", "year": 3}],
    }
    assert (todo.new["id"].to_pylist(), todo.unchanged, todo.rows.tolist()) == (["new"], 1, [1, 2, 3, 4])


def test_nothing_differs() -> None:
    block = pa.table({"id": ["a"], "title": ["A"]})
    todo = plan(block, STORED, np.array([0]), ("id",))
    assert [*todo.alike()] == []
    assert [*plan(block.select(["id"]), STORED, np.array([0]), ("id",)).alike()] == []
