"""A server's graph that graphrec did not load and that nobody has mapped: said at once, with what it holds."""

from __future__ import annotations

import re
from pathlib import Path

from graphrec.config import FILE, SERVER_TABLE, file_defaults
from graphrec.errors import ConfigError, DataError
from graphrec.store.base import GraphStore
from graphrec.store.neo4j.proposal import proposal
from graphrec.store.neo4j.shape import Contents
from graphrec.store.neo4j.store import Neo4jStore

OFFER = "`graphrec init --map` proposes what of it plays graphrec's roles"

COMMANDS = ("train", "publish")
"""Those that write embeddings, and take a property for them."""


def unmapped(store: GraphStore) -> Contents | None:
    """Return what somebody else's graph holds that nobody has mapped; None for any other graph."""
    return store.unmapped() if isinstance(store, Neo4jStore) else None


def refuse_unmapped(store: GraphStore) -> None:
    """Raise ``DataError`` where the graph is somebody else's and not mapped."""
    found = unmapped(store)
    if found is not None:
        raise DataError(f"{store.uri} holds {found}, none of which graphrec loaded; {OFFER}")


def propose(store: GraphStore) -> str:
    """Return TOML that maps the graph; raises ``ConfigError`` for the embedded database, ``DataError`` for no guess."""
    if not isinstance(store, Neo4jStore):
        raise ConfigError("only a server's graph is mapped; name it with --store or NEO4J_URI")
    return proposal(store.shape())


def write_proposal(text: str, path: Path = FILE) -> None:
    """Add a proposed mapping to ``path``; raises ``ConfigError`` where there is one already.

    Of ``[train]`` and ``[publish]``, which may be there for other reasons, only ``property`` is added.
    """
    there = file_defaults(path)
    if SERVER_TABLE in there:
        raise ConfigError(
            f"{path} maps a graph already, and stays as it is; leave out --write to see the proposal"
        )
    before = path.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if path.exists() else ""
    for name in COMMANDS:
        if name in there:
            line, text = _taken_out(text, name)
            if "property" not in there[name]:
                before = _added(before, name, line, path)
    path.write_text(before + text, encoding="utf-8")


def _added(text: str, table: str, line: str, path: Path) -> str:
    """Return ``text`` with a line more in a table."""
    head = re.search(rf"(?m)^ *\[ *{table} *\].*\n", text)
    if head is None:
        raise ConfigError(f"{path}: give {table} a table of its own, [{table}], in which property can be named")
    return f"{text[: head.end()]}{line}\n{text[head.end() :]}"


def _taken_out(text: str, table: str) -> tuple[str, str]:
    """Return the line of a table of one line, and ``text`` without the table."""
    before, _, rest = text.partition(f"[{table}]\n")
    line, _, after = rest.partition("\n")
    return line, before + after.lstrip("\n")
