"""Settings that every command has, and where they come from: flag, environment, graphrec.toml, default."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.files import require_regular

FILE = Path("graphrec.toml")
SERVER_TABLE = "neo4j"
"""The table that no command is named after: what a graph that graphrec did not load calls its labels and types."""


def file_defaults(path: Path = FILE) -> dict[str, Any]:
    """Return what ``graphrec.toml`` says; raises ``ConfigError`` when the file is not TOML.

    Keys are flags without their dashes; one that takes pairs, as ``--type like=LIKED``, may be a table
    (``[load.events.type]``, ``like = "LIKED"``). Top-level keys (``workspace``, ``store``, ``seed``, ...) hold for
    every command; a table named after a command (``[train]``, ``[load]``, ``[load.table]``), for that command and what
    is below it.
    """
    return read_toml(path) if path.exists() else {}


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says; raises ``DataError`` for a missing file, ``ConfigError`` for another format."""
    require_regular(path)
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file", str(path)) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no TOML: {error}") from error


def check(command: Any, values: Mapping[str, Any], commands: Iterable[str], where: str = "") -> None:
    """Raise ``ConfigError`` for what no flag of ``command``, or of a command below it, takes.

    Args:
        command: the command line, or a command of it.
        values: what the file says of it.
        commands: the names of what is below it, which need not be loaded.
        where: the command's own name, with those above it; empty for the whole command line.
    """
    below = getattr(command, "commands", {})
    of = f" of {where}" if where else ""
    for key, value in values.items():
        if key == SERVER_TABLE and not where:
            continue
        if not isinstance(value, dict):
            _check_value(command, key, value, where)
        elif key not in commands and not hasattr(command, "commands") and _plain(key) in flags(command):
            _check_value(command, key, _listed(value), where)
        elif key not in commands:
            raise ConfigError(f"{FILE}: {unknown(f'command{of}', key, commands)}")
        elif key in below:
            check(below[key], value, getattr(below[key], "commands", {}), f"{where} {key}".strip())


def _check_value(command: Any, key: str, value: Any, where: str) -> None:
    options = flags(command)
    if _plain(key) not in options:
        kind = f"setting of {where}" if where else "setting"
        raise ConfigError(f"{FILE}: {unknown(kind, key, options)}")
    for option in options[_plain(key)]:
        try:
            option.process_value(typer.Context(command), value)
        except typer.BadParameter as error:
            table = f"[{where.replace(' ', '.')}] " if where else ""
            raise ConfigError(f"{FILE}: {table}{key} = {value!r}: {error.message}") from error


def nested(command: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default map of ``command``: each subcommand gets what holds for all, and its own on top."""
    below: Mapping[str, Any] | None = getattr(command, "commands", None)
    shared = {_plain(key): value for key, value in values.items() if not isinstance(value, dict)}
    if below is None:
        shared |= {_plain(key): _listed(value) for key, value in values.items() if isinstance(value, dict)}
        return {option.name: shared[flag] for flag, (option,) in flags(command).items() if flag in shared}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    return {name: nested(entry, shared | tables.get(name, {})) for name, entry in below.items()}


def _listed(table: Mapping[str, Any]) -> list[str]:
    """Return a table as what a flag is given that may be repeated."""
    return [f"{key}={value}" for key, value in table.items()]


def flags(command: Any) -> dict[str, list[Any]]:
    """Return the options of ``command`` and of all commands below it, by flag without dashes."""
    found: dict[str, list[Any]] = {}
    for entry in getattr(command, "commands", {}).values():
        for flag, options in flags(entry).items():
            found.setdefault(flag, []).extend(options)
    if not hasattr(command, "commands"):
        for option in command.params:
            if option.param_type_name == "option":
                found[_plain(max(option.opts, key=len))] = [option]
    return found


def _plain(flag: str) -> str:
    return flag.strip("-").replace("-", "_")
