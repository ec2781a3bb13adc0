"""``graphrec runs``."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.account import print_account
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
from graphrec.errors import GraphrecError
from graphrec.serving.published import current_runs
from graphrec.training.runs import Run, find_run, list_runs
from graphrec.workspace import Workspace


def runs(
    name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="One run: the account of its training.")
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List training runs, oldest first, with the metric that stopped them, on validation and test data.

    Example: `graphrec runs transgrec-20260102-030405`
    """
    if name is not None:
        _one(find_run(Workspace(workspace), name), as_json)
        return
    found = list_runs(Workspace(workspace))
    published = _published(workspace, store)
    if as_json:
        print_json(
            [
                {"run": run.id, "finished": run.finished, "published": run.id in published, **run.manifest}
                for run in found
            ]
        )
        return
    if not found:
        err.print("no runs yet; start one with `graphrec train --model transgrec`")
        return
    out.print(
        table(
            ("run", "split", "metric", "valid", "test", ""),
            [
                (
                    run.id,
                    run.manifest["split"],
                    run.manifest.get("metric"),
                    run.manifest.get("best"),
                    run.manifest.get("test", {}).get("metrics", {}).get(run.manifest.get("metric")),
                    _state(run, published),
                )
                for run in found
            ],
        )
    )


def _one(run: Run, as_json: bool) -> None:
    if as_json:
        print_json({"run": run.id, "finished": run.finished, **run.manifest})
    elif "account" in run.manifest:
        print_account(run.manifest["account"], out)
    else:
        cure = "it was trained by an older graphrec" if run.finished else _state(run, ())
        err.print(f"there is no account of {run.id}: {cure}", markup=False, soft_wrap=True)


def _published(workspace: Path, store: str | None) -> set[str]:
    """Return the runs whose embeddings the graph holds; none where it cannot be asked."""
    with suppress(GraphrecError), opened(workspace, store) as (graph, _):
        return {run.id for run in current_runs(graph)}
    return set()


def _state(run: Run, published: Collection[str]) -> str:
    if not run.finished:
        return f"cut off: graphrec train --resume {run.id}"
    return "published" if run.id in published else ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(runs)
