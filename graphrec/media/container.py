"""Video files, opened with care: told by their content, and never led to other files or hosts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from graphrec.errors import DataError, unknown
from graphrec.files import require_regular

MOST_PIXELS = 8192 * 8192
"""Twice an 8K film's; FFmpeg's own limit is four times as high, at which a picture takes a gigabyte."""

# FFmpeg also opens playlists, which name other files and hosts: a hostile "video" must not make it read them.
_OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,gif",
}


def opened(path: Path, hardware: str | None = None) -> InputContainer:
    """Open a video file, which the caller closes.

    Args:
        path: the file.
        hardware: an FFmpeg device type (``"cuda"``, ``"vaapi"``, ...) that decodes what it can.

    Raises:
        NotFoundError: FFmpeg does not know the device type.
        DataError: the file cannot be opened.
    """
    _check_readable(path)
    if hardware is not None:
        if hardware not in hwdevices_available():
            raise unknown("kind of hardware decoder", hardware, hwdevices_available())
        # Whether the device is there shows only now; where it is not, the cores decode.
        with suppress(FFmpegError, ValueError):
            return _open(path, HWAccel(device_type=hardware, allow_software_fallback=True))
    try:
        return _open(path, None)
    except (FFmpegError, ValueError) as error:
        raise DataError(_why_not_opened(path)) from error


def _open(path: Path, device: HWAccel | None) -> InputContainer:
    return av.open(f"file:{path}", container_options=_OPEN_OPTIONS, metadata_errors="replace", hwaccel=device)


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the moving pictures of a container; raises ``DataError`` where it has none that can be decoded."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(sorted({s.type for s in container.streams if s.type != "video"}))
        others = f", only {kinds}" if kinds else ""
        raise DataError(f"{path}: has no video stream{others}; give a file with moving pictures")
    if streams[0].codec_context is None:
        raise DataError(f"{path}: its video codec is not known here; convert it, for example to H.264")
    check_size(path, streams[0].codec_context.width, streams[0].codec_context.height)
    return streams[0]


def check_size(path: Path, width: int, height: int) -> None:
    """Raise ``DataError`` for pictures that take gigabytes each."""
    if width * height > MOST_PIXELS:
        raise DataError(
            f"{path}: its pictures are {width} x {height}, more than {MOST_PIXELS / 1e6:.0f} million pixels; "
            "convert it to a smaller size"
        )


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the sound of a container; None where it has none that can be decoded."""
    stream = container.streams.best("audio")
    return stream if isinstance(stream, AudioStream) and stream.codec_context is not None else None


def _check_readable(path: Path) -> None:
    require_regular(path)
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
