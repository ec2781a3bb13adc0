"""Described videos, compared with what the graph holds: an id stands for one content, cut in one way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import pyarrow as pa

from graphrec.loading.resolve.described_video import DescribedVideo
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions


class StoredVideos:
    """The videos that were in the graph when a load began, read when first needed.

    Args:
        store: the graph; None for an empty one.
    """

    def __init__(self, store: GraphStore | None) -> None:
        self._store = store
        # What is loaded together was added at one time.
        self._now = time.time_ns() // 1_000_000

    def compare(
        self, videos: Sequence[DescribedVideo]
    ) -> tuple[list[DescribedVideo], list[tuple[DescribedVideo, str]]]:
        """Return the videos that can be stored, and those that cannot be, with why."""
        if self._store is None or not videos:
            return list(videos), []
        kept, refused = [], []
        for video, cut_alike in zip(videos, self._cut_alike(videos), strict=True):
            reason = self._contradiction(video, cut_alike)
            if reason:
                refused.append((video, f"{video.file.path}: {reason}"))
            else:
                digest, title = self._items.get(video.file.item, ("", ""))
                kept.append(replace(video, titled=bool(title), added_at=None if digest else self._now))
        return kept, refused

    def _contradiction(self, video: DescribedVideo, cut_alike: bool) -> str:
        item = video.file.item
        label, other = ("Item", "Trailer") if video.file.metadata.trailer_of is None else ("Trailer", "Item")
        digests = {"Item": self._items.get(item, ("", ""))[0], "Trailer": self._trailers.get(item, "")}
        own_id = "give it an id of its own (in metadata.csv)"
        if digests[other]:
            return (
                f"{item!r} is the id of {'an' if other == 'Item' else 'a'} {other} of another file; {own_id}"
            )
        if digests[label] not in ("", video.digest):
            return f"{item!r} is in the graph with another content; {own_id}"
        if label == "Item" and not cut_alike:
            return (
                f"{item!r} is in the graph with segments at other times; cut it as before (--segments), "
                "or use another workspace"
            )
        return ""

    def _cut_alike(self, videos: Sequence[DescribedVideo]) -> list[bool]:
        """Return of each video whether the segments that are stored of it are those that it has now."""
        # One id more than the video has segments: where that is stored, it had more.
        keys = [(*video.segment_ids, video.segment_id(len(video.segment_ids))) for video in videos]
        wanted = pa.chunked_array([pa.array([key for some in keys for key in some], pa.string())])
        rows = positions(wanted, self._segments["id"]).tolist()
        starts, ends = self._segments["start_s"], self._segments["end_s"]
        alike, at = [], 0
        for video, some in zip(videos, keys, strict=True):
            found, at = rows[at : at + len(some)], at + len(some)
            bounds = video.described.segments.tolist()
            alike.append(
                found[-1] < 0
                and all(
                    row < 0 or [starts[row].as_py(), ends[row].as_py()] == bound
                    for row, bound in zip(found, bounds, strict=False)
                )
            )
        return alike

    @cached_property
    def _segments(self) -> pa.Table:
        assert self._store is not None
        return self._store.read_nodes("Segment", ("start_s", "end_s"))

    @cached_property
    def _items(self) -> dict[str, tuple[str, str]]:
        """Digest, empty for what came from no file, and title by id."""
        assert self._store is not None
        table = self._store.read_nodes("Item", ("digest", "title"))
        columns = (table[name].to_pylist() for name in ("id", "digest", "title"))
        return {key: (digest or "", title or "") for key, digest, title in zip(*columns, strict=True)}

    @cached_property
    def _trailers(self) -> dict[str, str]:
        assert self._store is not None
        table = self._store.read_nodes("Trailer", ("digest",))
        columns = (table[name].to_pylist() for name in ("id", "digest"))
        return {key: digest or "" for key, digest in zip(*columns, strict=True)}
