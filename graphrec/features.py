"""Feature matrices beside the database: memory-mapped parts with their ids, appended to as new nodes come.

    features/<name>/meta.json        label, width, and the parts in order
    features/<name>/<part>.npy       float32 [rows, width]
    features/<name>/<part>.arrow     the ids of those rows

``meta.json`` is replaced last, so that a part is either wholly there or not at all. Small parts at the end are merged
with what is appended, so that many small writes leave few parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from graphrec.errors import DataError, unknown
from graphrec.files import read_json, replacing, write_json
from graphrec.keys import Id, texts

Floats = npt.NDArray[np.float32]

MERGED_BYTES = 64 << 20
"""A part of this size is never copied again."""
FEW, SCANS = 1024, 4
"""So many ids are looked up by going through those of a part, and so many times, before all are put in a dictionary."""

SUFFIXES = {"Segment": "", "Frame": "-frame", "Item": "-item", "Trailer": "-trailer"}
"""Behind a name: the same description of other nodes, in the same space. ``look`` and ``look-item``, for example."""


def sibling(name: str, label: str, other: str) -> str | None:
    """Return what the matrix is called that has of ``other`` nodes what ``name`` has of ``label`` nodes.

    None where no name can be told: ``name`` is not one of ``SUFFIXES``' kind, as ``posters`` of items is not.
    """
    if label not in SUFFIXES or other not in SUFFIXES or not name.endswith(SUFFIXES[label]):
        return None
    return name.removesuffix(SUFFIXES[label]) + SUFFIXES[other]


def check_name(name: str) -> None:
    """Raise ``DataError`` for what cannot name a matrix."""
    if not name.replace("_", "").replace("-", "").isalnum():
        raise DataError(f"{name!r} cannot name a feature matrix: letters, digits, - and _ only")


@dataclass(frozen=True)
class FeatureInfo:
    """What is known of a feature matrix without reading it.

    Attributes:
        name: its name.
        label: label of the nodes it describes.
        width: numbers per node.
        rows: how many vectors are kept.
        fingerprint: changes with the content.
        origin: of what it began with; stays while vectors come and change, and is another once all are made anew.
        run: the training run that has learned it; empty for what files or nodes say by themselves.
    """

    name: str
    label: str
    width: int
    rows: int
    fingerprint: str
    origin: str
    run: str = ""


class FeatureStore:
    """The feature matrices in one folder. It remembers which ids are where: keep one for many writes.

    Args:
        folder: where they are; made with the first matrix.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, _Part] = {}

    def names(self) -> list[str]:
        """Return the names of all matrices."""
        return sorted(path.parent.name for path in self.folder.glob("*/meta.json"))

    def info(self, name: str) -> FeatureInfo:
        """Describe a matrix; raises ``NotFoundError`` with the nearest right name."""
        path = self.folder / name / "meta.json"
        if not path.exists():
            raise unknown("feature matrix", name, self.names())
        meta = read_json(path)
        parts = meta["parts"]
        digest = blake2b(" ".join(part["digest"] for part in parts).encode(), digest_size=16).hexdigest()
        rows = sum(part["rows"] for part in parts)
        origin, run = meta.get("origin", ""), meta.get("run", "")
        return FeatureInfo(name, meta["label"], meta["width"], rows, digest, origin, run)

    def write(self, name: str, label: str, ids: Sequence[Id], matrix: Floats, version: str = "") -> int:
        """Keep the vectors that are new or differ; return how many those were.

        Args:
            name: name of the matrix; made when it does not exist.
            label: label of the nodes.
            ids: [n], without repeats; whole numbers stand for their digits.
            matrix: float32 [n, width], finite.
            version: of what made the vectors; empty where nobody knows.

        Raises ``DataError`` for a wrong shape, a number that is not finite, repeated ids, or another version than that
        of the vectors which are there.
        """
        matrix, keys = self.check(name, label, ids, matrix, version), texts(ids)
        folder = self.folder / name
        parts: list[dict[str, Any]] = []
        origin, run = None, ""
        if (folder / "meta.json").exists():
            meta = read_json(folder / "meta.json")
            parts, version = meta["parts"], version or meta.get("version", "")
            origin, run = meta.get("origin", ""), meta.get("run", "")
            new = self.changed(name, keys, matrix)
            keys = [key for key, wanted in zip(keys, new.tolist(), strict=True) if wanted]
            matrix = matrix[new]
        changed = len(keys)
        if not changed:
            return 0
        while parts and _worth_merging(parts[-1]["rows"], len(keys), matrix.shape[1]):
            keys, matrix = self._part(name, parts.pop()["digest"]).followed_by(keys, matrix)
        parts.append({"digest": _write_part(folder, keys, matrix), "rows": len(keys)})
        origin = parts[0]["digest"] if origin is None else origin
        about = {"label": label, "width": matrix.shape[1], "version": version, "origin": origin, "run": run}
        write_json(folder / "meta.json", about | {"parts": parts})
        self._drop_unused(name, {part["digest"] for part in parts})
        return changed

    def put(self, name: str, label: str, ids: Sequence[Id], matrix: Floats, run: str) -> None:
        """Keep what ``run`` has learned, in place of what was there; all of it or, on an error, as it was.

        Raises ``DataError`` as ``write`` does.
        """
        matrix, folder = self._finite(name, ids, matrix), self.folder / name
        digest = _write_part(folder, texts(ids), matrix)
        about = {"label": label, "width": matrix.shape[1], "version": "", "origin": digest, "run": run}
        write_json(folder / "meta.json", about | {"parts": [{"digest": digest, "rows": len(ids)}]})
        self._drop_unused(name, {digest})

    def changed(self, name: str, ids: Sequence[Id], matrix: Floats) -> npt.NDArray[np.bool_]:
        """Return bool [n]: of which of ``ids`` the matrix has no vector, or another."""
        if not (self.folder / name / "meta.json").exists():
            return np.ones(len(ids), bool)
        stored, known = self.read(name, ids)
        return np.asarray(~(known & (stored == matrix).all(1)))

    def read(self, name: str, ids: Sequence[Id] | pa.Array) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return float32 [n, width] for ``ids`` in order, and bool [n]: which have a vector; the others are zeros."""
        keys = texts(ids.to_pylist() if isinstance(ids, pa.Array) else ids)
        out = np.zeros((len(keys), self.info(name).width), np.float32)
        missing = np.arange(len(keys))
        # A later part holds the newer vector of an id.
        for entry in reversed(read_json(self.folder / name / "meta.json")["parts"]):
            part = self._part(name, entry["digest"])
            rows = part.find([keys[at] for at in missing.tolist()])
            out[missing[rows >= 0]] = part.matrix[rows[rows >= 0]]
            missing = missing[rows < 0]
        present = np.ones(len(keys), bool)
        present[missing] = False
        return out, present

    def drop(self, name: str) -> None:
        """Remove a matrix; raises ``NotFoundError`` with the nearest right name."""
        self.info(name)
        # Without meta.json the matrix is gone, whatever a killed process leaves of the rest.
        (self.folder / name / "meta.json").unlink()
        self._drop_unused(name, set())
        (self.folder / name).rmdir()

    def remove(
        self, label: str, ids: Sequence[Id], *, names: Sequence[str] | None = None, dry_run: bool = False
    ) -> dict[str, int]:
        """Remove the vectors of ``label`` nodes from all matrices, or ``names``; return how many of each those were."""
        removed = {}
        gone = set(texts(ids))
        for name in self.names() if names is None else names:
            meta = read_json(self.folder / name / "meta.json")
            if meta["label"] != label:
                continue
            found, parts = set[str](), []
            for entry in meta["parts"]:
                part = self._part(name, entry["digest"])
                kept = [key for key in part.rows if key not in gone]
                found |= gone & part.rows.keys()
                if len(kept) == len(part.rows):
                    parts.append(entry)
                elif kept and not dry_run:
                    left = np.asarray(part.matrix[[part.rows[key] for key in kept]])
                    parts.append({"digest": _write_part(self.folder / name, kept, left), "rows": len(kept)})
            if found:
                removed[name] = len(found)
                if not dry_run:
                    write_json(self.folder / name / "meta.json", meta | {"parts": parts})
                    self._drop_unused(name, {part["digest"] for part in parts})
        return removed

    def check(self, name: str, label: str, ids: Sequence[Id], matrix: Floats, version: str = "") -> Floats:
        """Return ``matrix`` as float32; raises what ``write`` would raise."""
        matrix = self._finite(name, ids, matrix)
        if name in self.names():
            known = self.info(name)
            if (known.label, known.width) != (label, matrix.shape[1]):
                raise DataError(
                    f"feature {name!r} holds {known.width} numbers per {known.label}, not "
                    f"{matrix.shape[1]} per {label}; load these under another name"
                )
            before = read_json(self.folder / name / "meta.json").get("version", "")
            if version and before and version != before:
                raise DataError(
                    f"feature {name!r} was made by another version or other weights of its encoder; describe all by "
                    f"the one of before, or load into another workspace"
                )
        return matrix

    def _finite(self, name: str, ids: Sequence[Id], matrix: Floats) -> Floats:
        check_name(name)
        with np.errstate(over="ignore"):
            matrix = np.asarray(matrix, np.float32)
        if matrix.ndim != 2 or len(matrix) != len(ids):
            raise DataError(f"feature {name!r}: {len(ids)} ids but an array of shape {matrix.shape}")
        finite = np.isfinite(matrix).all(1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise DataError(f"feature {name!r}: the vector of {ids[row]!r} (row {row}) holds NaN or infinity")
        if len(set(texts(ids))) != len(ids):
            raise DataError(f"feature {name!r}: an id appears twice")
        return matrix

    def _part(self, name: str, digest: str) -> _Part:
        if digest not in self._opened:
            self._opened[digest] = _Part(self.folder / name, digest)
        return self._opened[digest]

    def _drop_unused(self, name: str, used: set[str]) -> None:
        """Remove what was merged, and what a write that was killed left behind."""
        for path in (self.folder / name).iterdir():
            if path.name != "meta.json" and path.stem not in used:
                path.unlink()
                self._opened.pop(path.stem, None)


class _Part:
    """A part on disk: ``matrix`` float32 [n, width], memory-mapped, and the row of each id in it."""

    def __init__(self, folder: Path, digest: str) -> None:
        self.matrix: Floats = np.load(folder / f"{digest}.npy", mmap_mode="r")
        self._ids = feather.read_table(folder / f"{digest}.arrow")["id"]
        self._scans = 0

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each id."""
        return {key: row for row, key in enumerate(self._ids.to_pylist())}

    def find(self, keys: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the row of each of ``keys``, int64 [n]; -1 for those that are not here."""
        # Who explains asks once for a handful: a dictionary of all would take longer than going through the ids.
        self._scans += 1
        if len(keys) > FEW or self._scans > SCANS:
            return np.array([self.rows.get(key, -1) for key in keys], np.int64)
        asked = pa.array(keys, pa.string()).dictionary_encode()
        of = pc.index_in(self._ids, value_set=asked.dictionary).combine_chunks()
        here = np.flatnonzero(np.asarray(of.is_valid()))
        found = np.full(len(asked.dictionary), -1, np.int64)
        found[np.asarray(of.drop_null())] = here
        rows: npt.NDArray[np.int64] = found[np.asarray(asked.indices)]
        return rows

    def followed_by(self, ids: Sequence[str], matrix: Floats) -> tuple[list[str], Floats]:
        """Return its ids and vectors, but for those that the later ``ids`` replace, and then the later ones."""
        later = set(ids)
        kept = {key: row for key, row in self.rows.items() if key not in later}
        return [*kept, *ids], np.concatenate([self.matrix[list(kept.values())], matrix])


def _worth_merging(rows: int, added: int, width: int) -> bool:
    # Parts that halve in size: as many as the logarithm of the rows, which is also how often a vector is copied.
    return rows < 2 * added and rows * width * 4 < MERGED_BYTES


def _write_part(folder: Path, ids: Sequence[str], matrix: Floats) -> str:
    digest = blake2b(matrix.tobytes(), digest_size=16)
    digest.update("\0".join(ids).encode("utf-8", "surrogatepass"))
    part = digest.hexdigest()
    with replacing(folder / f"{part}.npy") as file:
        np.save(file, matrix)
    with replacing(folder / f"{part}.arrow") as file:
        feather.write_feather(pa.table({"id": pa.array(ids, pa.string())}), file, compression="uncompressed")
    return part
