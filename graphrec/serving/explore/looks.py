"""What nodes look like in a list: title, times, year, genres and a picture, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Look:
    """What there is to see of an item, segment or frame; what a label does not have, or nobody knows, is None.

    Attributes:
        id: of the node.
        label: of the node.
        title: the item's, or that of the video of which it is a part.
        video: id of that video; None for an item.
        start_s: of a part, seconds from the video's start.
        end_s: of a segment likewise; of an item its duration.
        picture: a file below the workspace: a poster or thumbnail, the frame itself, or the segment's first frame.
        year: of an item.
        genres: of an item, by name.
        kind: of an item: movie, video or product.
    """

    id: str
    label: str
    title: str | None = None
    video: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    picture: str | None = None
    year: int | None = None
    genres: tuple[str, ...] = ()
    kind: str | None = None


def looks(store: GraphStore, label: str, ids: Sequence[str]) -> dict[str, Look]:
    """Return by id what the ``label`` nodes ``ids`` look like; ids of nothing are left out."""
    if not ids:
        return {}
    found = {}
    for row in rows(store, "looks", label, ids=sorted(set(ids))):
        genres = tuple(sorted(row.pop("genres", ())))
        found[row["id"]] = Look(label=label, genres=genres, **row)
    return found
