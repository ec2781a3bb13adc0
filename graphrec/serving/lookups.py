"""The small queries behind serving, one file each in ``cypher/serving``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa

from graphrec.errors import NotFoundError, nearest, unknown
from graphrec.keys import Id, composed, key_of
from graphrec.serving.chosen import USUAL, Chosen
from graphrec.store.base import GraphStore, TellingStore
from graphrec.store.spliced import spliced_rows

log = logging.getLogger(__name__)

LABELS = ("Item", "Segment", "Frame")
"""What can be recommended."""

FOUND = ("Item", "Segment", "User", "Frame")
"""What an id is looked for among, in this order."""

SLIPS = 2
"""So many characters more or fewer has an id that was meant."""

PARTS = ("Segment", "Frame")
"""What a video has of it."""


@cache
def text_of(name: str) -> str:
    """Return the text of ``cypher/serving/<name>.cypher``."""
    return (files("graphrec.cypher") / "serving" / f"{name}.cypher").read_text(encoding="utf-8")


def rows(
    store: GraphStore, name: str, label: str | None = None, chosen: Chosen = USUAL, **parameters: Any
) -> list[dict[str, Any]]:
    """Return the rows of ``cypher/serving/<name>_<label>.cypher`` as dictionaries."""
    found: list[dict[str, Any]] = table(store, name, label, chosen, **parameters).to_pylist()
    return found


def table(
    store: GraphStore, name: str, label: str | None = None, chosen: Chosen = USUAL, **parameters: Any
) -> pa.Table:
    """Return the rows as a table; ``chosen`` says which records count where the query asks for positive ones."""
    if label is not None:
        check_label(label)
        name = f"{name}_{label.lower()}"
    # The embedded database keeps one record of a type between two nodes.
    text = chosen.fill(text_of(name), newest=isinstance(store, TellingStore))
    return store.read(text, **parameters, **chosen.parameters(text))


def check_label(label: str) -> None:
    """Raise ``NotFoundError`` for what cannot be recommended."""
    if label not in LABELS:
        raise unknown("label to recommend", label, LABELS)


def ids(store: GraphStore, name: str, label: str, chosen: Chosen = USUAL, **parameters: Any) -> list[str]:
    """Return the column ``id`` of such rows."""
    return [row["id"] for row in rows(store, name, label, chosen, **parameters)]


def require(store: GraphStore, label: str, node: Id) -> str:
    """Return a node's id as the graph has it; raises ``NotFoundError`` where no ``label`` node has such an id."""
    found = _stored(store, label, key_of(node))
    if found is None:
        raise no_such(store, label, key_of(node))
    return found


def no_such(store: GraphStore, label: str, node: str, more: int = 0) -> NotFoundError:
    """Return the error for an id that no ``label`` node has, and ``more`` others; with one that may have been meant."""
    rows = spliced_rows(store, "alike", "n", (), label=label, start=node[:1])
    best = nearest(node, [row["id"] for row in rows if abs(len(row["id"]) - len(node)) <= SLIPS])
    cure = "`graphrec stats` tells what the graph holds" if best is None else f"did you mean {best!r}?"
    others = f"; {more:,} more are unknown" if more else ""
    return NotFoundError(f"there is no {label} with id {node!r}; {cure}{others}")


def find_node(
    store: GraphStore, node: Id, label: str | None = None, among: Sequence[str] = FOUND
) -> tuple[str, str]:
    """Return the label and the id of a node as the graph has them; where several labels have the id, that is said.

    Args:
        store: the graph.
        node: its id.
        label: its label; None for the first of ``among`` that has such a node.
        among: the labels that are looked at.

    Raises ``NotFoundError`` for an unknown id or label.
    """
    key = key_of(node)
    if label is not None:
        if label not in among:
            raise unknown("label to look among", label, among)
        return label, require(store, label, key)
    found = {one: stored for one in among if (stored := _stored(store, one, key)) is not None}
    if not found:
        one = next((one for one in FOUND if one not in among and _stored(store, one, key) is not None), None)
        if one is not None:
            raise NotFoundError(f"{key!r} is a {one}; what is asked for is {_or(among)}")
        raise NotFoundError(
            f"there is no {_or(FOUND)} with id {key!r}; `graphrec stats` tells what the graph holds"
        )
    first, *others = found
    if others:
        log.warning(
            "%r is the id of one %s and of one %s: this is the %s; label %s asks for the other",
            key, first, " and of one ".join(others), first, " or ".join(others),
        )  # fmt: skip
    return first, found[first]


def _stored(store: GraphStore, label: str, key: str) -> str | None:
    """Return an id as the graph has it: as it is given, else as a load would store it."""
    for one in dict.fromkeys((key, composed(key))):
        if rows(store, f"exists_{label.lower()}", id=one):
            return one
    return None


def _or(labels: Sequence[str]) -> str:
    return f"{', '.join(labels[:-1])} or {labels[-1]}"
