"""``graphrec forget``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from graphrec.api.forget import Forgotten


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

    for node in nodes:
        parsed(node)
    with opened(workspace, store, write=True) as (graph, folder):
        # All are looked at before any goes: a slip in the last id costs nothing.
        planned = [forget_node(graph, folder, node, dry_run=True) for node in nodes]
        if not as_json:
            for one in planned:
                out.print(said(one), markup=False, soft_wrap=True)
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
    stay = [one.node for one in done if one.read_only and one.nodes]
    if stay:
        raise StoreError(
            f"{', '.join(stay)}: still in the graph, which is somebody else's and read only to graphrec; delete it "
            "there, and its embeddings go with it"
        )


def said(one: Forgotten) -> str:
    """Return in a sentence what goes."""
    nodes = ", ".join(f"{count:,} {label}" for label, count in one.nodes.items())
    parts = [
        *([f"{nodes} in the graph with all relationships and embeddings"] if nodes and not one.read_only else []),
        *([f"{sum(one.features.values()):,} vectors of {', '.join(sorted(one.features))}"] if one.features else []),
        *_counted(
            (len(one.snapshots), "snapshot"),
            (one.copies, "copy of relationships", "copies of relationships"),
            (one.files, "picture or description", "pictures and descriptions"),
            (one.journal, "entry of the journal", "entries of the journal"),
            (one.maps, "map of embeddings", "maps of embeddings"),
            (one.rejects, "refused row"),
        ),
    ]
    return f"{one.node}: {'; '.join(parts) or 'nothing is kept beside the graph'}"


def warnings(one: Forgotten) -> list[str]:
    """Return what is to be known of what stays."""
    found = []
    if one.learned:
        found.append(
            f"what these runs have learned of it stays in their weights: {', '.join(one.learned)}; their snapshot is "
            "gone: train again, and remove them by `graphrec prune`"
        )
    found += [f"means of vectors still count it: `{command}` works them out anew" for command in one.carried]
    if one.backups:
        found.append(f"left alone, and may hold it: {', '.join(map(str, one.backups))}")
    return found


def _counted(*counts: tuple[int, str] | tuple[int, str, str]) -> list[str]:
    return [
        f"{count:,} {words[0] if count == 1 else words[1] if words[1:] else words[0] + 's'}"
        for count, *words in counts
        if count
    ]


def _agreed(yes: bool) -> bool:
    if not yes and not sys.stdin.isatty():
        raise UsageError("there is nobody to ask whether to remove it; add --yes, or --dry-run to look only")
    return yes or typer.confirm("Remove it? This cannot be undone.", default=False, err=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forget)
