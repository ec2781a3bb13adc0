"""``graphrec init``."""

from __future__ import annotations

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json


def init(
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE, store: StoreFlag = None, as_json: JsonFlag = False
) -> None:
    """Create schema, constraints and indexes; safe to repeat.

    Example: `graphrec init -w my-graph`
    """
    with opened(workspace, store, write=True, create=True) as (graph, _):
        graph.initialise()
    if as_json:
        print_json({"store": graph.uri})
        return
    out.print(f"ready: {graph.uri}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)
