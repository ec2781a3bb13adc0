"""What a store that answers typed queries offers, and how their answers come back from their processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from graphrec.errors import QueryError
from graphrec.store.answers import Answer, Limits
from graphrec.store.base import GraphStore
from graphrec.store.console.wire import unpacked

PLAN = Limits(seconds=10.0, memory=256 << 20)
SHOWN_BYTES = 16 << 20
"""For an answer in rows, which people look at."""


@runtime_checkable
class ConsoleStore(GraphStore, Protocol):
    """A store that answers queries which a person has typed, each in a process of its own."""

    def as_typed(self, text: str) -> str:
        """Return a query of graphrec's own as a person types it: in the names of the graph."""
        ...

    def ask(self, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
        """Run a query that only reads; raises ``QueryError`` for any other, a wrong one, and one that had to end."""
        ...

    def plan(self, text: str, parameters: Mapping[str, Any]) -> str:
        """Return how the database would run the query, without running it, as lines of text; raises ``QueryError``."""
        ...


def as_typed(store: GraphStore, text: str) -> str:
    """Return a query of graphrec's own as a person types it into ``store``'s database."""
    return store.as_typed(text) if isinstance(store, ConsoleStore) else text


def answer(run: Callable[[int], bytes]) -> Answer:
    """Return the answer that ``run`` brings, given how many bytes it may have."""
    started = time.monotonic()
    content = run(SHOWN_BYTES)
    try:
        columns, rows, cut = unpacked(content)
    except RecursionError:
        raise QueryError("the query failed: its answer nests too deep to be shown; ask for less") from None
    return Answer(columns, rows, cut, time.monotonic() - started)
