"""``graphrec runs``."""

from __future__ import annotations

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, WorkspaceFlag, err, out, print_json, table
from graphrec.workspace import Workspace


def runs(workspace: WorkspaceFlag = DEFAULT_WORKSPACE, as_json: JsonFlag = False) -> None:
    """List training runs, oldest first.

    Example: `graphrec runs --json`
    """
    from graphrec.training.runs import list_runs

    found = list_runs(Workspace(workspace))
    if as_json:
        print_json([{"run": run.id, "finished": run.finished, **run.manifest} for run in found])
        return
    if not found:
        err.print("no runs yet; start one with `graphrec train --model transgrec`")
        return
    out.print(
        table(
            ("run", "split", "seed", "epochs", "validation", "value", ""),
            [
                (
                    run.id,
                    run.manifest["split"],
                    run.manifest["seed"],
                    run.manifest.get("epochs"),
                    run.manifest.get("metric"),
                    run.manifest.get("best"),
                    "" if run.finished else f"cut off: graphrec train --resume {run.id}",
                )
                for run in found
            ],
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(runs)
