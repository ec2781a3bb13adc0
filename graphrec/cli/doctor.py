"""``graphrec doctor``."""

from __future__ import annotations

import typer

from graphrec.api.doctor import diagnose
from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, out, print_json, table
from graphrec.workspace import Workspace


def doctor(
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE, store: StoreFlag = None, as_json: JsonFlag = False
) -> None:
    """Say what is installed and reachable, what is wrong, and the cure.

    Example: `graphrec doctor`
    """
    findings = diagnose(Workspace(workspace), store)
    if as_json:
        print_json(findings)
    else:
        out.print(
            table(
                ("", "what", "state", "cure"),
                [("ok" if f.ok else "!!", f.what, f.state, f.cure) for f in findings],
            )
        )
    if any(not f.ok for f in findings):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)
