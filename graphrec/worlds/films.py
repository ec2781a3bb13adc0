"""The pictures of made worlds: what a topic looks like, a video file of several in a row, and a still of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from graphrec.media.segments import LENGTH_S

_WIDTH, _HEIGHT, _FPS = 96, 64, 8
_TEXTURES, _MOTIONS = 4, 4
_HUES = 6
MOST_TOPICS = _TEXTURES * _MOTIONS


@dataclass(frozen=True)
class TopicLook:
    """How a topic looks: hue in turns, kind of texture, kind of motion."""

    hue: float
    texture: int
    motion: int


def draw_looks(rng: Generator, topics: int) -> list[TopicLook]:
    """Topics that share hues, textures and motions with others, but never both texture and motion."""
    pairs = rng.permutation(MOST_TOPICS)[:topics]
    turn = rng.random()
    return [
        TopicLook((number % _HUES) / _HUES + turn, int(pair) // _MOTIONS, int(pair) % _MOTIONS)
        for number, pair in enumerate(pairs)
    ]


def write_video(path: Path, looks: list[TopicLook], rng: Generator) -> None:
    """Write an mp4 of one 5 s segment per look, in H.264, or MPEG-4 where the encoder for it is missing.

    Raises:
        OSError: the file cannot be written.
    """
    write_scenes(path, [(look, LENGTH_S) for look in looks], rng)


def write_scenes(path: Path, scenes: Sequence[tuple[TopicLook, float]], rng: Generator, *, fps: int = _FPS) -> None:
    """Write an mp4 of scenes, each of a look and so many seconds.

    Raises:
        OSError: the file cannot be written.
    """
    tint = rng.normal(1, 0.07, 3)
    with av.open(f"file:{path}", "w", format="mp4") as container:
        stream = _stream(container, fps)
        number = 0
        for look, lasts_s in scenes:
            for planes in _segment(look, tint, rng, frames=round(lasts_s * fps)):
                frame = VideoFrame.from_ndarray(planes, format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, fps)
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode())


def still_looks(kinds: int) -> list[TopicLook]:
    """Return looks that differ from each other in stills, where nothing moves: at most 24."""
    return [TopicLook(kind / _HUES, (kind // _HUES + kind) % _TEXTURES, 0) for kind in range(kinds)]


def write_still(path: Path, look: TopicLook, tint: NDArray[np.float64], rng: Generator) -> None:
    """Write a picture of ``look``, whose colours are multiplied by ``tint``, float64 [3].

    Raises:
        OSError: the file cannot be written.
    """
    (planes,) = _segment(look, tint, rng, frames=1)
    Image.fromarray(VideoFrame.from_ndarray(planes, format="yuv420p").to_ndarray(format="rgb24")).save(path)


def _stream(container: OutputContainer, fps: int) -> VideoStream:
    x264 = "libx264" in av.codecs_available
    stream = container.add_stream("libx264" if x264 else "mpeg4", rate=fps)
    stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
    stream.codec_context.gop_size = 2 * fps
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, fps)
    if x264:
        stream.options = {"preset": "ultrafast", "crf": "30"}
    else:
        stream.codec_context.bit_rate = 400_000
    return stream


def _segment(look: TopicLook, tint: NDArray[np.float64], rng: Generator, *, frames: int) -> NDArray[np.uint8]:
    """So many frames as yuv420p planes, uint8 [frames, height * 3/2, width].

    Pictures are painted as numbers of colours in a palette, and only the palette is converted to YUV.
    """
    number = _pattern(look, rng, frames)
    number *= rng.uniform(50, 90)
    number += 112 + _noise(rng, len(number))
    index = np.clip(number, 0, 223, out=number).astype(np.uint8)
    _cover(index, rng)
    luma, blue, red = _palette(look.hue, tint, rng)
    halves = index[:, ::2, ::2]
    return np.concatenate(
        [plane.reshape(len(index), -1, _WIDTH) for plane in (luma[index], blue[halves], red[halves])], axis=1
    )


def _pattern(look: TopicLook, rng: Generator, frames: int) -> NDArray[np.float32]:
    """The topic's texture, moving: float32 [frames, height, width] from -1 to 1."""
    time = np.arange(frames, dtype=np.float32)[:, None, None] / _FPS
    row, column = (np.arange(side, dtype=np.float32) for side in (_HEIGHT, _WIDTH))
    x, y = column[None, None, :] + rng.uniform(0, 96), row[None, :, None] + rng.uniform(0, 64)
    speed = rng.uniform(5, 9)
    if look.motion == 1:
        x = x - speed * time
    elif look.motion == 2:
        y = y - speed * time
    wave = 2 * np.pi / rng.uniform(12, 20)
    turn = rng.normal(np.pi / 4, 0.12)
    if look.texture == 0:
        pattern = np.sin(wave * (np.cos(turn) * x + np.sin(turn) * y))
    elif look.texture == 1:
        pattern = np.sin(wave * x) * np.sin(wave * y)
    elif look.texture == 2:
        pattern = np.sin(wave * y + 1.5 * np.sin(wave * x / 2))
    else:
        pattern = (np.sin(wave * x * 0.9) + np.sin(wave * (0.6 * x - 0.8 * y)) + np.sin(wave * y * 0.4)) / 3
    if look.motion == 3:
        pulse = np.sin(2 * np.pi * rng.uniform(0.3, 0.6) * time + rng.uniform(0, 6))
        pattern = pattern * (0.55 + 0.45 * pulse)
    return np.broadcast_to(pattern, (len(time), _HEIGHT, _WIDTH)).astype(np.float32)


def _noise(rng: Generator, frames: int) -> NDArray[np.float32]:
    """Grain [frames, height, width]: one large sheet of it, seen through a window that jumps."""
    sheet = rng.normal(0, 14, (_HEIGHT + 16, _WIDTH + 16)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (_HEIGHT, _WIDTH))
    return np.asarray(windows[rng.integers(0, 17, frames), rng.integers(0, 17, frames)])


def _cover(index: NDArray[np.uint8], rng: Generator) -> None:
    """A box of some other colour, wandering over the picture, that says nothing about the topic."""
    size = int(rng.integers(14, 30))
    start, end = rng.uniform(0, 1, (2, 2)) * (_HEIGHT - size, _WIDTH - size)
    for frame, (top, left) in zip(index, np.linspace(start, end, len(index)).astype(int), strict=True):
        frame[top : top + size, left : left + size] = 240


def _palette(hue: float, tint: NDArray[np.float64], rng: Generator) -> NDArray[np.uint8]:
    """Y, U and V of 256 colours, uint8 [3, 256]: dark to light around a hue; the last 32 are the box's."""
    hue = hue + rng.normal(0, 0.035)
    dark = _rgb(hue + rng.uniform(0.03, 0.17), rng.uniform(0.5, 0.9), rng.uniform(0.2, 0.4))
    light = _rgb(hue, rng.uniform(0.4, 0.8), rng.uniform(0.7, 1))
    colours = dark + np.linspace(0, 1, 256)[:, None] * (light - dark)
    colours[224:] = _rgb(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.9))
    red, green, blue = np.clip(colours * tint, 0, 1).T
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    yuv = np.stack([16 + 219 * luma, 128 + 126 * (blue - luma), 128 + 160 * (red - luma)])
    return np.asarray(np.clip(yuv.round(), 0, 255), dtype=np.uint8)


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float64]:
    thirds = np.abs((hue + np.array([0, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1
    return np.asarray(value * (1 - saturation + saturation * np.clip(thirds, 0, 1)))
