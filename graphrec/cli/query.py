"""``graphrec query``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    opened,
    pairs,
    print_json,
    print_wide,
)
from graphrec.errors import DataError, unknown
from graphrec.files import require_regular
from graphrec.serving.published import current_run
from graphrec.store.answers import WIDE
from graphrec.store.base import GraphStore
from graphrec.store.console.store import as_typed
from graphrec.store.open import database_of, warm_up_queries
from graphrec.store.queries import SPLICED, bind, named_queries


def query(
    name: Annotated[str, typer.Argument(help="A named query, or the path of a .cypher file.")],
    given: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="key=value; repeat for more.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print its text in your graph's own names, for any other client.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="It is ended after so long.")] = WIDE.seconds,
    memory_mb: Annotated[int, typer.Option(min=64, help="So much memory it may take.")] = WIDE.memory >> 20,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Run a read-only Cypher query, in a process of its own that can neither write nor open files.

    Embeddings are those of the run published last, unless `-p property=NAME` says otherwise.

    Example: `graphrec query history -p user=12`
    """
    if not show:
        warm_up_queries(store)
    limits = replace(WIDE, seconds=seconds, memory=memory_mb << 20)
    values = pairs(given or [], "-p")
    own = _of_file(name, values) if name.endswith(".cypher") else None
    # A query of one's own asks any graph; graphrec's ask one whose roles are known.
    with opened(workspace, store, unmapped=own is not None) as (graph, _):
        text, parameters = own or _named(name, graph, database_of(store), values, bare=show)
        if show:
            _show(text, parameters, as_json)
            return
        found = graph.query(text, limits, **parameters)
    rows = found.to_pylist()
    if as_json:
        print_json(rows)
        return
    if not rows:
        err.print("no rows")
        return
    print_wide(found.column_names, [list(row.values()) for row in rows])


def _show(text: str, parameters: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"text": text, "parameters": parameters})
        return
    for key, value in parameters.items():
        typer.echo(f"// ${key}: {json.dumps(value, ensure_ascii=False)}")
    typer.echo(text)


def _of_file(name: str, given: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """Return a file's text and the parameters."""
    require_regular(Path(name))
    try:
        return Path(name).read_text(encoding="utf-8"), {key: _value(text) for key, text in given.items()}
    except FileNotFoundError as error:
        raise DataError(f"{name}: no such file", name) from error
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror}", name) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not utf-8 text", name) from error


def _named(
    name: str, graph: GraphStore, database: str, given: dict[str, str], *, bare: bool
) -> tuple[str, dict[str, Any]]:
    """Return a query's text and parameters; of a ``bare`` one, those that were not given may be missing."""
    known = named_queries(database)
    if name not in known:
        raise unknown("query", name, known)
    wanted = {parameter.name for parameter in known[name].parameters if parameter.type in SPLICED}
    run = current_run(graph) if wanted else None
    if run is not None:
        # What was published last, and not what the query's example happens to be called.
        given = {name: getattr(run, name) for name in wanted} | given
    text, parameters = bind(known[name], given, partly=bare)
    return as_typed(graph, text), parameters


def _value(text: str) -> Any:
    """A parameter of a file of one's own: JSON where it is JSON, else text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)
