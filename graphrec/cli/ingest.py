"""``graphrec ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    opened,
    out,
    print_json,
    table,
)
from graphrec.cli.embed import told
from graphrec.cli.load import print_report, showing, with_options
from graphrec.cli.watching import watched
from graphrec.errors import GraphrecError
from graphrec.loaders.videos import VideoLoader, VideoOptions

if TYPE_CHECKING:
    from graphrec.api.ingest import Ingested

HELP = """Load new video files and place them by the published model: they are recommended at once.

This is `graphrec load videos` and `graphrec embed` in one. `--status` says instead how far each file below PATHS has
come that was ever met: failed (and why), described, loaded, embedded.

Example: `graphrec ingest new/ && graphrec recommend u001 --new-only`
"""


def _ingest(
    loader: VideoLoader,
    options: VideoOptions,
    paths: list[Path],
    status: Annotated[
        bool, typer.Option("--status", help="Say how far each file has come; do nothing.")
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    if status:
        _print_states(workspace, store, paths, as_json)
        return
    from graphrec.api.ingest import ingest

    with showing(quiet=as_json) as show, opened(workspace, store, write=True, create=True) as (graph, folder):
        done = ingest(graph, folder, paths, options, progress=show)
    if as_json:
        print_json(_document(done))
    else:
        _print(done)
    if done.failure:
        raise GraphrecError(
            f"what is loaded stays, but is not placed: {done.failure}. `graphrec embed` places it once that is mended"
        )


def _print(done: Ingested) -> None:
    print_report(done.loaded, dry_run=False, as_json=False)
    if done.failure:
        return
    if done.embedded is None:
        out.print(
            "no run is published yet: `graphrec train --model transgrec` publishes one, which will place them"
        )
    else:
        told(done.embedded)


def _document(done: Ingested) -> dict[str, Any]:
    return {
        "loaded": done.loaded.tallies,
        "failures": done.loaded.failures,
        "embedded": done.embedded,
        "failure": done.failure,
        "seconds": done.loaded.seconds,
    }


def _print_states(workspace: Path, store: str | None, paths: list[Path], as_json: bool) -> None:
    from graphrec.api.ingest import states

    with opened(workspace, store) as (graph, folder):
        found = states(graph, folder, paths)
    if as_json:
        print_json(found)
        return
    failed = [entry for entry in found if entry.state == "failed"]
    rows = [(entry.item, entry.state, entry.at, entry.file) for entry in found if entry.state != "failed"]
    if rows:
        out.print(table(("item", "state", "at", "file"), rows))
    for entry in failed:
        out.print(f"failed: {entry.reason}", markup=False, soft_wrap=True)
    out.print(f"{len(found) - len(failed)} files are in use, {len(failed)} failed")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", help=HELP)(with_options(VideoLoader(), "ingest", watched(_ingest)))
