"""What a person's own query gives: at most so many rows, within a time, and until someone stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Protocol, runtime_checkable

from graphrec.errors import QueryError
from graphrec.store.base import GraphStore

TICK_S = 0.05


@dataclass(frozen=True)
class Node:
    """A node in an answer.

    Attributes:
        key: what the database calls it, the same in every place of one answer.
        label: its label, by the schema's name where it has one.
        properties: what is stored of it, without what is null.
    """

    key: str
    label: str
    properties: Mapping[str, Any]


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
        stop: ends it at once, when another thread sets it.
    """

    rows: int = 1000
    seconds: float = 10.0
    stop: Event = field(default_factory=Event, compare=False)

    @contextmanager
    def watch(self, end: Callable[[], None]) -> Iterator[Watch]:
        """Call ``end``, again and again, once the time is up or someone stops it, until the block ends."""
        watch = Watch(self, time.monotonic())
        done = Event()

        def look() -> None:
            # Once may be a moment too early: a query that is not running yet is not ended.
            while not done.wait(TICK_S):
                if watch.over:
                    end()

        thread = Thread(target=look, daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            done.set()
            thread.join()


@dataclass(frozen=True)
class Watch:
    """A query that is being watched, since ``started`` (``time.monotonic``)."""

    limits: Limits
    started: float

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.started

    @property
    def over(self) -> bool:
        """Whether it is to end."""
        return self.limits.stop.is_set() or self.seconds > self.limits.seconds

    def ended(self) -> QueryError:
        """Return the error for a query that had to end."""
        if self.limits.stop.is_set():
            return QueryError("the query was stopped")
        return QueryError(
            f"the query was ended after {self.limits.seconds:g} s, which is the time allowed; ask for less"
        )

    def fetched(self, rows: Iterator[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], bool]:
        """Return as many rows as are allowed, and whether there are more; raises ``QueryError`` when it is to end."""
        found: list[tuple[Any, ...]] = []
        for row in rows:
            if self.over:
                raise self.ended()
            if len(found) == self.limits.rows:
                return found, True
            found.append(row)
        return found, False


@runtime_checkable
class ConsoleStore(GraphStore, Protocol):
    """A store that answers queries which a person has typed."""

    def ask(self, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run a query that only reads; raises ``QueryError`` for any other, a wrong one, and one that had to end."""
        ...

    def plan(self, text: str, parameters: Mapping[str, Any]) -> str:
        """Return how the database would run the query, without running it, as lines of text; raises ``QueryError``."""
        ...
