"""``graphrec forget``."""

from __future__ import annotations

import sys
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
)
from graphrec.errors import StoreError, UsageError


def forget(
    nodes: Annotated[list[str], typer.Argument(metavar="User:ID|Item:ID...", help="Whom, or what; several at once.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Remove users or items from all that graphrec keeps: graph, comments, features, embeddings, snapshots, pictures.

    With a user goes what the user wrote; with an item go its segments, frames and trailers, and the comments on them.
    What models have learned stays in their weights until they are trained again. Repeating the command finishes one
    that was stopped.

    Example: `graphrec forget User:u042 --dry-run`, then `graphrec forget User:u042 --yes`
    """
    from graphrec.api.forget import forget as forget_node
    from graphrec.api.forget import parsed
    from graphrec.api.forgotten import in_words, stays, warnings, without

    for node in nodes:
        parsed(node)
    with opened(workspace, store, write=True) as (graph, folder):
        # All are looked at before any goes: a slip in the last id costs nothing.
        planned = [forget_node(graph, folder, node, dry_run=True) for node in nodes]
        if not as_json:
            for one in planned:
                out.print(in_words(one), markup=False, soft_wrap=True)
                if without(one):
                    err.print(without(one), markup=False, soft_wrap=True)
        refused = "; ".join(filter(None, map(stays, planned)))
        if refused:
            if dry_run and as_json:
                print_json(planned)
            raise StoreError(refused)
        if dry_run or not _agreed(yes):
            if as_json:
                print_json(planned)
            return
        done = [forget_node(graph, folder, node) for node in dict.fromkeys(nodes)]
    if as_json:
        print_json(done)
    else:
        out.print(f"done: {', '.join(one.node for one in done)}", markup=False)
    for line in dict.fromkeys(line for one in done for line in warnings(one)):
        err.print(line, markup=False, soft_wrap=True)


def _agreed(yes: bool) -> bool:
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is nobody to ask whether to remove it; add --yes, or --dry-run to look only")
    return yes or typer.confirm("Remove it? This cannot be undone.", default=False, err=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forget)
