import shutil

import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media.cutting import Cutting
from graphrec.media.describe_file import describe
from graphrec.media.description import thumbnail
from graphrec.media.encoders.registry import Encoders
from graphrec.media.kept_descriptions import KeptDescriptions, content_digest
from graphrec.media.keyframes import FrameRule, Pick
from graphrec.media.settings import DescribeSettings
from graphrec.media.thumbnails import spooling


@pytest.fixture
def described(descriptor, tmp_path):
    """Describe a file with some settings; return the description."""

    def run(path, **settings):
        with spooling(tmp_path / "spool") as spool:
            found, chosen = describe(path, DescribeSettings(**settings), Encoders(descriptor), spool)
            assert found.frames.tolist() == [spool.times[number] for number in chosen]
        return found

    return run


def test_each_segment_is_described_by_its_own_pictures(write_video, described, descriptor, sampled):
    path = write_video(seconds=13)
    found = described(path)
    assert found.segments.tolist() == [[0, 5], [5, 10], [10, pytest.approx(13)]]
    frames = sampled(path).frames
    before = [frames[:1], frames[9:10], frames[19:20]]
    for number, part in enumerate((frames[:10], frames[10:20], frames[20:])):
        expected = descriptor.pool(descriptor.encode(np.concatenate([before[number], part])))
        np.testing.assert_allclose(found.looks[0][number], expected, atol=1e-5)


def test_segments_between_two_samples_get_the_nearest(write_video, described):
    found = described(write_video(seconds=3), segments=Cutting("fixed", 0.5), frames_per_s=0.5)
    assert len(found.segments) == 6
    assert np.abs(found.looks[0]).sum(axis=1).min() > 0


def test_shots_become_segments_with_one_frame_each(write_shots, described):
    path = write_shots(lengths=(30, 40, 25))
    found = described(path, segments=Cutting("shots", 0), frames=FrameRule("shots"), pick=Pick.FIRST)
    np.testing.assert_allclose(found.segments, [[0, 1.2], [1.2, 2.8], [2.8, 3.8]], atol=1e-6)
    assert found.frames.tolist() == [0.25, 1.25, 3.25]
    assert found.cover in (0, 1, 2)


def test_frames_at_a_rate(write_video, described):
    found = described(write_video(seconds=6), frames=FrameRule("rate", 1.0))
    assert found.frames.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert [part.shape[0] for part in found.looks] == [1, 6, 1]


@pytest.mark.parametrize("rule", [FrameRule("rate", 1.0), FrameRule("shots")])
def test_what_is_described_ends_where_an_end_card_begins(write_video, described, rule):
    how = {"frames": rule, "segments": Cutting("fixed", 2.5), "cut_end_card": True}
    found = described(write_video(seconds=6, still_s=4), **how)
    alone = described(write_video("alone.mp4", seconds=6), **how)
    assert (found.info.duration_s, found.end_s, alone.end_s) == (10, 6.25, 6)
    assert found.segments.tolist() == [[0, 2.5], [2.5, 5], [5, 6.25]]
    assert found.frames.max(initial=0) < 6.25
    assert found.cover in range(len(found.frames))
    np.testing.assert_allclose(found.looks[2], alone.looks[2], atol=0.01)
    assert described(write_video("short.mp4", seconds=6, still_s=2), **how).end_s == 8
    assert described(write_video("all.mp4", seconds=0.1, still_s=5), **how).end_s == pytest.approx(5.1)


def test_no_frames(write_video, described):
    found = described(write_video(), frames=FrameRule("none"))
    assert (len(found.frames), found.cover, len(found.looks[1])) == (0, -1, 0)


def test_one_picture(write_video, described):
    found = described(write_video(seconds=0.1), segments=Cutting("scenes", 5), frames=FrameRule("shots"))
    assert found.segments.tolist() == [[0, pytest.approx(0.1)]]
    assert len(found.frames) == 1


def test_a_description_comes_back_as_it_was(write_shots, described, descriptor, tmp_path):
    kept = KeptDescriptions(tmp_path, DescribeSettings(), Encoders(descriptor))
    found = described(write_shots(tone=300))
    kept.write("d", found)
    back = kept.read("d")
    assert back.info == found.info
    assert (back.cover, back.encoder, back.audio, back.sounds) == (
        found.cover,
        ("descriptor", descriptor.version),
        None,
        None,
    )
    for one, other in zip(back.looks, found.looks, strict=True):
        np.testing.assert_array_equal(one, other)
    other = KeptDescriptions(tmp_path, DescribeSettings(segments=Cutting("fixed", 2)), Encoders(descriptor))
    assert other.read("d") is None


def test_another_version_of_the_encoder_is_another_description(descriptor, tmp_path):
    class Newer:
        name, version = descriptor.name, "99"

    paths = {
        KeptDescriptions(tmp_path, DescribeSettings(), Encoders(e)).path("d") for e in (descriptor, Newer())
    }
    assert len(paths) == 2


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b"PK\3\4 not a zip"])
def test_a_damaged_description_is_none(write_video, described, descriptor, tmp_path, damage):
    kept = KeptDescriptions(tmp_path, DescribeSettings(), Encoders(descriptor))
    kept.write("d", described(write_video()))
    kept.path("d").write_bytes(damage(kept.path("d").read_bytes()))
    assert kept.read("d") is None


def test_digests_tell_contents_apart_and_names_do_not_matter(write_video, tmp_path):
    path = write_video()
    copy = shutil.copy(path, tmp_path / "copy.mp4")
    assert content_digest(path) == content_digest(copy) != content_digest(write_video("other.mp4", seconds=5))
    with pytest.raises(DataError, match=r"none\.mp4: no such file"):
        content_digest(tmp_path / "none.mp4")


def test_pictures_of_chosen_frames_are_kept(write_video, tmp_path, sampled):
    frames = sampled(write_video(size=(64, 48)))
    with spooling(tmp_path) as spool:
        spool.take(frames.times, frames.frames)
        spool.keep([0, 5], tmp_path, "abcdef")
    paths = [tmp_path / thumbnail("abcdef", time_s) for time_s in (0.25, 2.75)]
    assert sorted(p for p in tmp_path.rglob("*.jpg")) == sorted(paths)
    assert paths[0].read_bytes()[:2] == b"\xff\xd8"
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_blur_is_less_sharp(tmp_path):
    sharp = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    blurred = _blurred(sharp)
    with spooling(tmp_path) as spool:
        spool.take(np.zeros(1), sharp)
        spool.take(np.ones(1), blurred)
    assert spool.sharpness[0] > 2 * spool.sharpness[1]


def _blurred(pixels):
    total = sum(np.roll(pixels.astype(float), (y, x), axis=(1, 2)) for y in range(3) for x in range(3))
    return (total / 9).astype(np.uint8)
