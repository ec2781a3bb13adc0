"""Finished maps, kept in the workspace so that nobody waits for the same one twice."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np

from graphrec.files import replacing
from graphrec.serving.explore.errand import Teller
from graphrec.serving.explore.maps import layout
from graphrec.store.base import Floats
from graphrec.workspace import Workspace

KEPT = 40
"""So many maps stay, those that were looked at last."""

VERSION = 1
"""Another whenever ``maps.layout`` comes to draw something else."""


def map_name(vectors: str, method: str, seed: int) -> str:
    """Return under which name the map of vectors with the digest ``vectors`` is kept."""
    return blake2b(f"{VERSION} {method} {seed} {vectors}".encode(), digest_size=12).hexdigest()


def kept(workspace: Workspace, name: str) -> Floats | None:
    """Return the map called ``name``, float32 [n, 2], or None."""
    path = _path(workspace, name)
    try:
        found: Floats = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    with suppress(OSError):
        os.utime(path)
    return found


def keep(workspace: Workspace, name: str, places: Floats) -> None:
    """Keep a map; raises ``DataError`` where it cannot be written."""
    with replacing(_path(workspace, name)) as file:
        np.save(file, places, allow_pickle=False)
    _sweep(workspace)


def make(workspace: Workspace, name: str, method: str, seed: int, vectors: Floats, tell: Teller) -> None:
    """Make the map of ``vectors``, float32 [n, D], and keep it under ``name``."""
    keep(workspace, name, layout(vectors, method, seed, tell))


def _sweep(workspace: Workspace) -> None:
    found = sorted(workspace.maps.glob("*.npy"), key=_looked_at, reverse=True)
    for path in found[KEPT:]:
        with suppress(OSError):
            path.unlink()


def _looked_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _path(workspace: Workspace, name: str) -> Path:
    return workspace.maps / f"{name}.npy"
