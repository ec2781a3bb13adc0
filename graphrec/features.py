"""Feature matrices beside the database: memory-mapped parts with their ids, appended to as new nodes come.

    features/<name>/meta.json        label, width, and the parts in order
    features/<name>/<part>.npy       float32 [rows, width]
    features/<name>/<part>.arrow     the ids of those rows

``meta.json`` is replaced last, so that a part is either wholly there or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from graphrec.errors import DataError, unknown
from graphrec.files import read_json, replacing, write_json

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureInfo:
    """What is known of a feature matrix without reading it.

    Attributes:
        name: its name.
        label: label of the nodes it describes.
        width: numbers per node.
        rows: how many vectors are kept.
        fingerprint: changes with the content.
    """

    name: str
    label: str
    width: int
    rows: int
    fingerprint: str


class FeatureStore:
    """The feature matrices in one folder.

    Args:
        folder: where they are; made with the first matrix.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

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
        return FeatureInfo(name, meta["label"], meta["width"], sum(part["rows"] for part in parts), digest)

    def write(self, name: str, label: str, ids: Sequence[str], matrix: Floats) -> int:
        """Keep the vectors that are new or differ; return how many those were.

        Args:
            name: name of the matrix; made when it does not exist.
            label: label of the nodes.
            ids: string [n], without repeats.
            matrix: float32 [n, width], finite.

        Raises ``DataError`` for a wrong shape, a number that is not finite, or repeated ids.
        """
        matrix = self.check(name, label, ids, matrix)
        folder = self.folder / name
        meta = {"label": label, "width": matrix.shape[1], "parts": []}
        if (folder / "meta.json").exists():
            meta = read_json(folder / "meta.json")
            at, stored = self._rows(name, ids)
            same = at >= 0
            same[same] = (stored[at[same]] == matrix[same]).all(1)
            ids = [key for key, known in zip(ids, same.tolist(), strict=True) if not known]
            matrix = matrix[~same]
        if len(ids):
            digest = blake2b(matrix.tobytes(), digest_size=16)
            digest.update("\0".join(ids).encode("utf-8", "surrogatepass"))
            part = digest.hexdigest()
            with replacing(folder / f"{part}.npy") as file:
                np.save(file, matrix)
            with replacing(folder / f"{part}.arrow") as file:
                feather.write_feather(
                    pa.table({"id": pa.array(ids, pa.string())}), file, compression="uncompressed"
                )
            meta["parts"].append({"digest": part, "rows": len(ids)})
            write_json(folder / "meta.json", meta)
        return len(ids)

    def read(self, name: str, ids: Sequence[str] | pa.Array) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return float32 [n, width] for ``ids`` in order, and bool [n]: which have a vector; the others are zeros."""
        at, stored = self._rows(name, ids)
        out = np.zeros((len(at), self.info(name).width), np.float32)
        out[at >= 0] = stored[at[at >= 0]]
        return out, at >= 0

    def check(self, name: str, label: str, ids: Sequence[str], matrix: Floats) -> Floats:
        """Return ``matrix`` as float32; raises what ``write`` would raise."""
        if not name.replace("_", "").replace("-", "").isalnum():
            raise DataError(f"{name!r} cannot name a feature matrix: letters, digits, - and _ only")
        with np.errstate(over="ignore"):
            matrix = np.asarray(matrix, np.float32)
        if matrix.ndim != 2 or len(matrix) != len(ids):
            raise DataError(f"feature {name!r}: {len(ids)} ids but an array of shape {matrix.shape}")
        finite = np.isfinite(matrix).all(1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise DataError(f"feature {name!r}: the vector of {ids[row]!r} (row {row}) holds NaN or infinity")
        if len(set(ids)) != len(ids):
            raise DataError(f"feature {name!r}: an id appears twice")
        if name in self.names():
            known = self.info(name)
            if (known.label, known.width) != (label, matrix.shape[1]):
                raise DataError(
                    f"feature {name!r} holds {known.width} numbers per {known.label}, not "
                    f"{matrix.shape[1]} per {label}; load these under another name"
                )
        return matrix

    def _rows(self, name: str, ids: Sequence[str] | pa.Array) -> tuple[npt.NDArray[np.int64], _Parts]:
        self.info(name)
        folder = self.folder / name
        parts = read_json(folder / "meta.json")["parts"]
        wanted = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
        at = np.full(len(wanted), -1, np.int64)
        matrices, base = [], 0
        for part in parts:
            known = feather.read_table(folder / f"{part['digest']}.arrow")["id"].combine_chunks()
            found = pc.index_in(wanted, value_set=known)
            here = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
            # A later part holds the newer vector of an id.
            at = np.where(here >= 0, here + base, at)
            matrices.append(np.load(folder / f"{part['digest']}.npy", mmap_mode="r"))
            base += len(known)
        return at, _Parts(matrices)


class _Parts:
    """Several memory-mapped matrices, indexed as one."""

    def __init__(self, matrices: list[Floats]) -> None:
        self.matrices = matrices
        self.starts = np.cumsum([0, *map(len, matrices)])

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> Floats:
        out = np.empty((len(rows), self.matrices[0].shape[1]), np.float32)
        part = np.searchsorted(self.starts, rows, side="right") - 1
        for number, matrix in enumerate(self.matrices):
            here = part == number
            out[here] = matrix[rows[here] - self.starts[number]]
        return out
