"""One pass over a video file: what it really lasts, and small RGB frames at even times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from graphrec.errors import ConfigError, DataError

FRAMES_PER_S = 2.0
SIZE = 96

_SMALLEST_SIDE = 8
# FFmpeg also opens playlists, which name other files and hosts: a hostile "video" must not make it read them.
_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,gif",
}


@dataclass(frozen=True)
class Decoded:
    """What one pass over a file gave.

    Attributes:
        duration_s: from the first decoded frame's start to the last one's end, seconds.
        fps: decoded frames per second of that duration.
        width: of the first frame, pixels.
        height: of the first frame, pixels.
        times: float64 [n], seconds from the first frame's start: (k + 1/2) / frames per second asked for.
        frames: uint8 [n, h, w, 3], RGB, the picture on screen at each of ``times``; n >= 1.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    times: NDArray[np.float64]
    frames: NDArray[np.uint8]


def decode(path: str | Path, *, frames_per_s: float = FRAMES_PER_S, size: int = SIZE) -> Decoded:
    """Decode a video once; sample the picture on screen at times (k + 1/2) / ``frames_per_s``.

    Args:
        path: an mp4, mov, mkv, webm, avi or another common video file; told by its content, not by its name.
        frames_per_s: samples per second.
        size: the longest side of the sampled frames in pixels; smaller videos are not enlarged, except that
            no side gets less than 8 pixels.

    Raises:
        ConfigError: ``frames_per_s`` or ``size`` is out of range.
        DataError: the file is missing, empty, not a video, without video stream or frame, mostly damaged, or
            ends clearly earlier than its header promises.
    """
    if not frames_per_s > 0:
        raise ConfigError(f"frames_per_s is {frames_per_s}; it must be above 0")
    if size < _SMALLEST_SIDE:
        raise ConfigError(f"size is {size}; it must be at least {_SMALLEST_SIDE} pixels")
    path = Path(path)
    with opened(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        reading = _Reading(container, stream)
        sampler = _Sampler(frames_per_s, size)
        for start_s, end_s, frame in reading.frames():
            sampler.add(start_s, end_s, frame)
        reading.check(path)
        return sampler.finish(reading.decoded)


def opened(path: Path) -> InputContainer:
    """Open a video file, which the caller closes; raises ``DataError`` for one that cannot be opened."""
    _check_readable(path)
    try:
        return av.open(f"file:{path}", container_options=_OPEN_OPTIONS, metadata_errors="replace")
    except (FFmpegError, ValueError) as error:
        raise DataError(_why_not_opened(path)) from error


class _Reading:
    """Frames of one stream with their times, and how far the file reached."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._container, self._stream = container, stream
        self.decoded = self._damaged = 0
        self._stopped: str | None = None
        self._begin_s: float | None = None
        self._video_end_s = self._any_end_s = 0.0

    def frames(self) -> Iterator[tuple[float, float, VideoFrame]]:
        """Yield (start, end, frame) in seconds from the first frame's start."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        usual_s = float(1 / rate) if rate else 0.04
        latest_s = 0.0
        for frame in self._pictures():
            at_s = latest_s if frame.time is None else frame.time
            if self._begin_s is None:
                self._begin_s = latest_s = at_s
            latest_s = max(latest_s, at_s)
            lasts_s = float(frame.duration * (frame.time_base or 0))
            end_s = latest_s + (lasts_s or usual_s)
            self.decoded += 1
            self._video_end_s = end_s - self._begin_s
            self._any_end_s = max(self._any_end_s, end_s)
            yield latest_s - self._begin_s, self._video_end_s, frame
            if frame.time is None:
                latest_s = end_s

    def _pictures(self) -> Iterator[VideoFrame]:
        try:
            for packet in self._container.demux():
                if packet.stream.index == self._stream.index:
                    try:
                        yield from self._stream.codec_context.decode(packet)
                    except FFmpegError:
                        self._damaged += 1
                elif packet.pts is not None and packet.time_base is not None:
                    end = packet.pts + (packet.duration or 0)
                    self._any_end_s = max(self._any_end_s, float(end * packet.time_base))
        except FFmpegError as error:
            self._stopped = error.strerror or type(error).__name__

    def check(self, path: Path) -> None:
        """Raise ``DataError`` where the file did not hold what it promised."""
        if not self.decoded:
            reason = f"{self._damaged} damaged packets" if self._damaged else "nothing"
            raise DataError(
                f"{path}: no frame can be decoded, its video stream holds {reason}; "
                "export or copy the file again"
            )
        if self._damaged > self.decoded:
            raise DataError(
                f"{path}: {self._damaged} packets are damaged and only {self.decoded} frames "
                "can be decoded; copy the file again"
            )
        if self._stopped:
            raise DataError(
                f"{path}: reading stops after {self._video_end_s:.1f} s ({self._stopped}); "
                "the file is cut off or damaged, copy it again"
            )
        promised_s, reached_s = self._promise()
        if promised_s - reached_s > max(1.0, 0.01 * promised_s):
            raise DataError(
                f"{path}: ends after {reached_s:.1f} s of the {promised_s:.1f} s that its header "
                "promises; the file is cut off, copy it again"
            )

    def _promise(self) -> tuple[float, float]:
        """The seconds that the header promises (0 if it does not), and those that were there."""
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base), self._video_end_s
        if not container.duration:
            return 0.0, self._video_end_s
        # Matroska and WebM promise when the whole container ends; its sound may outlast the picture.
        return container.duration / av.time_base, self._any_end_s


