"""``graphrec explain``."""

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
from graphrec.serving.explain import explain as find_reasons


def explain(
    user: Annotated[str, typer.Argument(help="Id of the user.")],
    node: Annotated[str, typer.Argument(metavar="ID", help="Id of the item or segment.")],
    model: Annotated[
        str | None, typer.Option(help="Whose embeddings; the last published by default.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="By this run; one that is not published gives reasons of the graph alone.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Label of ID, where several have such an id: Item, Segment or Frame.")
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Say why something is recommended: shared neighbours, genres and tags, content, and the model's own space.

    Only what the user chose is a reason: ratings of 4 and more, or what the run's `--where` says. Left out is what is
    little more than chance: things of which fewer than 2 % of the others who chose them chose this too, cosines below
    0.2, and genres and tags that less than a tenth of the history has.

    A run without embeddings tells its own score, and how much each feature matrix counts where it weighs them (models
    of clicks with `modalities=guided`).

    Example: `graphrec explain u001 v003#2`, or `graphrec explain u001 v003 --run deepfm-20261128-014934`
    """
    with opened(workspace, store) as (graph, folder):
        found = find_reasons(graph, folder, user, node, model=model, run=run, label=label)
    if as_json:
        print_json(found)
        return
    if found.note:
        err.print(found.note, markup=False, soft_wrap=True)
    out.print(found.sentence, markup=False)
    if found.score is not None:
        out.print(f"score {found.score:.4f} by {found.run}", markup=False)
    if found.shared:
        out.print(
            table(
                ("through", "title", "shared users", "of"),
                [(s.via, s.title, s.users, s.of) for s in found.shared],
            )
        )
    if found.common:
        rows = [(one.kind, one.name, one.things, one.of) for one in found.common]
        out.print(table(("shares", "name", "with so many", "of the history"), rows))
    for name, alike in (("embedding", found.embedding), *found.content.items()):
        if alike:
            out.print(table((f"in the history, by {name}", "cosine"), [(a.id, a.cosine) for a in alike]))
    if found.parts:
        parts = [(part.name, part.weight, part.score) for part in found.parts]
        out.print(table(("the score's parts, by run", "weight", "adds"), parts))
    if found.modalities is not None:
        weights = found.modalities
        counts = [(name, weights.here.get(name), share) for name, share in weights.usual.items()]
        usually = f"on average over {weights.of:,} items"
        out.print(table(("feature matrix", "counts here", usually), counts))
    if found.account is not None:
        for what, made in ((user, found.account.user), (node, found.account.item)):
            out.print(f"{what}, by {found.run}: {made.said}", markup=False)
            if made.most:
                out.print(
                    table(("made of", "id", "weight"), [(one.label, one.id, one.weight) for one in made.most])
                )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)
