"""``graphrec publish``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    PropertyFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    opened,
    out,
    print_json,
)
from graphrec.workspace import Workspace


def publish(
    run: Annotated[str, typer.Argument(help="Id of the run; `graphrec runs` lists them.")],
    name: PropertyFlag = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a run's embeddings into the graph, as node properties named after its model.

    Example: `graphrec publish transgrec-20260102-030405`
    """
    from graphrec.serving.load_model import load_run
    from graphrec.serving.publish import publish as publish_run
    from graphrec.training.runs import find_run

    folder = Workspace(workspace)
    loaded = load_run(folder, find_run(folder, run))
    with opened(workspace, store, write=True) as (graph, _):
        done = publish_run(graph, loaded, name)
    if done.warning:
        err.print(f"warning: {done.run}: {done.warning}", style="red", markup=False, soft_wrap=True)
    if as_json:
        print_json(done)
        return
    counts = ", ".join(f"{count:,} {label}" for label, count in done.counts.items())
    out.print(
        f"{done.run} written back as property {done.property}: {counts}, {done.seconds:.1f} s", markup=False
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)
