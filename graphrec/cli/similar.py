"""``graphrec similar``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json
from graphrec.cli.recommend import ranked
from graphrec.serving.similar import similar as find_similar


def similar(
    node: Annotated[str, typer.Argument(metavar="ID", help="Id of an item, segment, frame or user.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many.")] = 10,
    model: Annotated[
        str | None, typer.Option(help="Whose embeddings; the last published by default.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Its label, where several have such an id: Item, Segment, User or Frame; or Trailer."),
    ] = None,
    run: Annotated[str | None, typer.Option(help="Those of this run, published or not.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List what lies nearest to a node by a run's embeddings.

    Example: `graphrec similar v003#2`
    """
    with opened(workspace, store) as (graph, folder):
        found = find_similar(graph, node, k, model=model, label=label, workspace=folder, run=run)
    if as_json:
        print_json(found)
        return
    out.print(ranked(found, title=f"nearest to {node}"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(similar)
