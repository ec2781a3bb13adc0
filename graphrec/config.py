"""Settings that every command has, and where they come from: flag, environment, graphrec.toml, default."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from graphrec.errors import ConfigError

FILE = Path("graphrec.toml")


def file_defaults(path: Path = FILE) -> dict[str, Any]:
    """Return what ``graphrec.toml`` says, in the form of the command line's default map.

    Top-level keys (``workspace``, ``store``, ``seed``, ...) hold for every command; a table named after a command, for
    that command alone.

    Raises ``ConfigError`` when the file is not TOML.
    """
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
