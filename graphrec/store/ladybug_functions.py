"""Functions that graphrec adds to the embedded database's Cypher."""

from __future__ import annotations

from typing import Any, cast

import ladybug
import numpy as np


def add_functions(connection: ladybug.Connection) -> None:
    """Add ``cosine(a, b)`` and ``dot(a, b)`` of two embeddings, to the whole database of the connection."""
    for name, function in (("cosine", _cosine), ("dot", _dot)):
        connection.create_function(name, cast(Any, function), [ladybug.Type.BLOB] * 2, ladybug.Type.DOUBLE)


def _cosine(left: bytes, right: bytes) -> float:
    a, b = np.frombuffer(left, "<f4"), np.frombuffer(right, "<f4")
    return float(a @ b / np.sqrt(max((a @ a) * (b @ b), np.finfo(np.float32).tiny)))


def _dot(left: bytes, right: bytes) -> float:
    return float(np.frombuffer(left, "<f4") @ np.frombuffer(right, "<f4"))
