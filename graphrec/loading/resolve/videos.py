"""Described videos as nodes, relationships and features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.features import SUFFIXES
from graphrec.loading.blocks import FeatureBlock, FileBlock, Known, NodeBlock, RelationshipBlock, Rows
from graphrec.loading.resolve.described_video import DescribedVideo
from graphrec.loading.resolve.stored_videos import StoredVideos
from graphrec.media.journal import Journal
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class PendingVideos:
    """Described videos that are stored together; those that contradict what the graph holds of them are left out."""

    videos: Sequence[DescribedVideo]
    after_its_file: ClassVar[bool] = False

    @property
    def source(self) -> str:
        """The files that they come from."""
        return source_of(self.videos)

    def resolve(self, known: Known) -> Iterator[Rows | FeatureBlock | FileBlock]:
        """Yield what is to be stored of the videos, and a ``FileBlock`` for each that cannot be."""
        kept, refused = known.once(StoredVideos).compare(self.videos)
        for video, reason in refused:
            Journal(Workspace(known.workspace).media).failed(video.file.path, video.file.item, reason)
            yield FileBlock(str(video.file.path), 0, reason)
        yield from blocks_of(kept)


def blocks_of(together: Sequence[DescribedVideo]) -> Iterator[Rows | FeatureBlock]:
    """Yield all that is to be stored of some videos, at once or not at all."""
    if not together:
        return
    source = source_of(together)
    items = [video for video in together if video.file.metadata.trailer_of is None]
    trailers = [video for video in together if video.file.metadata.trailer_of is not None]
    if items:
        yield from _items(items, source)
    if trailers:
        yield from _trailers(trailers, source)


def source_of(together: Sequence[DescribedVideo]) -> str:
    """Return what some videos are called in errors; "" for none."""
    if not together:
        return ""
    more = f" and {len(together) - 1} more" if len(together) > 1 else ""
    return f"{together[0].file.path}{more}"


def _items(videos: Sequence[DescribedVideo], source: str) -> Iterator[Rows | FeatureBlock]:
    yield NodeBlock("Item", pa.Table.from_pylist([_item(video) for video in videos], _ITEM), source)
    bounds = np.concatenate([video.described.segments for video in videos])
    keys = [key for video in videos for key in video.segment_ids]
    positions = [n for video in videos for n in range(len(video.described.segments))]
    table = {"id": keys, "start_s": bounds[:, 0], "end_s": bounds[:, 1], "position": positions}
    yield NodeBlock("Segment", pa.table(table), source)
    pairs = ((video.file.item, key) for video in videos for key in video.segment_ids)
    yield _related("HAS_SEGMENT", "Item", "Segment", pairs, source)
    yield from _frames(videos, "Item", source)
    pairs = ((key, frame) for video in videos for key, frame in _frames_of_segments(video))
    yield _related("HAS_FRAME", "Segment", "Frame", pairs, source)
    yield from _genres(videos, source)
    yield from _features(videos, "Segment", 0, source)
    yield from _features(videos, "Frame", 1, source)
    yield from _features(videos, "Item", 2, source)


def _trailers(videos: Sequence[DescribedVideo], source: str) -> Iterator[Rows | FeatureBlock]:
    rows = [
        {
            "id": v.file.item,
            "uri": str(v.file.path),
            "digest": v.digest,
            "duration_s": v.described.info.duration_s,
        }
        for v in videos
    ]
    yield NodeBlock("Trailer", pa.Table.from_pylist(rows), source)
    pairs = ((video.file.metadata.trailer_of or "", video.file.item) for video in videos)
    yield _related("HAS_TRAILER", "Item", "Trailer", pairs, source, existing=("Trailer",))
    yield from _frames(videos, "Trailer", source)
    yield from _features(videos, "Frame", 1, source)
    yield from _features(videos, "Trailer", 2, source)


_ITEM = pa.schema(
    {
        "id": pa.string(),
        "kind": pa.string(),
        "title": pa.string(),
        "year": pa.int64(),
        "uploader": pa.string(),
        "duration_s": pa.float64(),
        "uri": pa.string(),
        "digest": pa.string(),
        "added_at": pa.int64(),
        "thumbnail": pa.string(),
        "fps": pa.float64(),
        "width": pa.int64(),
        "height": pa.int64(),
        "rotation": pa.int64(),
        "audio": pa.bool_(),
    }
)


def _item(video: DescribedVideo) -> dict[str, Any]:
    about, info = video.file.metadata, video.described.info
    return {
        "id": video.file.item,
        "kind": "video",
        "title": about.title or (None if video.titled else video.file.path.stem.replace("_", " ")),
        "year": about.year,
        "uploader": about.uploader,
        "duration_s": info.duration_s,
        "uri": str(video.file.path),
        "digest": video.digest,
        "added_at": video.added_at,
        "thumbnail": video.picture(video.described.cover),
        "fps": info.fps,
        "width": info.width,
        "height": info.height,
        "rotation": info.rotation,
        "audio": info.has_audio,
    }


def _frames(videos: Sequence[DescribedVideo], of: str, source: str) -> Iterator[Rows | FeatureBlock]:
    keys = [key for video in videos for key in video.frame_ids]
    if not keys:
        return
    times = np.concatenate([video.described.frames for video in videos])
    pictures = [video.picture(number) for video in videos for number in range(len(video.described.frames))]
    yield NodeBlock("Frame", pa.table({"id": keys, "time_s": times, "uri": pictures}), source)
    pairs = ((video.file.item, key) for video in videos for key in video.frame_ids)
    yield _related("HAS_FRAME", of, "Frame", pairs, source)


def _frames_of_segments(video: DescribedVideo) -> Iterator[tuple[str, str]]:
    starts = video.described.segments[:, 0]
    numbers = np.maximum(np.searchsorted(starts, video.described.frames, "right") - 1, 0)
    segments = video.segment_ids
    yield from ((segments[n], frame) for n, frame in zip(numbers.tolist(), video.frame_ids, strict=True))


def _genres(videos: Sequence[DescribedVideo], source: str) -> Iterator[Rows | FeatureBlock]:
    pairs = [(video.file.item, genre) for video in videos for genre in video.file.metadata.genres]
    if not pairs:
        return
    names = sorted({genre for _, genre in pairs})
    yield NodeBlock("Genre", pa.table({"id": names, "name": names}), source)
    yield _related("IN_GENRE", "Item", "Genre", dict.fromkeys(pairs), source)


def _related(
    name: str,
    start: str,
    end: str,
    pairs: Iterable[tuple[str, str]],
    source: str,
    existing: tuple[str, ...] | None = None,
) -> RelationshipBlock:
    found = list(pairs)
    table = pa.table(
        {
            "from": pa.array([one for one, _ in found], pa.string()),
            "to": pa.array([other for _, other in found], pa.string()),
        }
    )
    return RelationshipBlock(name, start, end, table, source, existing=existing or (start, end))


def _features(videos: Sequence[DescribedVideo], label: str, which: int, source: str) -> Iterator[Rows | FeatureBlock]:
    """Yield the matrices of the nodes of ``label``, the ``which``-th of what was described.

    What was described of whole videos only has no numbers of others.
    """
    ids = [key for video in videos for key in (video.segment_ids, video.frame_ids, [video.file.item])[which]]
    if not ids:
        return
    first = videos[0].described
    looks: list[npt.NDArray[np.float32]] = [video.described.looks[which] for video in videos]
    found = [(first.encoder, np.concatenate(looks))]
    if first.audio is not None:
        sounds = [video.described.sounds[which] for video in videos if video.described.sounds is not None]
        found.append((first.audio, np.concatenate(sounds)))
    for (name, version), matrix in found:
        if matrix.shape[1]:
            yield FeatureBlock(name + SUFFIXES[label], label, ids, matrix, source, version)
