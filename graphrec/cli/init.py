"""``graphrec init``."""

from __future__ import annotations

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, StoreFlag, WorkspaceFlag, opened, out


def init(workspace: WorkspaceFlag = DEFAULT_WORKSPACE, store: StoreFlag = None) -> None:
    """Create schema, constraints and indexes; safe to repeat.

    Example: `graphrec init -w my-graph`
    """
    with opened(workspace, store, write=True) as (graph, _):
        graph.initialise()
        out.print(f"ready: {graph.uri}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)
