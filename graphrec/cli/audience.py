"""``graphrec audience``."""

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
from graphrec.serving.audience import audience as find_audience
from graphrec.serving.lookups import PARTS


def audience(
    video: Annotated[str, typer.Argument(help="Id of the video, or of another item.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many users.")] = 10,
    model: Annotated[
        str | None, typer.Option(help="Whose embeddings; the last published by default.")
    ] = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Also users who have chosen the video or a part of it.")
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List the users who would want a video, and the segment, or frame, that each would see first.

    They come in order of lift: by how many standard deviations the video stands out among all that the user could be
    shown.

    Example: `graphrec audience v003 -k 5`
    """
    with opened(workspace, store) as (graph, _):
        found = find_audience(graph, video, k, model=model, include_seen=include_seen)
    if as_json:
        print_json(found)
        return
    if not found.users:
        err.print(
            f"nobody is left who has not chosen {video} already"
            + ("" if include_seen else "; add --include-seen"),
            markup=False,
        )
        return
    timed = found.label in PARTS
    rows = [
        [place, one.user, one.lift, one.score, *([one.segment, one.start_s, one.end_s] if timed else [])]
        for place, one in enumerate(found.users, 1)
    ]
    columns = ["#", "user", "lift", "score", *(["sees first", "from s", "to s"] if timed else [])]
    out.print(table(columns, rows, title=f"who would want {video}, by {found.run}"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(audience)
