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
    dated,
    err,
    fits,
    opened,
    out,
    pairs,
    print_json,
    table,
)
from graphrec.errors import DataError, unknown
from graphrec.files import require_regular
from graphrec.store.answers import WIDE
from graphrec.store.open import as_typed, database_of, warm_up_queries
from graphrec.store.queries import bind, named_queries


def query(
    name: Annotated[str, typer.Argument(help="A named query, or the path of a .cypher file.")],
    given: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="key=value; repeat for more.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="It is ended after so long.")] = WIDE.seconds,
    memory_mb: Annotated[int, typer.Option(min=64, help="So much memory it may take.")] = WIDE.memory >> 20,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Run a read-only Cypher query, in a process of its own that can neither write nor open files.

    Example: `graphrec query history -p user=12`
    """
    text, parameters = _read(name, store, pairs(given or [], "-p"))
    warm_up_queries(store)
    limits = replace(WIDE, seconds=seconds, memory=memory_mb << 20)
    with opened(workspace, store) as (graph, _):
        found = graph.query(text, limits, **parameters)
    rows = found.to_pylist()
    if as_json:
        print_json(rows)
        return
    if not rows:
        err.print("no rows")
        return
    made = table(found.column_names, [list(row.values()) for row in rows])
    if fits(made):
        out.print(made)
        return
    for place, row in enumerate(rows):
        if place:
            out.print()
        out.print(table(("", ""), [(name, dated(name, value)) for name, value in row.items()]))


def _read(name: str, store: str | None, given: dict[str, str]) -> tuple[str, dict[str, Any]]:
    if name.endswith(".cypher"):
        require_regular(Path(name))
        try:
            return Path(name).read_text(encoding="utf-8"), {key: _value(text) for key, text in given.items()}
        except FileNotFoundError as error:
            raise DataError(f"{name}: no such file", name) from error
        except OSError as error:
            raise DataError(f"{name}: cannot be read: {error.strerror}", name) from error
        except UnicodeDecodeError as error:
            raise DataError(f"{name}: not utf-8 text", name) from error
    known = named_queries(database_of(store))
    if name not in known:
        raise unknown("query", name, known)
    text, parameters = bind(known[name], given)
    return as_typed(text, store), parameters


def _value(text: str) -> Any:
    """A parameter of a file of one's own: JSON where it is JSON, else text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)
