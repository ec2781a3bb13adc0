"""What the commands share: flags, the console, JSON, opening the workspace."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from graphrec.errors import ConfigError
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.workspace import Workspace

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

WorkspaceFlag = Annotated[
    Path,
    typer.Option(
        "--workspace", "-w", envvar="GRAPHREC_WORKSPACE", help="Folder of database, features and runs."
    ),
]
StoreFlag = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=["GRAPHREC_STORE", "NEO4J_URI"],
        help="Database server, neo4j://HOST for example; by default the embedded one.",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
DEFAULT_WORKSPACE = Path("graphrec-data")


@contextmanager
def opened(
    workspace: Path, store: str | None, *, write: bool = False
) -> Iterator[tuple[GraphStore, Workspace]]:
    """Open the store of a command and close it afterwards."""
    folder = Workspace(workspace)
    with closing(open_store(folder, store, write=write)) as graph:
        yield graph, folder


def pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    """Return ``key=value`` texts as a dictionary; raises ``ConfigError`` naming the flag."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigError(f"{flag} takes key=value, not {text!r}")
        found[key.strip()] = value.strip()
    return found


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> Table:
    """Return a table of ``rows``; numbers stand to the right, text is never read as markup."""
    rows = [list(row) for row in rows]
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(
            isinstance(row[index], int | float) or row[index] is None for row in rows
        )
        made.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def _cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return Text(str(value))


def print_json(value: Any) -> None:
    """Print ``value`` (dataclasses too) as one JSON document; NaN becomes null."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def bar(*, quiet: bool) -> Progress:
    """Return a progress bar on stderr."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
