import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders import logmel
from graphrec.media.encoders.logmel import BANDS, FLOOR, LogMel, spectrogram, spectrogram_clips

SECOND = np.arange(16_000) / 16_000


def _tone(hertz, seconds=1, loudness=1.0):
    return (loudness * np.sin(2 * np.pi * hertz * np.tile(SECOND, seconds))).astype(np.float32)


def _middle(band):
    """Hertz in the middle of a band, by HTK's formula with logarithms to the base 10."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (60, 7800))
    return 700 * (10 ** ((low + (high - low) * (band + 1) / (BANDS + 1)) / 2595) - 1)


def test_a_spectrogram_is_the_formula_frame_by_frame():
    wave = np.random.default_rng(0).uniform(-1, 1, 16_000).astype(np.float32)
    found = spectrogram(wave, 16_000)
    assert found.shape == (98, BANDS)
    assert found.dtype == np.float32
    hertz = np.arange(257) * 16_000 / 512
    turns = np.exp(-2j * np.pi * np.outer(hertz / 16_000, np.arange(400)))
    for frame in (0, 41, 97):
        part = wave[frame * 160 : frame * 160 + 400] * np.sin(np.pi * np.arange(400) / 400) ** 2
        magnitude = np.abs(turns @ part)
        for band in (0, 17, 63):
            mel = [
                2595 * np.log10(1 + f / 700) for f in (_middle(band - 1), _middle(band), _middle(band + 1))
            ]
            weight = np.interp(2595 * np.log10(1 + hertz / 700), mel, [0, 1, 0])
            assert found[frame, band] == pytest.approx(np.log(magnitude @ weight + FLOOR), abs=1e-4)


@pytest.mark.parametrize("band", [5, 20, 40, 60])
def test_a_tone_is_loudest_in_its_band(band):
    assert set(spectrogram(_tone(_middle(band)), 16_000).argmax(axis=1)) == {band}


def test_long_sound_and_many_windows_are_computed_in_parts(monkeypatch):
    waves = np.random.default_rng(0).uniform(-1, 1, (7, 8_000)).astype(np.float32)
    windows, whole = spectrogram(waves, 16_000), spectrogram(waves.ravel(), 16_000)
    monkeypatch.setattr(logmel, "_FRAMES_AT_ONCE", 100)
    np.testing.assert_allclose(spectrogram(waves, 16_000), windows, atol=1e-5)
    np.testing.assert_allclose(spectrogram(waves.ravel(), 16_000), whole, atol=1e-5)
    np.testing.assert_allclose(windows[0], whole[:48], atol=1e-5)


def test_a_stretch_has_mean_deviation_and_change_of_its_windows():
    waves = np.random.default_rng(0).normal(0, [[0.01], [0.1], [0.3]], (3, 16_000)).astype(np.float32)
    encoder, bands = LogMel(), spectrogram(waves, 16_000)
    pooled = encoder.pool(encoder.encode(waves))
    every = bands.reshape(-1, BANDS).astype(np.float64)
    change = np.abs(np.diff(bands, axis=1)).mean((0, 1))
    np.testing.assert_allclose(pooled, np.concatenate([every.mean(0), every.std(0), change]), atol=1e-4)


def test_silence_is_the_floor_and_does_not_change():
    encoder = LogMel()
    pooled = encoder.pool(encoder.encode(np.zeros((2, 16_000), np.float32)))
    np.testing.assert_allclose(pooled[:BANDS], np.log(FLOOR), rtol=1e-5)
    np.testing.assert_allclose(pooled[BANDS:], 0, atol=1e-5)


@pytest.mark.parametrize("waves", [np.zeros((0, 16_000)), np.zeros((1, 15_999)), np.zeros(16_000)])
def test_other_windows_are_refused(waves):
    with pytest.raises(DataError, match="is needed"):
        LogMel().encode(waves.astype(np.float32))


def test_clips_are_spread_over_the_whole_sound():
    wave = np.concatenate([_tone(_middle(band)) for band in range(4, 64, 6)])
    clips = spectrogram_clips(wave, 16_000, count=10, frames=50)
    assert clips.shape == (10, 50, BANDS)
    np.testing.assert_array_equal(np.median(clips.argmax(axis=2), axis=1), range(4, 64, 6))
    np.testing.assert_allclose(clips[0], spectrogram(wave, 16_000)[:50], atol=1e-5)
    np.testing.assert_allclose(clips[-1], spectrogram(wave[-8_240:], 16_000), atol=1e-5)


def test_clips_of_a_short_sound_end_in_silence():
    clips = spectrogram_clips(_tone(1000)[:8_000], 16_000)
    assert clips.shape == (32, 96, BANDS)
    np.testing.assert_array_equal(clips[0], clips[-1])
    np.testing.assert_allclose(clips[:, 50:], np.log(FLOOR), rtol=1e-5)
    assert clips[:, :45].max() > 2


def test_a_sound_of_one_clip_is_that_clip():
    np.testing.assert_array_equal(
        spectrogram_clips(_tone(500)[:15_600], 16_000, count=3)[1], spectrogram(_tone(500)[:15_600], 16_000)
    )


def test_bands_that_sound_cannot_have_are_refused():
    with pytest.raises(
        ConfigError, match="sound of 8000 samples per second has frequencies from 0 to 4000 Hz"
    ):
        spectrogram(np.zeros(8_000, np.float32), 8_000)
    with pytest.raises(ConfigError, match="too many"):
        spectrogram(np.zeros(16_000, np.float32), 16_000, bands=400)
    with pytest.raises(DataError, match="at least 400"):
        spectrogram(np.zeros(399, np.float32), 16_000)
