"""The command line: one file per command, each a thin skin over the library."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Timer
from types import FrameType
from typing import Annotated, Any

import typer
from rich.logging import RichHandler

from graphrec.cli.common import err, go_on
from graphrec.config import check, file_defaults, flags, nested
from graphrec.errors import GraphrecError, UsageError

COMMANDS = (
    "demo",
    "init",
    "load",
    "prepare",
    "describe",
    "stats",
    "train",
    "study",
    "tune",
    "compare",
    "reproduce",
    "evaluate",
    "publish",
    "embed",
    "ingest",
    "recommend",
    "rate",
    "similar",
    "explain",
    "audience",
    "query",
    "runs",
    "models",
    "loaders",
    "queries",
    "explore",
    "export",
    "forget",
    "prune",
    "doctor",
)

BEFORE_COMMAND = ("--workspace", "-w", "--store")

_registered = set[str]()

app = typer.Typer(
    name="graphrec",
    help="Recommendations for videos nobody has seen yet, from a property graph.",
    epilog="Start with `graphrec demo`. Every command has --help with examples.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("graphrec"))
        raise typer.Exit


@app.callback()
def _root(
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            help="Folder of database, features and runs; given after the command, that wins.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", help="Database server, neo4j://HOST for example; given after the command, that wins."
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """The options that stand before a command; it looks up the first two itself."""


def main() -> None:
    """Run the command line; exit 0 done, 1 a clear error, 2 wrong usage, 130 Ctrl-C."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    go_on.said = ""
    logging.basicConfig(
        level=logging.INFO,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_time=False, show_path=False, show_level=False)],
    )
    if not debug:
        # What Neo4j's driver logs on its way to an error, the error says too.
        logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    try:
        status = _run(arguments)
    except GraphrecError as error:
        if debug:
            raise
        err.print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        status = 2 if isinstance(error, UsageError) else 1
    except (KeyboardInterrupt, typer.Abort):
        usual = "`graphrec runs` says how to go on" if _command(arguments) == "train" else "repeat the command to go on"
        err.print(f"stopped; what was finished is kept, {go_on.said or usual}", markup=False, soft_wrap=True)
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        if debug:
            raise
        hint = "; free some space and repeat the command" if error.errno == errno.ENOSPC else ""
        err.print(
            f"error: {error.filename or 'a file'}: {error.strerror or error}{hint}",
            style="red",
            markup=False,
            soft_wrap=True,
        )
        status = 1
    except typer.Exit as stop:
        status = stop.exit_code
    except Exception as error:
        show = getattr(error, "show", None)
        if debug or show is None:
            raise
        show()
        status = int(getattr(error, "exit_code", 2))
    sys.exit(status if isinstance(status, int) else 0)


def _run(arguments: list[str]) -> object:
    """Run the command and return its status; raises ``KeyboardInterrupt`` whatever became of a Ctrl-C on its way.

    Typer makes a silent exit of it, and compiled modules an error of their own.
    """
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        if _within("getsignal", frame):
            # ladybug asks for the handler before each query, and swallows what is raised there: press once more.
            Timer(0.1, os.kill, (os.getpid(), number)).start()
        else:
            signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not so under nohup
        signal.signal(signal.SIGINT, press)
    try:
        # Only the command asked for is imported: most need no torch, which takes seconds.
        name = _command(arguments)
        asked = [name] if name in COMMANDS else COMMANDS
        command = _with(asked)
        values = file_defaults()
        if not {key for key, value in values.items() if not isinstance(value, dict)} <= set(flags(command)):
            command = _with([name for name in COMMANDS if name not in asked])
        check(command, values, COMMANDS)
        status: object = app(
            arguments, prog_name="graphrec", standalone_mode=False, default_map=nested(command, values)
        )
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    if pressed and status:
        raise KeyboardInterrupt
    return status


def _command(arguments: Sequence[str]) -> str:
    """Return the first argument that is neither an option nor an option's value."""
    rest = iter(arguments)
    for argument in rest:
        if argument in BEFORE_COMMAND:
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return ""


def _with(names: Sequence[str]) -> Any:
    """Return the command line with the commands ``names`` and those it has already."""
    for name in names:
        if name not in _registered:
            import_module(f"graphrec.cli.{name}").register(app)
            _registered.add(name)
    return typer.main.get_command(app)


def _within(function: str, frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_name != function:
        frame = frame.f_back
    return frame is not None
