"""The verb ``prune``: what a workspace keeps and nobody needs any more, with its size."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from graphrec.errors import ConfigError
from graphrec.files import read_json
from graphrec.media.journal import Journal
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.runs import Run, list_runs
from graphrec.workspace import Workspace

SETTLED_S = 86400.0
"""What was touched later may be in the making, by a training for example, and is left alone."""
OLD_REJECTS_S = 30 * 86400.0
_STRAY = re.compile(r"\.(.+\.)?[0-9a-f]{8}")
"""What ``graphrec.files`` calls a file or folder until it is whole."""


@dataclass(frozen=True)
class Prunable:
    """A file or folder that may go.

    Attributes:
        kind: such as ``run``.
        path: where.
        bytes: what it takes.
        why: why nobody needs it.
    """

    kind: str
    path: Path
    bytes: int
    why: str


def prunable(workspace: Workspace, published: Collection[str], keep: int = 1) -> list[Prunable]:
    """Return what may go, biggest first.

    Args:
        workspace: the folder.
        published: ids of the runs that the graph answers by; these stay.
        keep: so many finished runs of each model stay too, the newest.

    Raises ``ConfigError`` for a ``keep`` below 1.
    """
    if keep < 1:
        raise ConfigError(f"keep must be at least 1, not {keep}")
    runs = dict(_runs(workspace, published, keep))
    found = [Prunable("run", path, _size(path), why) for path, why in runs.items()]
    left = [run for run in list_runs(workspace) if run.folder not in runs]
    others = chain(
        _snapshots(workspace, left),
        _strays(workspace),
        _made_anew(workspace),
        _media(workspace),
        _rejects(workspace),
    )
    found += [Prunable(kind, path, _size(path), why) for kind, path, why in others]
    return sorted(found, key=lambda one: (-one.bytes, one.path))


def remove(found: Sequence[Prunable]) -> None:
    """Remove them; a call that was stopped is finished by another one."""
    for one in found:
        if not one.path.is_dir() or one.path.is_symlink():
            one.path.unlink(missing_ok=True)
            continue
        # What says that a run or a snapshot is there goes first, so that none is ever half there.
        for told in (MANIFEST, "meta.json"):
            (one.path / told).unlink(missing_ok=True)
        shutil.rmtree(one.path, ignore_errors=True)


def _runs(workspace: Workspace, published: Collection[str], keep: int) -> Iterator[tuple[Path, str]]:
    known = list_runs(workspace)
    newest: dict[str, list[str]] = {}
    for run in reversed(known):
        if run.finished:
            newest.setdefault(run.model, []).append(run.id)
    in_studies = "".join(path.read_text("utf-8") for path in (workspace.root / "studies").glob("*/study.json"))
    for run in known:
        if run.id in published or f'"{run.id}"' in in_studies or not _settled(run.folder):
            continue
        if not run.finished:
            yield run.folder, f"unfinished; `graphrec train --resume {run.id}` would go on"
        elif any(not (workspace.snapshots / name / "meta.json").exists() for name in _needs(run)):
            yield run.folder, "its snapshot is gone, and it is not published"
        elif run.id not in newest[run.model][:keep]:
            yield run.folder, f"older than the {'newest' if keep == 1 else f'{keep} newest'} of {run.model}"
    for folder in workspace.runs.glob("[!.]*"):
        if folder.is_dir() and not (folder / MANIFEST).exists() and _settled(folder):
            yield folder, "a run that was stopped before it began"


def _snapshots(workspace: Workspace, left: Sequence[Run]) -> Iterator[tuple[str, Path, str]]:
    needed = {name for run in left for name in _needs(run)}
    gone = set[str]()
    for folder in workspace.snapshots.glob("[!.]*"):
        if folder.name not in ("known", "copies") and folder.name not in needed and _settled(folder):
            gone.add(folder.name)
            yield "snapshot", folder, "no run that stays was trained on it"
    for pointer in (workspace.snapshots / "known").glob("*.json"):
        name = str(read_json(pointer)["fingerprint"])
        if name in gone or not (workspace.snapshots / name).exists():
            yield "pointer", pointer, "to a snapshot that is gone"


def _made_anew(workspace: Workspace) -> Iterator[tuple[str, Path, str]]:
    for path in (workspace.snapshots / "copies").glob("[!.]*"):
        if _settled(path):
            yield "copy", path, "of relationships; the next training reads them again"
    for path in workspace.maps.glob("[!.]*"):
        yield "map", path, "drawn anew when the explorer is asked for it"


def _strays(workspace: Workspace) -> Iterator[tuple[str, Path, str]]:
    for path in workspace.root.rglob(".*"):
        below = any(_STRAY.fullmatch(part) for part in path.relative_to(workspace.root).parts[:-1])
        if _STRAY.fullmatch(path.name) and not below and _settled(path):
            yield "stray", path, "left half-made by a process that was killed"


def _media(workspace: Workspace) -> Iterator[tuple[str, Path, str]]:
    known = Journal(workspace.media).digests()
    files = dict.fromkeys(known.values(), False)
    for (file, _, _), digest in known.items():
        files[digest] |= Path(file).exists()
    for path in (workspace.media / "described").glob("*-*.npz"):
        if not files.get(path.name.partition("-")[0], True):
            yield "description", path, "of a media file that is gone"


def _rejects(workspace: Workspace) -> Iterator[tuple[str, Path, str]]:
    for path in (workspace.root / "rejects").glob("*.csv"):
        if time.time() - path.stat().st_mtime > OLD_REJECTS_S:
            yield "rejects", path, f"refused rows of more than {OLD_REJECTS_S / 86400:.0f} days ago"


def _needs(run: Run) -> set[str]:
    return {str(one.manifest["snapshot"]) for one in (run, *run.also.values()) if "snapshot" in one.manifest}


def _settled(path: Path) -> bool:
    """Return whether nothing at the path, or just below it, was touched lately."""
    paths = [path, *(path.iterdir() if path.is_dir() else ())]
    touched: float = max(one.lstat().st_mtime for one in paths)
    return time.time() - touched > SETTLED_S


def _size(path: Path) -> int:
    if not path.is_dir():
        return path.lstat().st_size
    return sum(one.lstat().st_size for one in path.rglob("*") if not one.is_dir())
