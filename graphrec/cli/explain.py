"""``graphrec explain``."""

from __future__ import annotations

from typing import Annotated

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
from graphrec.serving.explain import explain as find_reasons


def explain(
    user: Annotated[str, typer.Argument(help="Id of the user.")],
    node: Annotated[str, typer.Argument(metavar="ID", help="Id of the item or segment.")],
    model: Annotated[
        str | None, typer.Option(help="Whose embeddings; the last published by default.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Label of ID, where several have such an id: Item, Segment or Frame.")
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Say why something is recommended: shared neighbours, content, and the model's own space.

    Example: `graphrec explain u001 v003#2`
    """
    with opened(workspace, store) as (graph, folder):
        found = find_reasons(graph, folder, user, node, model=model, label=label)
    if as_json:
        print_json(found)
        return
    out.print(found.sentence, markup=False)
    if found.score is not None:
        out.print(f"score {found.score:.4f} by {found.run}", markup=False)
    if found.shared:
        out.print(
            table(("through", "title", "shared users"), [(s.via, s.title, s.users) for s in found.shared])
        )
    for name, alike in (("embedding", found.embedding), *found.content.items()):
        if alike:
            out.print(table((f"in the history, by {name}", "cosine"), [(a.id, a.cosine) for a in alike]))
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
