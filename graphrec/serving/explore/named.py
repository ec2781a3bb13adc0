"""The named queries, run on a store."""

from __future__ import annotations

from typing import Any

from graphrec.errors import unknown
from graphrec.store.base import GraphStore
from graphrec.store.open import database_of
from graphrec.store.queries import bind, named_queries


def named(store: GraphStore, name: str, **given: object) -> list[dict[str, Any]]:
    """Return the rows of the named query ``name``, its parameters as typed.

    Raises ``NotFoundError`` for a query or parameter that does not exist, ``ConfigError`` for a value that cannot be
    read.
    """
    known = named_queries(database_of(store.uri if "://" in store.uri else None))
    if name not in known:
        raise unknown("query", name, known)
    text, parameters = bind(known[name], {key: str(value) for key, value in given.items()})
    rows: list[dict[str, Any]] = store.read(text, **parameters).to_pylist()
    return rows
