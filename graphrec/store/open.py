"""Which database a URI means."""

from __future__ import annotations

from pathlib import Path

from graphrec.errors import ConfigError
from graphrec.store.base import GraphStore
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


def open_store(
    workspace: str | Path | Workspace, uri: str | None = None, *, write: bool = False
) -> GraphStore:
    """Open a workspace's graph.

    Args:
        workspace: the folder.
        uri: a server; None for the embedded database in the workspace.
        write: hold it for writing, which one process at a time can do.

    Raises ``StoreBusy`` when another process holds it, ``StoreError`` when there is nothing to read.
    """
    if uri is not None:
        raise ConfigError(
            f"the store {uri!r} is not supported yet; leave out --store to use the embedded database"
        )
    folder = workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))
    return LadybugStore(folder, write=write)
