"""``graphrec models``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import JsonFlag, out, print_json, table


def models(
    name: Annotated[str | None, typer.Argument(help="A model: shows its settings and paper.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the models with their papers, or one model's settings with types, ranges and defaults.

    Example: `graphrec models transgrec`
    """
    from graphrec.learning.options import TrainOptions
    from graphrec.models.registry import describe, describe_settings, model
    from graphrec.models.registry import models as installed

    if name is None:
        columns = ("model", "title", "paper", "doi")
        found = [(key, kind.title, kind.paper, kind.doi) for key, kind in installed().items()]
        if as_json:
            print_json([dict(zip(columns, row, strict=True)) for row in found])
        else:
            out.print(table(columns, found, unbroken=["model", "doi"]))
        return
    kind = model(name)
    settings, options = describe(name), describe_settings(TrainOptions)
    if as_json:
        print_json(
            {
                "model": name,
                "title": kind.title,
                "paper": kind.paper,
                "doi": kind.doi,
                "settings": settings,
                "training": options,
            }
        )
        return
    link = f"https://doi.org/{kind.doi}" if kind.doi else ""
    for line in (f"{name}: {kind.title}", kind.paper, link):
        if line:
            out.print(line, markup=False, soft_wrap=True)
    for title, entries in (("settings", settings), ("training", options)):
        if entries:
            out.print(
                table(
                    (title, "type", "range", "default", "what"),
                    [(s.name, s.type, s.range, str(s.default), " ".join(s.doc.split())) for s in entries],
                )
            )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(models)
