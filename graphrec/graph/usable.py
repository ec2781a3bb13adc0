"""Which comments are learned from: all but those that ``graphrec prepare comments`` leaves out."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.graph.records import Mask
from graphrec.store.base import GraphStore

LEFT_OUT = "left_out"
"""The property that says why nothing is learned from a comment; empty where something is, null where nobody asked."""


def usable(left_out: pa.ChunkedArray) -> Mask:
    """Return bool [n], which comments are learned from."""
    found: Mask = pc.equal(pc.fill_null(left_out, ""), "").to_numpy()
    return found


def told(store: GraphStore) -> list[str]:
    """Return how many comments on moments are left out, and how many nobody has prepared, a sentence each."""
    table = store.read_nodes("Comment", ["time_s", LEFT_OUT])
    said = table[LEFT_OUT].filter(pc.is_valid(table["time_s"]))
    notes = []
    if gone := int((~usable(said)).sum()):
        notes.append(
            f"Learns nothing from {gone:,} of {len(said):,} comments, which `graphrec prepare comments` leaves out."
        )
    if said.null_count:
        notes.append(
            f"{said.null_count:,} of {len(said):,} comments are as they were written, greetings and all; "
            "`graphrec prepare comments` makes them usable."
        )
    return notes
