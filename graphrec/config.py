"""Settings that every command has, and where they come from: flag, environment, graphrec.toml, default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphrec.errors import ConfigError

FILE = Path("graphrec.toml")


def file_defaults(path: Path = FILE) -> dict[str, Any]:
    """Return what ``graphrec.toml`` says.

    Top-level keys (``workspace``, ``store``, ``seed``, ...) hold for every command; a table named after a command
    (``[train]``, ``[load]``, ``[load.table]``), for that command and what is below it.

    Raises ``ConfigError`` when the file is not TOML.
    """
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error


def nested(command: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default map of ``command``: each subcommand gets what holds for all, and its own on top."""
    below: Mapping[str, object] | None = getattr(command, "commands", None)
    if below is None:
        return dict(values)
    shared = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    return {name: nested(entry, shared | tables.get(name, {})) for name, entry in below.items()}
