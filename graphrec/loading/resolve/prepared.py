"""Comments that ``graphrec prepare`` has worked on: what it made of them, a load leaves as it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loading.resolve.playing import BEGINS
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions


class PreparedComments:
    """Which comments are prepared, and what each is ON.

    Args:
        store: the graph; None for an empty one.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self.ids = pa.chunked_array([[]], pa.string())
        self.on: dict[str, pa.Table] = {}
        if store is None:
            return
        comments = store.read_nodes("Comment", ["moment_s"])
        self.ids = comments["id"].filter(pc.is_valid(comments["moment_s"]))
        if not len(self.ids):
            return
        for label in (*BEGINS, "Item"):
            edges = store.read_relationships("ON", "Comment", label)
            prepared = positions(edges.source_ids, self.ids)[edges.source] >= 0
            self.on[label] = edges.table().filter(pa.array(prepared))

    def are(self, comments: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
        """Return bool [n], which of ``comments`` (ids) are."""
        found: npt.NDArray[np.bool_] = positions(comments, self.ids) >= 0
        return found

    def targets(self, comments: pa.ChunkedArray, first: str) -> Iterator[tuple[str, pa.ChunkedArray]]:
        """Yield labels, ``first`` before others, and which node of it each of ``comments`` (ids) is ON, or null."""
        for label in sorted(self.on, key=lambda one: one != first):
            at = positions(comments, self.on[label]["from"])
            yield label, self.on[label]["to"].take(pa.array(at, mask=at < 0))
