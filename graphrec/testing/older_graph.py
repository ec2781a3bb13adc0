"""An embedded graph as an older graphrec made it: without some of the schema's columns."""

from __future__ import annotations

from collections.abc import Iterable

import ladybug

from graphrec.store.ladybug_files import open_database
from graphrec.workspace import Workspace


def drop_columns(workspace: Workspace, lacking: Iterable[tuple[str, str]]) -> None:
    """Take columns, each a label or type and a property's name, out of a workspace's graph that nobody has open."""
    with open_database(workspace, write=True) as database, ladybug.Connection(database) as connection:
        for table, column in lacking:
            connection.execute(f"ALTER TABLE `{table}` DROP `{column}`")
