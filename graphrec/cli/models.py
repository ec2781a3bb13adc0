"""``graphrec models``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import JsonFlag, out, print_json, table


def models(
    name: Annotated[str | None, typer.Argument(help="A model: shows its settings and paper.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the models, or one model's settings with types, ranges and defaults.

    Example: `graphrec models transgrec`
    """
    from graphrec.learning.options import TrainOptions
    from graphrec.models.registry import describe, describe_settings, model
    from graphrec.models.registry import models as installed

    if name is None:
        found = [(key, kind.title, kind.paper) for key, kind in installed().items()]
        if as_json:
            print_json([{"model": key, "title": title, "paper": paper} for key, title, paper in found])
        else:
            out.print(table(("model", "what", "paper"), found))
        return
    kind = model(name)
    settings, options = describe(name), describe_settings(TrainOptions)
    if as_json:
        print_json(
            {
                "model": name,
                "title": kind.title,
                "paper": kind.paper,
                "settings": settings,
                "training": options,
            }
        )
        return
    out.print(f"{name}: {kind.title}\n{kind.paper}".strip(), markup=False)
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
