from fractions import Fraction

import av
import numpy as np
import pytest


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
