"""``graphrec prune``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    opened,
    out,
    print_json,
    table,
)


def prune(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove them; without it they are only listed.")] = False,
    keep: Annotated[int, typer.Option(min=1, help="So many finished runs of each model stay, the newest.")] = 1,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List what nobody needs any more, with its size: unfinished and old runs, snapshots, copies, strays, maps.

    Runs that the graph answers by stay, and so do those of studies; what was touched within a day is left alone.
    With `--yes` it is removed.

    Example: `graphrec prune`, then `graphrec prune --keep 2 --yes`
    """
    from graphrec.api.prune import prunable, remove
    from graphrec.serving.published import current_runs

    # Nothing else writes meanwhile: of an embedded graph a writer is alone.
    with opened(workspace, store, write=True) as (graph, folder):
        found = prunable(folder, {run.id for run in current_runs(graph)}, keep)
        if yes:
            remove(found)
    if as_json:
        print_json({"removed": yes, "bytes": sum(one.bytes for one in found), "found": found})
        return
    if not found:
        err.print("nothing to remove")
        return
    rows = [(one.kind, str(one.path.relative_to(folder.root)), one.bytes, one.why) for one in found]
    out.print(table(("what", "path", "bytes", "why"), rows))
    total = sum(one.bytes for one in found) / 1e6
    out.print(f"{total:,.1f} MB removed" if yes else f"{total:,.1f} MB; `graphrec prune --yes` removes it")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prune)
