"""The small queries behind serving, one file each in ``cypher/serving``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from graphrec.errors import NotFoundError, unknown
from graphrec.store.base import GraphStore

LABELS = ("Item", "Segment", "Frame")
"""What can be recommended."""

PARTS = ("Segment", "Frame")
"""What a video has of it."""


@cache
def _text(name: str) -> str:
    return (files("graphrec.cypher") / "serving" / f"{name}.cypher").read_text(encoding="utf-8")


def rows(store: GraphStore, name: str, label: str | None = None, **parameters: Any) -> list[dict[str, Any]]:
    """Return the rows of ``cypher/serving/<name>_<label>.cypher`` as dictionaries."""
    found: list[dict[str, Any]] = table(store, name, label, **parameters).to_pylist()
    return found


def table(store: GraphStore, name: str, label: str | None = None, **parameters: Any) -> pa.Table:
    """Return the rows as a table."""
    if label is not None:
        check_label(label)
        name = f"{name}_{label.lower()}"
    return store.read(_text(name), **parameters)


def check_label(label: str) -> None:
    """Raise ``NotFoundError`` for what cannot be recommended."""
    if label not in LABELS:
        raise unknown("label to recommend", label, LABELS)


def ids(store: GraphStore, name: str, label: str, **parameters: Any) -> list[str]:
    """Return the column ``id`` of such rows."""
    return [row["id"] for row in rows(store, name, label, **parameters)]


def require(store: GraphStore, label: str, node: str) -> None:
    """Raise ``NotFoundError`` unless there is a ``label`` node with the id ``node``."""
    if not rows(store, f"exists_{label.lower()}", id=node):
        raise no_such(label, node)


def no_such(label: str, node: str) -> NotFoundError:
    """Return the error for an id that no ``label`` node has."""
    return NotFoundError(f"there is no {label} with id {node!r}; `graphrec stats` tells what the graph holds")


def label_of(store: GraphStore, node: str) -> str:
    """Return the label of the item, segment, user or frame with the id ``node``; raises ``NotFoundError``."""
    for label in ("Item", "Segment", "User", "Frame"):
        if rows(store, f"exists_{label.lower()}", id=node):
            return label
    raise NotFoundError(
        f"there is no Item, Segment, User or Frame with id {node!r}; "
        "`graphrec stats` tells what the graph holds"
    )
