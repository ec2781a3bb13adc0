"""A video file and what was found in it, with the ids of its parts."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec.media.description import Description, thumbnail
from graphrec.media.video_file import VideoFile


@dataclass(frozen=True)
class DescribedVideo:
    """A file and what was found in it.

    Attributes:
        file: which.
        digest: of its content.
        described: what was found.
        titled: whether the graph has a title for it, which its file's name must not replace.
        added_at: when it came into the graph, epoch milliseconds; None for one that is there.
    """

    file: VideoFile
    digest: str
    described: Description
    titled: bool = False
    added_at: int | None = None

    @property
    def segment_ids(self) -> list[str]:
        """Ids of its segments, by position."""
        return [self.segment_id(position) for position in range(len(self.described.segments))]

    def segment_id(self, position: int) -> str:
        """Id of a segment, by its position."""
        return f"{self.file.item}#{position}"

    @property
    def frame_ids(self) -> list[str]:
        """Ids of its frames: the video's, and the time in milliseconds."""
        return [f"{self.file.item}@{round(time_s * 1000)}" for time_s in self.described.frames.tolist()]

    def picture(self, number: int) -> str | None:
        """Where the picture of a frame is, below the workspace's folder."""
        if number < 0:
            return None
        return f"media/{thumbnail(self.digest, float(self.described.frames[number]))}"
