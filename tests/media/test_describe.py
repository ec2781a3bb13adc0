import shutil
from dataclasses import replace

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media import describe as module
from graphrec.media.decode import decode
from graphrec.media.describe import DEFAULTS, describe, describe_cached
from graphrec.media.descriptor import DIMENSION, encode


def test_each_segment_is_described_by_its_own_frames(write_video):
    path = write_video(seconds=13)
    described = describe(path)
    assert described.segments == [(0.0, 5.0, 0), (5.0, 10.0, 1), (10.0, pytest.approx(13.0), 2)]
    assert described.features.shape == (3, DIMENSION)
    assert described.features.dtype == np.float32
    frames = decode(path).frames
    for position, part in enumerate((frames[:10], frames[10:20], frames[20:])):
        np.testing.assert_array_equal(described.features[position], encode(part))


def test_segments_shorter_than_the_sampling_step_get_the_nearest_frame(write_video):
    described = describe(write_video(seconds=3), replace(DEFAULTS, length_s=0.5, frames_per_s=0.5))
    assert len(described.features) == 6
    assert np.abs(described.features).sum(axis=1).min() > 0


@pytest.fixture
def decodings(monkeypatch):
    """The paths decoded so far; decoding itself goes on as ever."""
    seen = []

    def counted(path, **settings):
        seen.append(path)
        return decode(path, **settings)

    monkeypatch.setattr(module, "decode", counted)
    return seen


def _same(one, other):
    np.testing.assert_array_equal(one.features, other.features)
    assert replace(one, features=None) == replace(other, features=None)


def test_the_same_content_is_decoded_once_whatever_its_name(write_video, tmp_path, decodings):
    path, cache = write_video(seconds=7), tmp_path / "new" / "cache"
    first = describe_cached(path, cache)
    copy = shutil.copy(path, tmp_path / "copy.mp4")
    _same(describe_cached(path, cache), first)
    _same(describe_cached(copy, cache), first)
    assert decodings == [path]
    assert [p.suffix for p in cache.iterdir()] == [".npz"]


def test_other_content_settings_or_encoder_are_computed(write_video, tmp_path, decodings, monkeypatch):
    path, cache = write_video(seconds=7), tmp_path / "cache"
    describe_cached(path, cache)
    assert len(describe_cached(path, cache, replace(DEFAULTS, length_s=2.0)).segments) == 4
    write_video(seconds=8)
    assert describe_cached(path, cache).duration_s == pytest.approx(8)
    monkeypatch.setattr(module.descriptor, "VERSION", 99)
    describe_cached(path, cache)
    assert len(decodings) == 4


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b"PK\3\4 not a zip"])
def test_a_damaged_entry_is_computed_again_and_mended(write_video, tmp_path, decodings, damage):
    path, cache = write_video(), tmp_path / "cache"
    first = describe_cached(path, cache)
    entry = next(cache.iterdir())
    entry.write_bytes(damage(entry.read_bytes()))
    _same(describe_cached(path, cache), first)
    _same(describe_cached(path, cache), first)
    assert len(decodings) == 2


def test_a_bad_file_leaves_nothing_in_the_cache(tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with pytest.raises(DataError, match="not a video"):
        describe_cached(path, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.mp4: no such file"):
        describe_cached(tmp_path / "none.mp4", tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_named(write_video, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="feature cache cannot be written"):
        describe_cached(write_video(), tmp_path / "cache")


def test_a_failed_write_leaves_no_temporary_file(write_video, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.np, "savez", full)
    with pytest.raises(DataError, match="No space left on device"):
        describe_cached(write_video(), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
