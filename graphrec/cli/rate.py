"""``graphrec rate``."""

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
from graphrec.serving.rate import PredictedRating
from graphrec.serving.rate import rate as predict


def rate(
    user: Annotated[str, typer.Argument(help="Id of the user.")],
    item: Annotated[str, typer.Argument(help="Id of what the user would rate.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many of the user's own ratings to name.")] = 5,
    model: Annotated[
        str | None, typer.Option(help="Whose published run; the last that predicts ratings by default.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Ask this run instead, published or not.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell the rating that a user would give, and what speaks for it.

    Example: `graphrec train --model libfm` and `graphrec rate 42 1197`
    """
    with opened(workspace, store) as (graph, folder):
        found = predict(graph, folder, user, item, model=model, run=run, k=k)
    if as_json:
        print_json(found)
        return
    if found.note:
        err.print(found.note, markup=False, soft_wrap=True)
    out.print(_sentence(found), markup=False, soft_wrap=True)
    if found.parts:
        out.print(table(["of that", "is"], [[part.name, part.score] for part in found.parts]))
    if found.neighbours:
        weighed = any(one.weight is not None for one in found.neighbours)
        columns = ["id", "title", "rating", "similarity", *(["share"] if weighed else [])]
        rows = [
            [one.id, one.title, one.rating, one.similarity, *([one.weight] if weighed else [])]
            for one in found.neighbours
        ]
        said = "own ratings of the items most alike"
        out.print(table(columns, rows, title=said if weighed else f"{said}, which it does not predict by"))


def _sentence(found: PredictedRating) -> str:
    named = found.item if found.title is None else f"{found.title} ({found.item})"
    had = "" if found.given is None else f"; in training it was {found.given:g}"
    scale = f"of {found.low:g} to {found.high:g}"
    return f"{found.user} would rate {named} {found.rating:.2f}, {scale}, says {found.run}{had}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rate)
