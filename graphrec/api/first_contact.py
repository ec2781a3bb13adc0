"""A server's graph that graphrec did not load and that nobody has mapped: said at once, with what it holds."""

from __future__ import annotations

from pathlib import Path

from graphrec.config import FILE, SERVER_TABLE, file_defaults
from graphrec.errors import ConfigError, DataError
from graphrec.store.base import GraphStore
from graphrec.store.neo4j.proposal import proposal
from graphrec.store.neo4j.shape import Contents
from graphrec.store.neo4j.store import Neo4jStore

OFFER = "`graphrec init --map` proposes what of it plays graphrec's roles"


def unmapped(store: GraphStore) -> Contents | None:
    """Return what somebody else's graph holds that nobody has mapped; None for any other graph."""
    return store.unmapped() if isinstance(store, Neo4jStore) else None


def refuse_unmapped(store: GraphStore) -> None:
    """Raise ``DataError`` where the graph is somebody else's and not mapped."""
    found = unmapped(store)
    if found is not None:
        raise DataError(f"{store.uri} holds {found}, none of which graphrec wrote; {OFFER}")


def propose(store: GraphStore) -> str:
    """Return TOML that maps the graph; raises ``ConfigError`` for the embedded database, ``DataError`` for no guess."""
    if not isinstance(store, Neo4jStore):
        raise ConfigError("only a server's graph is mapped; name it with --store or NEO4J_URI")
    return proposal(store.shape())


def write_proposal(text: str, path: Path = FILE) -> None:
    """Add a proposed mapping to ``path``; raises ``ConfigError`` where there is one already."""
    if SERVER_TABLE in file_defaults(path):
        raise ConfigError(
            f"{path} maps a graph already, and stays as it is; leave out --write to see the proposal"
        )
    before = path.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if path.exists() else ""
    path.write_text(before + text, encoding="utf-8")
