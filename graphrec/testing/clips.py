"""Real video files whose content is known: for tests and benchmarks of whatever reads videos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

_AUDIO_RATE = 16_000


def write_brightening(
    path: Path,
    *,
    seconds: float = 6.0,
    still_s: float = 0.0,
    fps: int = 10,
    size: tuple[int, int] = (128, 72),
    codec: str = "mpeg4",
    ticks: Iterable[int] | None = None,
    **options: str,
) -> Path:
    """Write a clip that brightens evenly from black to white, and then stands still for ``still_s``.

    ``ticks`` are its pictures' times, in pictures.
    """
    count = round(seconds * fps)
    whole = count + round(still_s * fps)
    grain = np.random.default_rng(0).integers(0, 40, (size[1], size[0], 3), dtype=np.uint8)
    with av.open(str(path), "w", options=options) as container:
        stream = _pictures(container, codec, fps, size, 8_000_000)
        stream.codec_context.gop_size = 5
        for number, tick in enumerate(ticks or range(whole)):
            picture = np.full_like(grain, 200 * min(number, count - 1) // max(1, count - 1)) + grain
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_shots(
    path: Path,
    *,
    lengths: Sequence[int] = (30, 40, 25),
    fps: int = 25,
    size: tuple[int, int] = (160, 96),
    seed: int = 0,
    tone: float | None = None,
    codec: str = "mpeg4",
) -> Path:
    """Write a clip of shots, each a scene of colours of its own that drifts slowly.

    Args:
        path: where to.
        lengths: of the shots, in pictures.
        fps: pictures per second.
        size: width and height, multiples of 8.
        seed: of the scenes.
        tone: pitch of a sine in a second stream, Hz; None for no sound.
        codec: of the pictures.
    """
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = _pictures(container, codec, fps, size, 4_000_000)
        sound = container.add_stream("aac", rate=_AUDIO_RATE, layout="mono") if tone else None
        for shot, length in enumerate(lengths):
            scene = _scene(shot, size, rng)
            for number in range(length):
                shift = number % size[0]
                picture = np.ascontiguousarray(scene[:, shift : shift + size[0]])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
        if isinstance(sound, AudioStream) and tone:
            _add_tone(container, sound, tone, sum(lengths) / fps)
    return path


def write_repeated(path: Path, *, seconds: float, fps: int = 10, size: tuple[int, int] = (960, 540)) -> Path:
    """Write a long clip quickly: the same ten seconds of a moving texture, encoded once, again and again."""
    grain = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = _pictures(container, "mpeg4", fps, size, 8_000_000)
        packets = []
        for number in range(10 * fps):
            frame = av.VideoFrame.from_ndarray(np.roll(grain, 3 * number, axis=1), format="rgb24")
            packets += stream.encode(frame)
        packets += stream.encode()
        for number in range(round(seconds * fps)):
            packet = packets[number % len(packets)]
            again = av.Packet(bytes(packet))
            again.stream, again.time_base, again.is_keyframe = stream, Fraction(1, fps), packet.is_keyframe
            again.pts = again.dts = number
            again.duration = 1
            container.mux(again)
    return path


def _pictures(
    container: OutputContainer, codec: str, fps: int, size: tuple[int, int], bit_rate: int
) -> VideoStream:
    stream: Any = container.add_stream(codec, rate=fps)
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.bit_rate = bit_rate
    stream.codec_context.time_base = Fraction(1, fps)
    found: VideoStream = stream
    return found


def _scene(shot: int, size: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    # Hues a third of a turn apart, so that no two neighbours look alike.
    base = np.roll([200, 60, 20], shot)[None, None] + rng.integers(-20, 20, 3)
    blocks = rng.integers(-25, 25, (size[1] // 8, size[0] // 4, 1)).repeat(8, 0).repeat(8, 1).repeat(3, 2)
    scene: npt.NDArray[np.uint8] = np.clip(base + blocks, 0, 255).astype(np.uint8)
    return scene


def _add_tone(container: OutputContainer, stream: AudioStream, pitch: float, seconds: float) -> None:
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * _AUDIO_RATE)) / _AUDIO_RATE)
    for start in range(0, len(wave), 1024):
        piece = wave[start : start + 1024].astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = _AUDIO_RATE, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
