"""Ids are found by their hashes, and told apart where those are equal."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graphrec.store import stored_ids
from graphrec.store.stored_ids import StoredIds


def test_ids_are_found_and_what_is_added_is_too() -> None:
    ids = [f"n{n}" for n in range(1000)]
    known = StoredIds(pa.chunked_array([ids[:300], ids[300:600]]), np.arange(600) * 2)
    asked = pa.array(["n599", "m", "n0", "n700", ""])
    assert known.find(asked).tolist() == [1198, -1, 0, -1, -1]
    known.add(pa.chunked_array([ids[600:]]), np.arange(600, 1000) * 2)
    assert known.find(asked).tolist() == [1198, -1, 0, 1400, -1]
    assert known.find(pa.array(ids[::-1])).tolist() == list(range(1998, -1, -2))


def test_of_none_nothing_is_found() -> None:
    known = StoredIds(pa.chunked_array([], pa.string()), np.empty(0, np.int64))
    assert known.find(pa.array(["a", "b"])).tolist() == [-1, -1]
    assert len(known.find(pa.array([], pa.string()))) == 0
    known.add(pa.chunked_array([["b"]]), np.array([7]))
    assert known.find(pa.array(["a", "b"])).tolist() == [-1, 7]


def test_ids_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_ids, "_hashes", lambda ids: np.zeros(len(ids), np.int64))
    known = StoredIds(pa.chunked_array([["a", "b"]]), np.array([4, 5]))
    known.add(pa.chunked_array([["c"]]), np.array([6]))
    assert known.find(pa.array(["c", "x", "b", "a"])).tolist() == [6, -1, 5, 4]
