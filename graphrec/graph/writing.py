"""Writes the files of a snapshot, one after the other, and takes the fingerprint of what it writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from graphrec.files import write_json
from graphrec.graph.columns import Column, Words
from graphrec.graph.snapshot import FORMAT, file_name
from graphrec.ragged import Ragged

BLOCK = 1 << 20
"""So many ids are hashed at a time."""


class SnapshotWriter:
    """Writes into ``folder``; the order of the calls is part of the fingerprint.

    Args:
        folder: made already, empty.
        projection: as ``Projection.to_dict``.
    """

    def __init__(self, folder: Path, projection: Mapping[str, Any]) -> None:
        self._folder = folder
        self._digest = blake2b(json.dumps(projection, sort_keys=True).encode(), digest_size=12)
        self._meta: dict[str, Any] = {
            "format": FORMAT, "projection": projection, "nodes": {}, "records": 0, "values": [], "texts": [],
            "text": False, "features": {}, "lists": [], "fields": {},
        }  # fmt: skip
        for name in ("ids", "records", "values", "texts", "features", "lists", "fields"):
            (folder / name).mkdir()

    def nodes(self, label: str, ids: pa.Array) -> None:
        """Write the ids of a label, sorted."""
        self._ids(f"ids/{label}.arrow", ids)
        self._meta["nodes"][label] = len(ids)

    def records(self, by_user: Ragged, order: npt.NDArray[Any], split: npt.NDArray[Any]) -> None:
        """Write the records' users, items, order and given split."""
        self._list("records/by_user", by_user)
        self._array("records/order.npy", order)
        self._array("records/split.npy", split)
        self._meta["records"] = len(order)

    def value(self, name: str, values: npt.NDArray[Any]) -> None:
        """Write a property of the records, float64 [E]."""
        self._array(f"values/{name}.npy", values)
        self._meta["values"].append(name)

    def said(self, name: str, words: Words) -> None:
        """Write a property of the records that is text."""
        self._words(f"texts/{name}", words)
        self._meta["texts"].append(name)

    def text(self, rows: npt.NDArray[Any]) -> None:
        """Write which row of the words is each record's, int64 [E]."""
        self._array("records/text.npy", rows)
        self._meta["text"] = True

    def list(self, name: str, lists: Ragged) -> None:
        """Write a list such as ``Item>Genre``."""
        self._list(f"lists/{file_name(name)}", lists)
        self._meta["lists"].append(name)

    def field(self, name: str, column: Column) -> None:
        """Write a property of nodes, such as ``Item.year``."""
        if isinstance(column, Words):
            self._words(f"fields/{name}", column)
        else:
            self._array(f"fields/{name}.npy", column.values)
        self._meta["fields"][name] = "words" if isinstance(column, Words) else "numbers"

    def features(
        self,
        name: str,
        label: str,
        shape: tuple[int, int],
        blocks: Iterable[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]],
    ) -> None:
        """Write a feature matrix block by block: float32 [m, width] each, and bool [m], which of them there are."""
        present = np.zeros(shape[0], bool)
        start = 0
        # Not through a memory map: on a full disk that would end the process instead of raising an error.
        with (self._folder / "features" / f"{name}.npy").open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for matrix, known in blocks:
                rows = np.ascontiguousarray(matrix, "<f4")
                file.write(rows.data)
                self._digest.update(rows.data)
                present[start : start + len(rows)] = known
                start += len(rows)
        self._array(f"features/{name}.present.npy", present)
        self.listed_features(name, label)

    def listed_features(self, name: str, label: str) -> None:
        """Note features that are a list: nothing more is to be written."""
        self._digest.update(name.encode())
        self._meta["features"][name] = label

    def finish(self) -> str:
        """Write ``meta.json`` and return the fingerprint."""
        fingerprint = self._digest.hexdigest()
        write_json(self._folder / "meta.json", {"fingerprint": fingerprint, **self._meta})
        return fingerprint

    def _list(self, path: str, lists: Ragged) -> None:
        self._array(f"{path}.indptr.npy", lists.indptr)
        self._array(f"{path}.indices.npy", lists.indices)

    def _words(self, path: str, words: Words) -> None:
        self._array(f"{path}.npy", words.codes)
        self._ids(f"{path}.arrow", words.vocabulary.values)

    def _array(self, path: str, array: npt.NDArray[Any]) -> None:
        array = np.ascontiguousarray(array)
        np.save(self._folder / path, array)
        self._digest.update(path.encode())
        self._digest.update(array.data)

    def _ids(self, path: str, ids: pa.Array) -> None:
        feather.write_feather(pa.table({"id": ids}), self._folder / path, compression="uncompressed")
        self._digest.update(path.encode())
        for start in range(0, len(ids), BLOCK):
            part = ids.slice(start, BLOCK)
            self._digest.update(np.asarray(pc.fill_null(pc.binary_length(part), -1)).tobytes())
            self._digest.update(b"".join(part.cast(pa.binary()).to_pylist()))
