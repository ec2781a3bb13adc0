"""Where a Neo4j server is and who logs in: the address from the user, the rest from Neo4j's own variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from graphrec.errors import ConfigError

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


@dataclass(frozen=True)
class Login:
    """Name and password, and the database; a ``database`` of None is the user's home database."""

    user: str = "neo4j"
    password: str | None = field(default=None, repr=False)
    database: str | None = None


def login(environment: Mapping[str, str] = os.environ) -> Login:
    """Return what NEO4J_USERNAME, NEO4J_PASSWORD or NEO4J_PASSWORD_FILE, and NEO4J_DATABASE say.

    Raises ``ConfigError`` for a password file that cannot be read.
    """
    password = environment.get("NEO4J_PASSWORD")
    file = environment.get("NEO4J_PASSWORD_FILE")
    if password is None and file:
        try:
            password = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"NEO4J_PASSWORD_FILE: {file} cannot be read: {reason}") from None
    return Login(
        environment.get("NEO4J_USERNAME") or "neo4j", password, environment.get("NEO4J_DATABASE") or None
    )


def address(uri: str) -> str:
    """Return ``uri`` if it is ``scheme://host[:port]``; raises ``ConfigError``, which never repeats a password."""
    wrong = f"a store is {', '.join(f'{scheme}://' for scheme in SCHEMES)} and host[:port]"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{wrong}; what --store names is not") from None
    if "@" in uri:
        raise ConfigError(
            "a store's address holds no user and no password: leave them out and "
            "set NEO4J_USERNAME and NEO4J_PASSWORD, or NEO4J_PASSWORD_FILE"
        )
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ConfigError(f"{wrong}, not {uri!r}; leave out --store to use the embedded database")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ConfigError(f"{wrong} without anything behind it; name the database with NEO4J_DATABASE")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
