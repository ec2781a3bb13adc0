from fractions import Fraction

import av
import numpy as np
import pytest

from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import frame_encoder


@pytest.fixture
def write_video(tmp_path):
    """Write a clip that brightens from black to white; ``ticks`` are its frames' times, in frames."""

    def write(name="clip.mp4", *, seconds=6.0, fps=10, size=(128, 72), codec="mpeg4", ticks=None, **options):
        path = tmp_path / name
        count = round(seconds * fps)
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream(codec, rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.gop_size = 5
            stream.codec_context.bit_rate = 8_000_000
            stream.codec_context.time_base = Fraction(1, fps)
            grain = np.random.default_rng(0).integers(0, 40, (size[1], size[0], 3), dtype=np.uint8)
            for number, tick in enumerate(ticks or range(count)):
                picture = np.full_like(grain, 200 * number // max(1, count - 1)) + grain
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = tick, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def write_shots(tmp_path):
    """Write a clip of shots, each a scene of its own colours that drifts slowly; return its path.

    ``lengths`` are in frames; with ``tone`` a second stream holds a sine of that pitch, in Hz.
    """

    def write(name="shots.mp4", *, lengths=(30, 40, 25), fps=25, size=(160, 96), seed=0, tone=None):
        path, rng = tmp_path / name, np.random.default_rng(seed)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.bit_rate = 4_000_000
            sound = container.add_stream("aac", rate=16_000, layout="mono") if tone else None
            for shot, length in enumerate(lengths):
                # Hues a third of a turn apart, so that no two neighbours look alike.
                base = np.roll([200, 60, 20], shot)[None, None] + rng.integers(-20, 20, 3)
                scene = base + rng.integers(-25, 25, (size[1] // 8, size[0] // 4, 1)).repeat(8, 0).repeat(
                    8, 1
                ).repeat(3, 2)
                for number in range(length):
                    picture = np.clip(scene[:, number : number + size[0]], 0, 255).astype(np.uint8)
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
            if sound is not None:
                _add_tone(container, sound, tone, sum(lengths) / fps)
        return path

    return write


def _add_tone(container, stream, pitch, seconds):
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * 16_000)) / 16_000)
    for start in range(0, len(wave), 1024):
        piece = wave[start : start + 1024].astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


@pytest.fixture(scope="session")
def descriptor():
    return frame_encoder(EncoderSpec("descriptor"))
