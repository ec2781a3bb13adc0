"""Videos of known length, cut into segments of one length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.loading.blocks import Block, NodeBlock, RelationshipBlock
from graphrec.media.segments import segment_count


@dataclass(frozen=True)
class EvenSegments:
    """All segments of some videos, one video after the other.

    Attributes:
        videos: object [v], ids of videos.
        lengths: float64 [v], seconds.
        segment_s: seconds of a segment; the last of a video may be shorter.
        counts: int64 [v], segments of each video.
        video: int64 [n], which of ``videos`` each segment is of.
        position: int64 [n], 0 for a video's first segment.
    """

    videos: npt.NDArray[np.object_]
    lengths: npt.NDArray[np.float64]
    segment_s: float
    counts: npt.NDArray[np.int64]
    video: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]

    @classmethod
    def cut(
        cls, videos: npt.NDArray[np.object_], lengths: npt.NDArray[np.float64], segment_s: float
    ) -> EvenSegments:
        """Cut ``videos`` (object [v]) of ``lengths`` (float64 [v], seconds)."""
        counts = segment_count(lengths, segment_s)
        video = np.repeat(np.arange(len(videos)), counts)
        position = np.arange(len(video)) - np.repeat(np.cumsum(counts) - counts, counts)
        return cls(videos, lengths, segment_s, counts, video, position)

    @property
    def keys(self) -> pa.Array:
        """The ids of the segments, string [n]."""
        return segment_ids(self.videos[self.video], self.position)

    def blocks(self, source: str) -> Iterator[Block]:
        """Yield the segments and whose they are."""
        last = self.position == self.counts[self.video] - 1
        ends = np.where(last, self.lengths[self.video], (self.position + 1) * self.segment_s)
        keys = self.keys
        table = {"id": keys, "start_s": self.position * self.segment_s, "position": self.position}
        # A video is of another length in another file, so the last end_s may differ.
        yield NodeBlock("Segment", pa.table({**table, "end_s": ends}), source, fixed=("start_s",))
        owners = pa.array(self.videos[self.video], pa.string())
        yield RelationshipBlock(
            "HAS_SEGMENT", "Item", "Segment", pa.table({"from": owners, "to": keys}), source
        )


def segment_ids(videos: npt.NDArray[np.object_], positions: npt.NDArray[np.int64]) -> pa.Array:
    """Return the ids of segments: the video's id, #, and the position."""
    return pa.array(
        [f"{video}#{position}" for video, position in zip(videos, positions, strict=True)], pa.string()
    )
