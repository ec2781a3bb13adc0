"""What every encoder must keep. Subclass, return the words for yours from the fixture ``spec``, let pytest run it."""

from __future__ import annotations

import pickle
import re
from abc import ABC, abstractmethod

import numpy as np
import pytest

from graphrec.media.encoders.base import AudioEncoder, EncoderSpec, Floats, FrameEncoder, Pixels
from graphrec.media.encoders.registry import audio_encoder, frame_encoder

MOMENTS = 5
TOLERANCE = 1e-4
"""Of numbers that should be the same: a network may add up in another order when a batch has another size."""


def close(some: Floats, others: Floats) -> None:
    """Assert that vectors are the same up to rounding, as seen from the largest number in them."""
    largest = max(1e-3, float(np.abs(others).max()))
    np.testing.assert_allclose(some, others, rtol=0, atol=TOLERANCE * largest)


def check_pooled(pooled: Floats, alone: Floats) -> None:
    """Assert the shape and type of a pooled stretch, and that one moment pools to as many numbers."""
    assert pooled.dtype == alone.dtype == np.float32, "pooled vectors are float32"
    assert pooled.ndim == 1, "a stretch has one vector"
    assert pooled.shape == alone.shape, "one moment gives as many numbers as several"
    assert np.isfinite(pooled).all()
    assert np.isfinite(alone).all()


class FrameEncoderContract(ABC):
    """For any encoder of pictures."""

    @abstractmethod
    def spec(self) -> EncoderSpec:
        """Return, as a fixture, what names the encoder under test."""

    @pytest.fixture
    def encoder(self, spec: EncoderSpec) -> FrameEncoder:
        return frame_encoder(spec)

    @pytest.fixture
    def frames(self, encoder: FrameEncoder) -> Pixels:
        """Return noise that changes from picture to picture, as many as ``MOMENTS`` need."""
        noise = np.random.default_rng(0).integers(0, 256, self._shape(encoder, MOMENTS), dtype=np.uint8)
        noise.setflags(write=False)
        return noise

    def test_it_tells_what_it_wants(self, encoder: FrameEncoder) -> None:
        assert re.fullmatch("[A-Za-z0-9_-]+", encoder.name), "its name also names feature matrices"
        assert encoder.version
        assert encoder.frames_per_s > 0
        assert encoder.frames_per_vector >= 1
        assert encoder.overlap in (0, 1)
        assert min(encoder.picture.width, encoder.picture.height) >= 8

    def test_moments_have_a_vector_each(self, encoder: FrameEncoder, frames: Pixels) -> None:
        vectors = encoder.encode(frames)
        assert vectors.shape == (MOMENTS, encoder.dimension)
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()

    def test_a_stretch_has_one_vector(self, encoder: FrameEncoder, frames: Pixels) -> None:
        vectors = encoder.encode(frames)
        check_pooled(encoder.pool(vectors), encoder.pool(vectors[:1]))

    @pytest.mark.parametrize("value", [0, 255])
    def test_black_and_white_are_pictures(self, encoder: FrameEncoder, value: int, frames: Pixels) -> None:
        flat = encoder.encode(np.full(self._shape(encoder, 2), value, np.uint8))
        check_pooled(encoder.pool(flat), encoder.pool(flat[:1]))
        assert not np.allclose(encoder.pool(flat), encoder.pool(encoder.encode(frames))), (
            "pictures must matter"
        )

    def test_words_in_another_process_mean_the_same(self, spec: EncoderSpec, frames: Pixels) -> None:
        here, there = frame_encoder(spec), frame_encoder(pickle.loads(pickle.dumps(spec)))
        assert (here.name, here.version, here.dimension) == (there.name, there.version, there.dimension)
        np.testing.assert_array_equal(here.encode(frames), there.encode(frames))

    @pytest.mark.parametrize("first", range(1, MOMENTS))
    def test_batches_do_not_matter(self, encoder: FrameEncoder, frames: Pixels, first: int) -> None:
        """A moment's vector depends on its own pictures, and those of the overlap, only."""
        cut = first * encoder.frames_per_vector
        parts = frames[: cut + encoder.overlap], frames[cut:]
        close(np.concatenate([encoder.encode(part) for part in parts]), encoder.encode(frames))

    def test_long_and_odd_pictures(self, encoder: FrameEncoder) -> None:
        if encoder.picture.fit != "longest":
            pytest.skip("this encoder wants one size")
        shape = list(self._shape(encoder, MOMENTS))
        for height, width in ((8, encoder.picture.width), (encoder.picture.height, 8), (17, 11)):
            shape[1:3] = height, width
            assert np.isfinite(encoder.encode(np.full(shape, 77, np.uint8))).all()

    @staticmethod
    def _shape(encoder: FrameEncoder, moments: int) -> tuple[int, int, int, int]:
        pictures = encoder.overlap + moments * encoder.frames_per_vector
        return pictures, encoder.picture.height, encoder.picture.width, 3


class AudioEncoderContract(ABC):
    """For any encoder of sound."""

    @abstractmethod
    def spec(self) -> EncoderSpec:
        """Return, as a fixture, what names the encoder under test."""

    @pytest.fixture
    def encoder(self, spec: EncoderSpec) -> AudioEncoder:
        return audio_encoder(spec)

    @pytest.fixture
    def waves(self, encoder: AudioEncoder) -> Floats:
        """Return noise of growing loudness."""
        noise = np.random.default_rng(0).uniform(-1, 1, (MOMENTS, encoder.window))
        waves = (noise * np.linspace(0.2, 1, MOMENTS)[:, None]).astype(np.float32)
        waves.setflags(write=False)
        return waves

    def test_it_tells_what_it_wants(self, encoder: AudioEncoder) -> None:
        assert re.fullmatch("[A-Za-z0-9_-]+", encoder.name), "its name also names feature matrices"
        assert encoder.version
        assert encoder.rate > 0
        assert encoder.window > 0

    def test_windows_have_a_vector_each(self, encoder: AudioEncoder, waves: Floats) -> None:
        vectors = encoder.encode(waves)
        assert vectors.shape == (MOMENTS, encoder.dimension)
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()

    def test_a_stretch_has_one_vector(self, encoder: AudioEncoder, waves: Floats) -> None:
        vectors = encoder.encode(waves)
        check_pooled(encoder.pool(vectors), encoder.pool(vectors[:1]))

    @pytest.mark.parametrize("value", [-1, 0, 1])
    def test_silence_and_full_scale_are_sounds(
        self, encoder: AudioEncoder, value: float, waves: Floats
    ) -> None:
        flat = encoder.encode(np.full((2, encoder.window), value, np.float32))
        check_pooled(encoder.pool(flat), encoder.pool(flat[:1]))
        assert not np.allclose(encoder.pool(flat), encoder.pool(encoder.encode(waves))), "sound must matter"

    def test_words_in_another_process_mean_the_same(self, spec: EncoderSpec, waves: Floats) -> None:
        here, there = audio_encoder(spec), audio_encoder(pickle.loads(pickle.dumps(spec)))
        assert (here.name, here.version, here.dimension) == (there.name, there.version, there.dimension)
        np.testing.assert_array_equal(here.encode(waves), there.encode(waves))

    @pytest.mark.parametrize("first", range(1, MOMENTS))
    def test_batches_do_not_matter(self, encoder: AudioEncoder, waves: Floats, first: int) -> None:
        parts = waves[:first], waves[first:]
        close(np.concatenate([encoder.encode(part) for part in parts]), encoder.encode(waves))
