"""Video files of made worlds with a sound: pictures and samples in, an mp4 out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame

RATE = 16_000
"""Samples per second."""
_AT_ONCE = 1024


def write_sounding(path: Path, pictures: npt.NDArray[np.uint8], wave: npt.NDArray[np.float32], *, fps: int) -> None:
    """Write an mp4 in H.264, or MPEG-4 where the encoder for it is missing, with a sound in AAC.

    Args:
        path: where.
        pictures: uint8 [n, height, width, 3], RGB; sides are even numbers.
        wave: float32 [samples], from -1 to 1, ``RATE`` a second.
        fps: pictures a second.

    Raises:
        OSError: the file cannot be written.
    """
    with av.open(f"file:{path}", "w", format="mp4") as container:
        shown = container.add_stream("libx264" if "libx264" in av.codecs_available else "mpeg4", rate=fps)
        shown.height, shown.width, shown.pix_fmt = *pictures.shape[1:3], "yuv420p"
        shown.codec_context.thread_count = 1
        shown.codec_context.time_base = Fraction(1, fps)
        if shown.codec_context.name == "libx264":
            shown.options = {"preset": "ultrafast", "crf": "24"}
        else:
            shown.codec_context.bit_rate = 400_000
        heard = container.add_stream("aac", rate=RATE, layout="mono")
        assert isinstance(heard, AudioStream)
        for number, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(shown.encode(frame))
        container.mux(shown.encode())
        for start in range(0, len(wave), _AT_ONCE):
            piece = AudioFrame.from_ndarray(wave[None, start : start + _AT_ONCE], format="fltp", layout="mono")
            piece.sample_rate, piece.pts = RATE, start
            container.mux(heard.encode(piece))
        container.mux(heard.encode())
