"""Pictures and spectrograms themselves, from video files, as arrays of one size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media.describe_file import describe
from graphrec.media.description import Description
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.clip import FRAMES, Clip
from graphrec.media.encoders.evenly import evenly
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.encoders.spectrogram import SIDE, Spectrogram
from graphrec.media.settings import DescribeSettings, EncoderSpecs
from graphrec.media.thumbnails import spooling
from graphrec.testing.clips import write_brightening, write_shots


def described(path: Path, folder: Path, frames: str = "clip", audio: str = "spectrogram") -> Description:
    encoders = make_encoders(EncoderSpecs(EncoderSpec(frames), EncoderSpec(audio)))
    with spooling(folder / "spool") as spool:
        return describe(path, DescribeSettings(), encoders, spool)[0]


def test_moments_come_from_the_middles_of_equal_parts() -> None:
    assert evenly(np.arange(8, dtype=np.float32)[:, None], 4).ravel().tolist() == [1, 3, 5, 7]
    assert evenly(np.arange(2, dtype=np.float32)[:, None], 6).ravel().tolist() == [0, 0, 0, 1, 1, 1]
    assert evenly(np.arange(3, dtype=np.float32)[:, None], 3).ravel().tolist() == [0, 1, 2]


def test_a_video_is_its_pictures_in_order(tmp_path: Path) -> None:
    found = described(write_brightening(tmp_path / "brighter.mp4", seconds=12), tmp_path)
    name, _ = found.encoder
    assert name == "clip-32x24x24x3"
    video = found.looks[2].reshape(32, 24, 24, 3)
    levels = video.mean((1, 2, 3))
    assert (np.diff(levels) > 0).all()
    assert levels[0] < 40
    assert levels[-1] > 190
    # A spectrogram of a video without sound is silence.
    assert found.sounds is not None
    assert np.ptp(found.sounds[2]) == 0


def test_arrays_are_kept_of_whole_videos_alone(tmp_path: Path) -> None:
    found = described(write_shots(tmp_path / "shots.mp4", tone=1000.0, lengths=(100, 150)), tmp_path)
    assert found.sounds is not None
    for segments, frames, video in (found.looks, found.sounds):
        assert (segments.shape, frames.shape) == ((len(found.segments), 0), (len(found.frames), 0))
        assert len(found.segments) == 2
        assert video.shape[0] == 1
        assert video.shape[1] > 0


def test_a_tone_is_loudest_in_one_band(tmp_path: Path) -> None:
    found = described(write_shots(tmp_path / "shots.mp4", tone=1000.0, lengths=(200,)), tmp_path)
    assert found.audio is not None
    assert found.audio[0] == "spectrogram-32x24x24"
    assert found.sounds is not None
    windows = found.sounds[2].reshape(32, SIDE, SIDE)
    edges = 700 * np.expm1(np.linspace(*(1127 * np.log1p(np.array([60, 7800]) / 700)), SIDE + 2) / 1127)
    expected = int(np.abs(edges[1:-1] - 1000).argmin())
    assert set(windows[1:-1].mean(1).argmax(1).tolist()) == {expected}


def test_names_say_how_large(tmp_path: Path) -> None:
    found = described(write_brightening(tmp_path / "bright.mp4"), tmp_path, "clip-64", "spectrogram-64")
    assert found.audio is not None
    assert (found.encoder[0], found.audio[0]) == ("clip-32x64x64x3", "spectrogram-32x64x64")
    assert found.looks[2].shape == (1, FRAMES * 64 * 64 * 3)


def test_other_arrays_are_refused() -> None:
    with pytest.raises(DataError, match=r"uint8 \[n, 24, 24, 3\], n >= 1, is needed"):
        Clip(24).encode(np.zeros((1, 20, 24, 3), np.uint8))
    with pytest.raises(DataError, match=r"waves are \[1, 4000\]; \[n, 4080\]"):
        Spectrogram(24).encode(np.zeros((1, 4000), np.float32))
