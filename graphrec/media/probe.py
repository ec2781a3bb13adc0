"""What a video file's header says, without decoding it."""

from __future__ import annotations

from pathlib import Path

import av

from graphrec.errors import DataError
from graphrec.media.container import opened, video_stream


def duration_s(path: Path) -> float:
    """Return how many seconds a video lasts by its header; raises ``DataError`` for a file that is none."""
    with opened(path) as container:
        video_stream(container, path)
        if container.duration is None:
            raise DataError(f"{path}: its header does not say how long it is")
        return float(container.duration / av.time_base)
