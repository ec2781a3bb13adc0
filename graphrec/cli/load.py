"""``graphrec load``: a command per loader, its flags made from the loader's options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    bar,
    err,
    opened,
    out,
    print_json,
    table,
)
from graphrec.cli.watching import watched
from graphrec.errors import GraphrecError, UsageError, unknown
from graphrec.loading.load import OnBadRow, load
from graphrec.loading.loader import Loader
from graphrec.loading.report import LoadReport, Progress
from graphrec.workspace import Workspace


class _LoaderCommands(TyperGroup):
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and not cmd_name.startswith("-"):
            raise UsageError(str(unknown("loader", cmd_name, self.commands)))
        return super().get_command(ctx, cmd_name)


group = typer.Typer(
    cls=_LoaderCommands,
    no_args_is_help=True,
    help="Load files into the graph; loading twice changes nothing.\n\n"
    "Example: `graphrec load movielens ml-latest-small`",
)


@cache
def loaders() -> dict[str, Loader]:
    """Return all installed loaders by name; a broken one is left out with a warning."""
    found: dict[str, Loader] = {}
    for entry in sorted(entry_points(group="graphrec.loaders"), key=lambda e: e.name):
        try:
            found[entry.name] = entry.load()()
        except Exception as error:
            # Whatever another package's code raises, the other loaders must stay usable.
            err.print(f"warning: loader {entry.name} is left out: {error}", markup=False)
    return found


def register(app: typer.Typer) -> None:
    """Add the command with one subcommand per loader."""
    for loader in loaders().values():
        group.command(loader.name, help=f"Load {loader.title}.\n\nExample: `{loader.example}`")(
            _command(loader)
        )
    app.add_typer(group, name="load")


def _command(loader: Loader) -> Callable[..., None]:
    return with_options(loader, f"load {loader.name}", watched(_load) if loader.name == "videos" else _load)


def with_options(loader: Loader, command: str, act: Callable[..., None]) -> Callable[..., None]:
    """Return a function whose signature is paths, the loader's options and what else ``act`` takes.

    Args:
        loader: whose options typer makes flags of.
        command: what people type, for errors.
        act: called with loader, its options and the rest by keyword.
    """
    fields = loader.Options.model_fields

    def run(**given: Any) -> None:
        options = {name: given.pop(name) for name in fields}
        try:
            read = loader.Options(**options)
        except ValueError as error:
            raise UsageError(f"graphrec {command}: {_reason(error)}") from error
        act(loader, read, **given)

    parameters = [
        inspect.Parameter(
            "paths",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
        )
    ]
    for name, field in fields.items():
        flag = "--" + name.strip("_").replace("_", "-")
        names = [f"{flag}/--no{flag[1:]}"] if field.annotation is bool else [flag]
        option = typer.Option(*names, help=" ".join((field.description or "").split()))
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.get_default(call_default_factory=True),
                annotation=Annotated[field.annotation, option],
            )
        )
    shared = inspect.signature(act, eval_str=True).parameters
    parameters += [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in list(shared.values())[3:]]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"--{str(first['loc'][0]).strip('_').replace('_', '-')}: {first['msg']}"


def _load(
    loader: Loader,
    options: Any,
    paths: list[Path],
    on_bad_row: Annotated[
        str, typer.Option(help="stop: refuse the file; skip: keep bad rows in a rejects file.")
    ] = "stop",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row and tell what would be written; nothing is.")
    ] = False,
    must_exist: Annotated[
        bool,
        typer.Option("--must-exist", help="Refuse relationships of unknown ids instead of making nodes of them."),
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    if on_bad_row not in ("stop", "skip"):
        raise UsageError(f"--on-bad-row takes stop or skip, not {on_bad_row!r}")
    how: OnBadRow = "stop" if on_bad_row == "stop" else "skip"
    with showing(quiet=as_json) as show, ExitStack() as held:
        folder, graph = Workspace(workspace), None
        # What a dry run can look up in a graph it does, but it does not need one.
        known = store is not None or folder.database.exists()
        if not known and not dry_run:
            held.push(lambda failed, *_: _drop_if_empty(folder) if failed else None)
        if known or not dry_run:
            graph, _ = held.enter_context(opened(workspace, store, write=not dry_run, create=True))
        report = load(
            graph, loader, paths, options, folder,
            on_bad_row=how, dry_run=dry_run, must_exist=must_exist, progress=show,
        )  # fmt: skip
    print_report(report, dry_run, as_json)


@contextmanager
def showing(*, quiet: bool) -> Iterator[Progress]:
    """Show a progress bar of rows, or of files where their number is known."""
    with bar(quiet=quiet) as progress:
        task, total = progress.add_task("rows", total=None), None

        def show(name: str, rows: int, *, of: int | None = None) -> None:
            nonlocal total
            total = of or total
            if of is not None or total is None:
                progress.update(task, description=name, total=total, advance=rows)

        yield show


def _drop_if_empty(folder: Workspace) -> None:
    """Take away the graph that a failed load made, unless something came into it."""
    with suppress(GraphrecError):
        with opened(folder.root, None) as (graph, _):
            if any(graph.counts().values()):
                return
        folder.drop_graph()


def print_report(report: LoadReport, dry_run: bool, as_json: bool) -> None:
    """Print what a load did, or of a dry run what it would do."""
    if as_json:
        print_json(
            {
                "loaded": report.tallies,
                "failures": report.failures,
                "rejects": report.rejects,
                "own_properties": report.own,
                "seconds": report.seconds,
                "dry_run": dry_run,
            }
        )
        return
    rows = [
        (name, t.read, t.created, t.updated, t.unchanged, t.rejected, t.left_out)
        for name, t in report.tallies.items()
    ]
    heads = ("", "read", "to write" if dry_run else "written", "updated", "unchanged", "rejected", "left out")
    shown = len(heads) if any(tally.left_out for tally in report.tallies.values()) else len(heads) - 1
    out.print(table(heads[:shown], [row[:shown] for row in rows]))
    if report.own:
        said = ", ".join(f"{name} ({kind})" for name, kind in report.own.items())
        out.print(f"kept as properties of your own: {said}", markup=False, soft_wrap=True)
    for failure in report.failures:
        err.print(f"left out: {failure.reason}", markup=False, soft_wrap=True)
    if report.rejects is not None:
        out.print(f"rejected rows and why: {report.rejects}", markup=False)
    out.print(f"{'checked, nothing written' if dry_run else 'done'} in {report.seconds:.1f} s")
