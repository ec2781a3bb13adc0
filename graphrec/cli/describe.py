"""``graphrec describe``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json


def describe(
    what: Annotated[
        str, typer.Argument(metavar="LABEL.PROPERTY", help="Whose values, such as Item.title or User.country.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the feature matrix; by default item-title and the like.")
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="tfidf: character n-grams of any language, no weights needed, the usual one of texts; "
            "sentence-transformers:FOLDER; n-hot: a number for each value, usual for lists, and for texts that are "
            "categories; number: on one scale, usual for numbers."
        ),
    ] = None,
    dimension: Annotated[
        int | None, typer.Option(min=1, max=4096, help="Numbers per node; 128 by default, of n-hot at most 1,000.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the fit.")] = 0,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit anew on all values of today, and describe all nodes again.")
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Describe texts, lists or numbers of nodes by feature vectors, which `train` then uses.

    The first time, the encoder is fitted on all of them; later, only nodes that are new are described, by the same.

    Example: `graphrec describe Item.title && graphrec train --model transgrec`
    """
    from graphrec.api.describe import describe as describe_texts

    with opened(workspace, store, write=True) as (graph, folder):
        done = describe_texts(
            graph,
            folder,
            what,
            name=name,
            encoder=encoder,
            dimension=dimension,
            seed=seed,
            refit=refit,
        )
    if as_json:
        print_json(done)
        return
    out.print(
        f"{done.described:,} {done.label} nodes described by {done.dimension} numbers each as {done.name}"
        + (", fitted on their values" if done.fitted else "")
        + (f"; {done.known:,} were before" if done.known else "")
        + (f"; {done.without_value:,} have no {what.partition('.')[2]}" if done.without_value else "")
        + (f"; {done.left_out:,} rarer values have no number of their own" if done.left_out else ""),
        markup=False,
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(describe)