class _Sampler:
    """Keeps the frame on screen at each sampling time, scaled down; all others are dropped unconverted."""

    def __init__(self, frames_per_s: float, size: int) -> None:
        self._frames_per_s, self._size = frames_per_s, size
        self._reformatter = VideoReformatter()
        self._shown: VideoFrame | None = None
        self._end_s = 0.0
        self._samples: list[NDArray[np.uint8]] = []
        self._original: tuple[int, int] | None = None

    def add(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        if self._original is None:
            self._original = (frame.width, frame.height)
        self._sample_until(start_s)
        self._shown, self._end_s = frame, end_s

    def finish(self, decoded: int) -> Decoded:
        self._sample_until(self._end_s)
        assert self._original is not None
        if not self._samples:
            self._samples.append(self._small())
        width, height = self._original
        count = len(self._samples)
        times: NDArray[np.float64] = (np.arange(count, dtype=np.float64) + 0.5) / self._frames_per_s
        fps = decoded / self._end_s
        return Decoded(self._end_s, fps, width, height, times, np.stack(self._samples))

    def _sample_until(self, time_s: float) -> None:
        until = int(np.ceil(time_s * self._frames_per_s - 0.5 - 1e-6))
        if self._shown is not None and len(self._samples) < until:
            self._samples += [self._small()] * (until - len(self._samples))

    def _small(self) -> NDArray[np.uint8]:
        assert self._shown is not None
        assert self._original is not None
        width, height = self._original
        scale = min(1.0, self._size / max(width, height))
        small = self._reformatter.reformat(
            self._shown,
            width=max(_SMALLEST_SIDE, round(width * scale)),
            height=max(_SMALLEST_SIDE, round(height * scale)),
            format="rgb24",
        )
        return np.asarray(small.to_ndarray(), dtype=np.uint8)


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise DataError(f"{path}: is a folder, not a video file; name a file in it")
        with path.open("rb") as file:
            if not file.read(1):
                raise DataError(f"{path}: is empty (0 bytes); copy the file again")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; check the path") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _why_not_opened(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        return f"{path}: an mp4 without its index (moov): the file was cut off; copy or export it again"
    return f"{path}: not a video, or too damaged to be opened; give another file or copy it again"


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the moving pictures of a container; raises ``DataError`` where it has none that can be decoded."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(sorted({s.type for s in container.streams if s.type != "video"}))
        others = f", only {kinds}" if kinds else ""
        raise DataError(f"{path}: has no video stream{others}; give a file with moving pictures")
    if streams[0].codec_context is None:
        raise DataError(f"{path}: its video codec is not known here; convert it, for example to H.264")
    return streams[0]
