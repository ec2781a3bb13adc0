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
    print_wide,
)
from graphrec.errors import GraphrecError
from graphrec.serving.explore.run_reports import Summary, summary
from graphrec.serving.published import current_runs
from graphrec.training.manifest import REFUSED
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
    """List training runs, oldest first: when, on what, with which seed and features, and what they came to.

    The metric is the one that stopped a run, on validation and on test data; the verdict is that of its account.

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
                {
                    **run.manifest,
                    "run": run.id,
                    "finished": run.finished,
                    "published": run.id in published,
                    "started": told.started,
                    "features": told.features,
                    "verdict": told.verdict,
                }
                for run, told in zip(found, map(summary, found), strict=True)
            ]
        )
        return
    if not found:
        err.print("no runs yet; start one with `graphrec train --model transgrec`")
        return
    told = map(summary, found)
    rows = [_row(run, one, _state(run, published)) for run, one in zip(found, told, strict=True)]
    columns = ("run", "date", "seed", "projection", "features", "split", "metric", "valid", "test", "verdict", "")
    print_wide(columns, rows, empty=False)


def _row(run: Run, told: Summary, state: str) -> tuple[object, ...]:
    return (
        run.id,
        told.started[:16].replace("T", " "),
        told.seed,
        told.projection,
        ", ".join(told.features),
        told.split,
        told.metric,
        run.manifest.get("best"),
        told.value,
        told.verdict,
        state,
    )


def _one(run: Run, as_json: bool) -> None:
    if as_json:
        print_json({"run": run.id, "finished": run.finished, **run.manifest})
    elif "account" in run.manifest:
        print_account(run.manifest["account"], out)
    else:
        older = "it was trained by an older graphrec"
        cure = run.manifest.get(REFUSED, older if run.finished else _state(run, ()))
        err.print(f"there is no account of {run.id}: {cure}", markup=False, soft_wrap=True)


def _published(workspace: Path, store: str | None) -> set[str]:
    """Return the runs whose embeddings the graph holds; none where it cannot be asked."""
    with suppress(GraphrecError), opened(workspace, store) as (graph, _):
        return {run.id for run in current_runs(graph)}
    return set()


def _state(run: Run, published: Collection[str]) -> str:
    if REFUSED in run.manifest:
        return "refused"
    if not run.finished:
        return f"cut off: graphrec train --resume {run.id}"
    return "published" if run.id in published else ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(runs)
