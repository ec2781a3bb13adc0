"""What a workspace keeps of nodes outside the graph: where it is, how it is removed."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.files import read_json, replacing
from graphrec.workspace import Workspace

Nodes = Mapping[str, Collection[str]]
"""Ids by label."""


def snapshots_with(workspace: Workspace, nodes: Nodes) -> list[Path]:
    """Return the folders of the snapshots that hold any of ``nodes``, half-made ones too."""
    found = []
    for folder in sorted(workspace.snapshots.glob("*")):
        files = {label: folder / "ids" / f"{label}.arrow" for label in nodes}
        if any(_holds(file, nodes[label]) for label, file in files.items()):
            found.append(folder)
    return found


def copies_with(workspace: Workspace, ids: Collection[str]) -> list[Path]:
    """Return the folders of copied relationships at which any node has one of ``ids``, whatever its label."""
    copies = (workspace.snapshots / "copies").glob("*/")
    return sorted(
        folder
        for folder in copies
        if any(_holds(folder / f"{end}.arrow", ids) for end in ("source", "target"))
    )


def drop_snapshot(folder: Path) -> None:
    """Remove a snapshot; whoever is killed meanwhile leaves none that could be opened."""
    (folder / "meta.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def drop_copy(folder: Path) -> None:
    """Remove copied relationships, and what points to them."""
    for pointer in folder.parent.glob("*.json"):
        if read_json(pointer).get("folder") == folder.name:
            pointer.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def media_of(workspace: Workspace, digests: Collection[str], uris: Collection[str]) -> list[Path]:
    """Return the pictures and descriptions of contents, by their digests and by where their nodes say they are."""
    media = workspace.media.resolve()
    found = set[Path]()
    for digest in digests:
        if digest.isalnum():
            found |= {*(media / "described").glob(f"{digest}-*.npz")}
            found |= {*(media / "thumbnails" / digest[:2] / digest).glob("*")}
    for uri in uris:
        # What people load as a uri may name any file; only the workspace's own pictures are its business.
        path = (workspace.root / uri).resolve()
        if path.is_relative_to(media / "thumbnails") and path.is_file():
            found.add(path)
    return sorted(found)


def drop_files(files: Collection[Path]) -> None:
    """Remove files, and their folders where these are empty then."""
    for file in files:
        file.unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()


def rejects_with(workspace: Workspace, ids: Collection[str]) -> Iterator[tuple[Path, int]]:
    """Yield the files of refused rows that name any of ``ids``, and how many of their rows do."""
    for file in sorted((workspace.root / "rejects").glob("*.csv")):
        rows = list(csv.reader(io.StringIO(_text(file), newline="")))
        named = sum(_names(row, ids) for row in rows[1:])
        if named:
            yield file, named


def drop_rejects(file: Path, ids: Collection[str]) -> None:
    """Remove the rows that name any of ``ids``, and the file where no other is left."""
    head, *rows = csv.reader(io.StringIO(_text(file), newline=""))
    kept = [row for row in rows if not _names(row, ids)]
    if not kept:
        file.unlink()
        return
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *kept])
    with replacing(file) as out:
        out.write(text.getvalue().encode("utf-8", "surrogatepass"))


def _names(row: list[str], ids: Collection[str]) -> bool:
    # The last column is a line that is no row, as it stands in its file.
    return any(normalize("NFC", cell.strip()) in ids for cell in row) or any(key in row[-1] for key in ids)


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "surrogatepass")


def _holds(file: Path, ids: Collection[str]) -> bool:
    if not file.exists():
        return False
    try:
        with pa.memory_map(str(file)) as source:
            column = pa.ipc.open_file(source).read_all()["id"]
            return bool(pc.any(pc.is_in(column, value_set=pa.array(ids, pa.string()))).as_py())
    except pa.ArrowInvalid:
        # Half-written by a process that was killed: nobody can tell, and nobody can use it.
        return True
