"""``graphrec describe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json

if TYPE_CHECKING:
    from graphrec.api.describe import DescribedValues


def describe(
    what: Annotated[
        str, typer.Argument(metavar="LABEL.PROPERTY", help="Whose values, such as Item.title or User.country.")
    ],
    onto: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help="Describe the nodes of this label to which those with the values belong, by the mean: of comments the "
            "Item (or Segment, Frame, Trailer, User) that they are on.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the feature matrix; by default item-title, with --onto item-comment-text, and the like."
        ),
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

    With --onto, values are carried to what they belong to, directly or through segments, frames and trailers, never
    along what users do. Repeated, it describes by the same encoder what new comments, for example, belong to.

    Example: `graphrec describe Item.title && graphrec train --model transgrec`

    Example: `graphrec describe Comment.text --onto Item`
    """
    from graphrec.api.describe import describe as describe_texts

    with opened(workspace, store, write=True) as (graph, folder):
        done = describe_texts(
            graph,
            folder,
            what,
            onto=onto,
            name=name,
            encoder=encoder,
            dimension=dimension,
            seed=seed,
            refit=refit,
        )
    if as_json:
        print_json(done)
        return
    for line in said(done, what):
        out.print(line, markup=False, soft_wrap=True)


def said(done: DescribedValues, what: str) -> list[str]:
    """Return what was done, a line each for the vectors, where the values belong, and the ways there."""
    prop, found = what.partition(".")[2], done.carried
    missing = f"; {done.without_value:,} have no {prop}" if done.without_value else ""
    first = (
        f"{done.described:,} {done.label} nodes described by {done.dimension} numbers each ({done.encoder}) as "
        f"{done.name}"
        + (f", fitted on {'the' if found else 'their'} values" if done.fitted else "")
        + (f"; {done.again:,} again, since other values belong to them now" if done.again else "")
        + (f"; {done.known:,} were before" if done.known else "")
        + ("" if found else missing)
        + (f"; {done.left_out:,} rarer values have no number of their own" if done.left_out else "")
    )
    if not found:
        return [first]
    nodes = done.described + done.again + done.known
    return [
        first,
        f"{found.reached:,} of {found.values:,} {found.label} nodes with {prop} belong to {nodes:,} {done.label} nodes"
        + (f", {found.several:,} of them to several" if found.several else "")
        + (f"; {found.values - found.reached:,} belong to none" if found.values > found.reached else "")
        + missing
        + (f"; {found.held_out:,} are held out, being valid or test records" if found.held_out else "")
        + (f"; {found.bare:,} {done.label} nodes have no {found.label} with {prop}" if found.bare else ""),
        *(f"{way}: {pairs:,}" for way, pairs in found.ways.items()),
    ]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(describe)
