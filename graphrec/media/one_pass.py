"""One pass over a video file: its pictures and its sound, each with its time, to whoever wants them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from graphrec.errors import DataError
from graphrec.media.container import audio_stream, check_size, opened, video_stream
from graphrec.media.description import VideoInfo

_HOUR_S = 3600.0


class PictureSink(Protocol):
    """Takes pictures in order of time."""

    def picture(self, start_s: float, end_s: float, frame: VideoFrame) -> None:
        """Take the picture that is on screen from ``start_s`` to ``end_s``, seconds from the first one's start."""
        ...


class SoundSink(Protocol):
    """Takes sound in order of time."""

    def sound(self, start_s: float, frame: AudioFrame) -> None:
        """Take the next piece of sound, in whatever format the file has.

        It is heard from ``start_s`` on, seconds from the first picture's start; NaN where the file does not say.
        """
        ...


def one_pass(
    path: Path,
    pictures: Sequence[PictureSink],
    sounds: Sequence[SoundSink] = (),
    *,
    threads: int = 0,
    hardware: str | None = None,
) -> VideoInfo:
    """Decode a file once; each picture and each piece of sound goes to every sink.

    Args:
        path: an mp4, mov, mkv, webm, avi or another common video file.
        pictures: who takes pictures.
        sounds: who takes sound; without any, sound is not decoded.
        threads: decoding threads; 0 for as many as there are cores.
        hardware: see ``opened``.

    Raises:
        NotFoundError: ``hardware`` is not known.
        DataError: the file is missing, empty, not a video, without video stream or picture, mostly damaged, or
            ends clearly earlier than its header promises.
    """
    with opened(path, hardware) as container:
        reading = _Reading(container, video_stream(container, path), audio_stream(container), threads)
        for frame in reading.frames(sound=bool(sounds)):
            if isinstance(frame, AudioFrame):
                for listener in sounds:
                    listener.sound(reading.heard(frame), frame)
                continue
            start_s, end_s = reading.shown(frame)
            for viewer in pictures:
                viewer.picture(start_s, end_s, frame)
        return reading.finish(path)


class _Reading:
    """Where a pass stands: times, what was decoded, what was damaged."""

    def __init__(
        self, container: InputContainer, video: VideoStream, audio: AudioStream | None, threads: int
    ) -> None:
        self._container, self._video, self._audio = container, video, audio
        video.thread_type = "AUTO"
        video.codec_context.thread_count = threads
        rate = video.average_rate or video.guessed_rate
        self._usual_s = float(1 / rate) if rate else 0.04
        self._decoded = self._damaged = 0
        self._heard = False
        self._stopped: str | None = None
        self._begin_s: float | None = None
        self._latest_s = 0.0
        self._video_end_s = self._any_end_s = 0.0
        self._shape = (0, 0, 0)
        promised_s, _ = self._promise()
        # A picture is held until the next one comes: a jump in time would be an endless still.
        self._plausible_s = _HOUR_S + 2 * promised_s if promised_s else 24 * _HOUR_S

    def frames(self, *, sound: bool) -> Iterator[VideoFrame | AudioFrame]:
        """Yield what can be decoded, in the file's order."""
        try:
            for packet in self._container.demux():
                if packet.stream.index == self._video.index:
                    try:
                        yield from self._video.codec_context.decode(packet)
                    except MemoryError:
                        raise
                    except FFmpegError:
                        self._damaged += 1
                    continue
                self._see_end(packet)
                if self._audio is not None and packet.stream.index == self._audio.index:
                    yield from self._listened(packet, sound)
        except MemoryError:
            raise
        except FFmpegError as error:
            self._stopped = error.strerror or type(error).__name__

    def _listened(self, packet: Packet[Any], sound: bool) -> Iterator[AudioFrame]:
        # Whether there is sound is known from its first piece; the rest is decoded only for someone.
        if self._audio is None or (self._heard and not sound):
            return
        try:
            for frame in self._audio.codec_context.decode(packet):
                self._heard = True
                yield frame
        except FFmpegError:
            return

    def _see_end(self, packet: Packet[Any]) -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = packet.pts + (packet.duration or 0)
            self._any_end_s = max(self._any_end_s, float(end * packet.time_base))

    def shown(self, frame: VideoFrame) -> tuple[float, float]:
        """Return when a picture starts and ends, seconds from the first one's start; times never go back."""
        at_s = self._latest_s if frame.time is None else frame.time
        if self._begin_s is None:
            self._begin_s = self._latest_s = at_s
            self._shape = (frame.width, frame.height, frame.rotation % 360)
        # A stream may change its size in the middle.
        check_size(Path(self._container.name.removeprefix("file:")), frame.width, frame.height)
        self._latest_s = start_s = max(self._latest_s, at_s)
        lasts_s = float(frame.duration * (frame.time_base or 0))
        end_s = start_s + (lasts_s or self._usual_s)
        self._decoded += 1
        self._video_end_s = end_s - self._begin_s
        self._any_end_s = max(self._any_end_s, end_s)
        if self._video_end_s > self._plausible_s:
            raise DataError(
                f"{self._container.name.removeprefix('file:')}: its times jump to {self._video_end_s:.0f} s, of "
                f"{self._promise()[0]:.0f} s that its header promises; export the file again"
            )
        if frame.time is None:
            self._latest_s = end_s
        return start_s - self._begin_s, self._video_end_s

    def heard(self, frame: AudioFrame) -> float:
        """Return when a piece of sound starts, seconds from the first picture's start; NaN if nobody knows."""
        begin_s = self._begin_s
        if begin_s is None and self._video.start_time is not None and self._video.time_base is not None:
            begin_s = float(self._video.start_time * self._video.time_base)
        return math.nan if frame.time is None else frame.time - (begin_s or 0.0)

    def finish(self, path: Path) -> VideoInfo:
        """Say what the file held; raises ``DataError`` where that is not what it promised."""
        if not self._decoded:
            reason = f"{self._damaged} damaged packets" if self._damaged else "nothing"
            raise DataError(
                f"{path}: no frame can be decoded, its video stream holds {reason}; "
                "export or copy the file again"
            )
        if self._damaged > self._decoded:
            raise DataError(
                f"{path}: {self._damaged} packets are damaged and only {self._decoded} frames "
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
        width, height, rotation = self._shape
        if rotation % 180:
            width, height = height, width
        fps = self._decoded / self._video_end_s
        return VideoInfo(self._video_end_s, fps, width, height, rotation, self._heard)

    def _promise(self) -> tuple[float, float]:
        """The seconds that the header promises (0 if it does not), and those that were there."""
        stream, container = self._video, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base), self._video_end_s
        if not container.duration:
            return 0.0, self._video_end_s
        # Matroska and WebM promise when the whole container ends; its sound may outlast the picture.
        return container.duration / av.time_base, self._any_end_s
