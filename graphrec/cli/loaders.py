"""``graphrec loaders``."""

from __future__ import annotations

import typer

from graphrec.cli.common import JsonFlag, out, print_json, table
from graphrec.cli.load import loaders as installed


def loaders(as_json: JsonFlag = False) -> None:
    """List the loaders.

    Example: `graphrec loaders`
    """
    found = installed().values()
    if as_json:
        print_json(
            [{"loader": entry.name, "title": entry.title, "example": entry.example} for entry in found]
        )
        return
    out.print(
        table(("loader", "what", "example"), [(entry.name, entry.title, entry.example) for entry in found])
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(loaders)
