"""``graphrec queries``."""

from __future__ import annotations

import typer

from graphrec.cli.common import JsonFlag, StoreFlag, out, print_json, table
from graphrec.store.open import database_of
from graphrec.store.queries import named_queries


def queries(store: StoreFlag = None, as_json: JsonFlag = False) -> None:
    """List the named Cypher queries; with --store those for a server.

    Example: `graphrec queries`
    """
    found = named_queries(database_of(store)).values()
    if as_json:
        print_json(list(found))
        return
    out.print(
        table(("query", "what", "example"), [(entry.name, entry.what, entry.example) for entry in found])
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(queries)
