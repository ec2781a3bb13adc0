"""What the commands share: flags, the console, JSON, opening the workspace."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from graphrec.errors import UsageError
from graphrec.schema import is_time
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.times import date_text
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.evaluation.evaluate import Evaluation

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class GoOn:
    """How to go on after Ctrl-C, in words: what a command that can be resumed says as soon as it knows."""

    said = ""

    def by(self, command: str) -> None:
        """Say that ``command`` goes on."""
        self.said = f"`{command}` goes on"


go_on = GoOn()


def _given_before(context: typer.Context, parameter: typer.CallbackParam, value: Any) -> Any:
    """Return what was given before the command, unless it was given after it too; both win over the environment."""
    source = context.get_parameter_source(str(parameter.name))
    before = context.find_root().params.get(str(parameter.name))
    return value if before is None or (source and source.name == "COMMANDLINE") else before


_WORKSPACE: Any = typer.Option(
    "--workspace",
    "-w",
    envvar="GRAPHREC_WORKSPACE",
    callback=_given_before,
    help="Folder of database, features and runs; may stand before the command too.",
)
WorkspaceFlag = Annotated[Path, _WORKSPACE]
OwnWorkspaceFlag = Annotated[Path | None, _WORKSPACE]
"""Of a command that has a workspace of its own where none is named."""
StoreFlag = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=["GRAPHREC_STORE", "NEO4J_URI"],
        callback=_given_before,
        help="Database server, neo4j://HOST for example; by default the embedded one. May stand before the command.",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
PropertyFlag = Annotated[
    str | None,
    typer.Option("--property", help="Node property for the embeddings; by default the model's name."),
]
DEFAULT_WORKSPACE = Path("graphrec-data")


def require_as_begun(context: typer.Context, begun: str, allowed: Sequence[str] = (), hint: str = "") -> None:
    """Raise ``UsageError`` for what is said on the command line beside ``--resume BEGUN`` and would be ignored.

    ``allowed`` are parameters that a command takes all the same, beside those that all do.
    """
    heard = {*allowed, "resume", "workspace", "store", "as_json"}
    ignored = []
    for one in context.command.params:
        source = context.get_parameter_source(str(one.name))
        if one.name not in heard and source is not None and source.name == "COMMANDLINE":
            value = context.params[str(one.name)]
            words = [value] if isinstance(value, str) else value
            ignored.append(one.opts[0] if one.param_type_name == "option" else " ".join(words))
    if ignored:
        raise UsageError(f"--resume goes on with {begun} as it began: leave out {', '.join(ignored)}{hint}")


@contextmanager
def opened(
    workspace: Path, store: str | None, *, write: bool = False, create: bool = False, unmapped: bool = False
) -> Iterator[tuple[GraphStore, Workspace]]:
    """Open the store of a command and close it afterwards; only with ``create`` is one made.

    Raises ``DataError`` for somebody else's graph that nobody has mapped, but where it is ``unmapped`` all the same.
    """
    folder = Workspace(workspace)
    if write and not create:
        open_store(folder, store).close()
    with closing(open_store(folder, store, write=write)) as graph:
        if store is not None and not write and not unmapped:
            from graphrec.api.first_contact import refuse_unmapped

            refuse_unmapped(graph)
        yield graph, folder


def pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    """Return ``key=value`` texts as a dictionary; raises ``UsageError`` naming the flag."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"{flag} takes key=value, not {text!r}")
        found[key.strip()] = value.strip()
    return found


def whole_numbers(text: str, flag: str) -> list[int]:
    """Return numbers with commas between them; raises ``UsageError`` naming the flag."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(f"{flag} takes whole numbers with commas between them, not {text!r}") from error


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    unbroken: Sequence[str] = (),
) -> RenderableType:
    """Return a table of ``rows``; numbers stand to the right, times are dates, text is never read as markup.

    Values of the columns ``unbroken`` stay in one line, so that they can be copied.
    """
    rows = [[dated(name, value) for name, value in zip(columns, row, strict=True)] for row in rows]
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(
            isinstance(row[index], int | float) or row[index] is None for row in rows
        )
        side: Literal["left", "right"] = "right" if numeric else "left"
        made.add_column(name, justify=side, overflow="fold", no_wrap=name in unbroken)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    # A title of its own wraps at the width of the screen, not of the table.
    return made if title is None else Group(Text(title, style="italic"), made)


def metrics_table(found: Evaluation, title: str) -> RenderableType:
    """Return a table of metrics with their intervals, and apart those of users without training records."""
    cold = found.cold
    rows = [
        (name, value, *found.ci95.get(name, (None, None)), *([cold.metrics.get(name)] if cold else []))
        for name, value in found.metrics.items()
    ]
    columns = ("test metric", "value", "95% from", "to", *(["without training"] if cold else []))
    apart = f"; {cold.groups} of these of users without training records" if cold else ""
    return table(columns, rows, title=f"{title}{apart}")


def fits(columns: RenderableType) -> bool:
    """Return whether a table needs no more than the width of the screen."""
    return out.measure(columns, options=out.options.update(width=1 << 16)).maximum <= out.width


def print_wide(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: bool = True) -> None:
    """Print a table; on a narrow screen a block for each row, instead of a table of which nothing can be read.

    Without ``empty``, blocks leave out what a row has not.
    """
    made = table(columns, rows)
    if fits(made):
        out.print(made)
        return
    for place, row in enumerate(rows):
        if place:
            out.print()
        pairs = zip(columns, row, strict=True)
        told = [(name, dated(name, value)) for name, value in pairs if empty or value not in (None, "")]
        out.print(table(("", ""), told))


def dated(name: str, value: Any) -> Any:
    """Return the value of a property, epoch milliseconds as a date (UTC)."""
    if not is_time(name) or not isinstance(value, int):
        return value
    return date_text(value) or value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)  # 1995 may be a year
    if isinstance(value, dict):
        # A node or relationship: what it has, without the database's own ids.
        value = {k: v for k, v in _plain(value).items() if v is not None and not k.startswith("_")}
    if isinstance(value, dict | list | bytes):
        return Text(json.dumps(_plain(value), ensure_ascii=False))
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
