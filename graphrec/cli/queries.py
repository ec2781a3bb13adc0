"""``graphrec queries``."""

from __future__ import annotations

import typer

from graphrec.cli.common import JsonFlag, out, print_json, table
from graphrec.store.queries import named_queries


def queries(as_json: JsonFlag = False) -> None:
    """List the named Cypher queries.

    Example: `graphrec queries`
    """
    found = named_queries().values()
    if as_json:
        print_json(list(found))
        return
    out.print(
        table(("query", "what", "example"), [(entry.name, entry.what, entry.example) for entry in found])
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(queries)
