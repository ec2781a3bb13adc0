"""Functions that graphrec adds to the embedded database's Cypher."""

from __future__ import annotations

from typing import Any, cast

import ladybug
import numpy as np


def add_functions(connection: ladybug.Connection) -> None:
    """Add ``cosine(a, b)`` of two embeddings, to the whole database of the connection."""
    connection.create_function("cosine", cast(Any, _cosine), [ladybug.Type.BLOB] * 2, ladybug.Type.DOUBLE)


def _cosine(left: bytes, right: bytes) -> float:
    a, b = np.frombuffer(left, "<f4"), np.frombuffer(right, "<f4")
    return float(a @ b / np.sqrt(max((a @ a) * (b @ b), np.finfo(np.float32).tiny)))
