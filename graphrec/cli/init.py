"""``graphrec init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json
from graphrec.config import FILE
from graphrec.errors import UsageError


def init(
    map_graph: Annotated[
        bool, typer.Option("--map", help="Propose a mapping of a server's graph; nothing is changed there.")
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="With --map: add it to graphrec.toml instead of printing it.")
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Create schema, constraints and indexes; safe to repeat.

    Of a graph that is there already, `--map` proposes what of it plays graphrec's roles instead: a section for
    graphrec.toml, to be edited.

    Example: `graphrec init -w my-graph`, or `graphrec init --map --store neo4j://HOST`
    """
    if map_graph:
        _map(workspace, store, write, as_json)
        return
    if write:
        raise UsageError("--write goes with --map")
    with opened(workspace, store, write=True, create=True) as (graph, _):
        graph.initialise()
    if as_json:
        print_json({"store": graph.uri})
        return
    out.print(f"ready: {graph.uri}", markup=False)


def _map(workspace: Path, store: str | None, write: bool, as_json: bool) -> None:
    from graphrec.api.first_contact import propose, write_proposal
    from graphrec.store.base import closing
    from graphrec.store.open import open_store

    # Whatever is mapped already, the whole graph is looked at.
    with closing(open_store(workspace, store, names={})) as graph:
        text = propose(graph)
    if write:
        write_proposal(text)
    if as_json:
        print_json({"store": graph.uri, "mapping": text, "written": str(FILE) if write else None})
    elif write:
        out.print(f"{FILE} has a mapping now: look at each line, then `graphrec doctor`")
    else:
        typer.echo(text)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)
