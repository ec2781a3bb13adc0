"""The embedded database's files: opened, recovered after a crash, and counted in versions as their content changes."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ladybug

from graphrec import schema
from graphrec.errors import StoreBusy, StoreError
from graphrec.files import read_json, size_and_time, write_json
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

READ_POOL = 1 << 30
# A transaction has to fit: 10M relationships take 2 GB. Memory is taken as it is needed, this is only the limit.
WRITE_POOL = max(READ_POOL, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
ADDRESS_SPACE = 1 << 38
UNWRITTEN = "Cannot write to file"
_LACKS = re.compile(r"Table (?P<table>\w+) does not exist|does not contain column (?P<column>\w+)")


@contextmanager
def open_database(workspace: Workspace, write: bool) -> Iterator[ladybug.Database]:
    """Open the workspace's database, recovered if need be; closed when the block ends.

    Raises ``StoreBusy``, ``Unfinished`` (a reader found what only a writer can finish) and ``StoreError``.
    """
    path = str(workspace.database)
    settings: dict[str, Any] = {
        "buffer_pool_size": WRITE_POOL if write else READ_POOL,
        "max_db_size": ADDRESS_SPACE,
        "read_only": not write,
        "throw_on_wal_replay_failure": True,
    }
    try:
        database = ladybug.Database(path, **settings)
    except RuntimeError as error:
        if "could not set lock" in str(error).lower():
            raise StoreBusy(f"{path} is open in another program: {first_line(error)}") from error
        if "recovery is pending" in str(error) or UNWRITTEN in str(error):
            raise Unfinished(
                f"{path} was left in the middle of a write, which a full disk keeps from being finished; "
                "free some space and repeat the command"
            ) from error
        wal = workspace.database.with_name(workspace.database.name + ".wal")
        if not wal.exists():
            raise StoreError(f"{path} cannot be opened: {first_line(error)}") from error
        database = _recover(workspace, settings | {"throw_on_wal_replay_failure": False}, error)
    try:
        yield database
    finally:
        database.close()


class Unfinished(StoreError):
    """A process was killed while it moved its log into the database: only a writer can go on with that."""


def _recover(workspace: Workspace, settings: dict[str, Any], cause: RuntimeError) -> ladybug.Database:
    """Open a database whose log was torn by a crash up to the last whole write, and say so.

    A reader changes no file of the database; a writer keeps a copy of them as found.
    """
    path, kept = workspace.database, ""
    # The content goes back; were its versions to stay, snapshots of what is lost would still be taken for it.
    touch(workspace, (*schema.LABELS, *schema.RELATIONSHIPS))
    if not settings["read_only"]:
        backup = workspace.root / time.strftime("backup-%Y%m%d-%H%M%S")
        try:
            backup.mkdir()
            for file in workspace.root.glob(path.name + "*"):
                shutil.copy2(file, backup)
        except OSError as error:
            raise StoreError(
                f"{path} is damaged, and no copy of it can be kept before it is mended: {error}"
            ) from cause
        kept = f"; a copy of its files as found is in {backup}"
    try:
        database = ladybug.Database(str(path), **settings)
    except RuntimeError as error:
        raise StoreError(
            f"{path} is damaged and could not be recovered: {first_line(error)}{kept}"
        ) from cause
    log.warning("the last write to %s was cut off; recovered up to it%s", path, kept)
    return database


def versions(workspace: Workspace) -> dict[str, int]:
    """Return the versions of all labels and types that were ever written."""
    path = workspace.root / "versions.json"
    return dict(read_json(path)) if path.exists() else {}


def touch(workspace: Workspace, names: Iterable[str]) -> None:
    """Count the versions of ``names`` up."""
    # Before the commit: a crash in between costs a needless re-read, never a stale snapshot.
    stored = versions(workspace)
    grown = {name: stored.get(name, 0) + 1 for name in names}
    write_json(workspace.root / "versions.json", stored | grown)


def state(workspace: Workspace) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of the database's files: any commit changes them, and nothing has to be opened."""
    found = workspace.root.glob(f"{workspace.database.name}*")
    return tuple(sorted((path.name, *size_and_time(path)) for path in found))


def nothing_yet(workspace: Workspace) -> StoreError:
    """Return the error for a workspace without a graph."""
    return StoreError(
        f"the workspace {workspace.root} holds no graph yet; "
        "fill it with `graphrec load`, or name another with --workspace (`graphrec demo` makes graphrec-demo)"
    )


def reason(error: BaseException) -> str:
    """Return in one line what the database's ``error`` means, and what to do."""
    line = first_line(error)
    if line.startswith("Buffer manager exception"):
        return (
            f"one file needs more than the {WRITE_POOL / 2**30:.0f} GB of memory for the database; split it"
        )
    if UNWRITTEN in line or "post-commit checkpoint failed" in line:
        # The database's own reason is often another error's. What it calls durable after a failed checkpoint was
        # lost in most of our trials, and whole in the others.
        return (
            "writing to the disk failed; free some space and repeat the command: "
            "the last file or run may be stored, but never a part of it"
        )
    if lacks := _LACKS.search(line):
        what = lacks["table"] or f"property {lacks['column']}"
        return f"a graph of an older graphrec has no {what}; `graphrec init` adds it, and changes nothing else"
    return line


def first_line(error: BaseException) -> str:
    """Return the first line of the database's own words."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
