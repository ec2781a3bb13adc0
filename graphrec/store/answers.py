"""What a person's own query gives: at most so many rows, within a time, and until someone stops it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any


@dataclass(frozen=True)
class Node:
    """A node in an answer.

    Attributes:
        key: what the database calls it, the same in every place of one answer.
        label: its label, by the schema's name where it has one.
        properties: what is stored of it, without what is null.
        foreign: whether it is none of graphrec's, although its label may be called like one of the schema's.
    """

    key: str
    label: str
    properties: Mapping[str, Any]
    foreign: bool = False


@dataclass(frozen=True)
class Relationship:
    """A relationship in an answer; ``start`` and ``end`` are the keys of its nodes."""

    key: str
    type: str
    start: str
    end: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Path:
    """A path in an answer, or what lies between two nodes of a pattern of varying length."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]


@dataclass(frozen=True)
class Answer:
    """What ``ConsoleStore.ask`` gives.

    Attributes:
        columns: their names.
        rows: a value per column: numbers, strings, times, lists, dicts, ``Node``, ``Relationship``, ``Path`` or None.
        cut: whether there are more rows.
        seconds: how long it took.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    cut: bool
    seconds: float


@dataclass(frozen=True)
class Limits:
    """How far a query may go.

    Attributes:
        rows: no more are fetched.
        seconds: after which it is ended.
        memory: so many bytes at most, for the database and for the answer.
        stop: ends it at once, when another thread sets it.
    """

    rows: int = 1000
    seconds: float = 10.0
    memory: int = 1 << 30
    stop: Event = field(default_factory=Event, compare=False)


WIDE = Limits(rows=sys.maxsize, seconds=600.0)
"""For who asks from a program, or on the command line."""
OUTPUT_SHARE = 4
"""Of its memory, a query's answer in a table may take one part in so many."""
