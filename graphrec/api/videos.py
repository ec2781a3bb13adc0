"""Described videos, compared with what the graph holds of them: a video must not be cut in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions

if TYPE_CHECKING:
    from graphrec.loaders.video_blocks import Loaded


class StoredSegments:
    """The segments that were in the graph when a load began, read when first needed.

    Args:
        store: the graph; None for an empty one.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store

    @cached_property
    def _table(self) -> pa.Table | None:
        return self._store.read_nodes("Segment", ("start_s", "end_s")) if self._store else None

    def compare(self, videos: Sequence[Loaded]) -> tuple[list[Loaded], list[tuple[Loaded, str]]]:
        """Return the videos that can be stored, and those that cannot be, with why."""
        if self._table is None:
            return list(videos), []
        stored = self._table
        # One id more than the video has segments: where that is stored, the video has become shorter.
        keys = [(*video.segment_ids, video.segment_id(len(video.segment_ids))) for video in videos]
        wanted = pa.chunked_array([pa.array([key for some in keys for key in some], pa.string())])
        rows = positions(wanted, stored["id"]).tolist()
        starts, ends = stored["start_s"], stored["end_s"]
        kept, refused, at = [], [], 0
        for video, some in zip(videos, keys, strict=True):
            found, at = rows[at : at + len(some)], at + len(some)
            bounds = video.described.segments.tolist()
            same = found[-1] < 0 and all(
                row < 0 or [starts[row].as_py(), ends[row].as_py()] == bound
                for row, bound in zip(found, bounds, strict=False)
            )
            if same:
                kept.append(video)
            else:
                refused.append((video, _reason(video)))
        return kept, refused


def _reason(video: Loaded) -> str:
    return (
        f"{video.file.path}: {video.file.item!r} is in the graph with segments at other times; if it is another "
        "video, give it an id of its own (in metadata.csv); to cut it in another way, use another workspace"
    )
