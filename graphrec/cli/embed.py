"""``graphrec embed``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json

if TYPE_CHECKING:
    from graphrec.serving.placed import Embedded


def embed(
    run: Annotated[str | None, typer.Option(help="Id of the run; by default the one published last.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Give nodes that came after training their embedding, from their features, without retraining.

    A run on the segments of videos also places their frames and the videos themselves, where they are described in
    the same way (`look-frame` and `look-item` beside `look`), and the other way round.

    Example: `graphrec load videos new/ && graphrec embed`
    """
    from graphrec.api.ingest import place
    from graphrec.errors import NotFoundError

    with opened(workspace, store, write=True) as (graph, folder):
        done = place(graph, folder, run)
    if done is None:
        raise NotFoundError("no run is published yet; `graphrec train --model transgrec` publishes one")
    if as_json:
        print_json(done)
        return
    told(done)


def told(done: Embedded) -> None:
    """Print what was embedded, a line for each label, and what features are lacking."""
    if done.unable:
        out.print(f"0 {done.label} nodes embedded: {done.unable}", markup=False, soft_wrap=True)
        return
    if done.new_genres:
        out.print(
            f"{done.new_genres:,} genres came after training and do not count until you train again", soft_wrap=True
        )
    for one in (done, *done.siblings):
        counts = (
            (one.partly, "of them by a part of their features"),
            (one.again, "placed again, by other features than before"),
            (one.without_features, "have no features"),
        )
        said = [f"{count:,} {what}" for count, what in counts if count]
        out.print(
            "; ".join([f"{one.embedded:,} {one.label} nodes embedded by {one.run}", *said]),
            markup=False,
            soft_wrap=True,
        )
        for feature in one.lacking:
            out.print(f"{feature.nodes:,} lack {feature.name}: {feature.cure}", markup=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(embed)
