import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from graphrec.errors import DataError, NotFoundError
from graphrec.media.encoders.base import Picture
from graphrec.media.encoders.logmel import spectrogram_clips
from graphrec.media.one_pass import one_pass
from graphrec.media.sampling import PictureSampler, scaled
from graphrec.media.sound import SoundWindows, sound_of


def _sampled(path, per_s, picture, batch=16):
    taken = []
    sampler = PictureSampler(per_s, picture, lambda times, pixels: taken.append((times, pixels)), batch)
    info = one_pass(path, [sampler])
    sampler.finish()
    return info, np.concatenate([t for t, _ in taken]), np.concatenate([p for _, p in taken]), taken


def test_batches_hold_no_more_than_they_should(write_video):
    _, times, pixels, taken = _sampled(write_video(seconds=6), 2, Picture(32, 32), batch=5)
    assert [len(t) for t, _ in taken] == [5, 5, 2]
    assert times.tolist() == [0.25 + k / 2 for k in range(12)]
    assert pixels.shape == (12, 32, 32, 3)


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        (Picture(20, 30), (20, 30)),
        (Picture(40, 40, "crop"), (71, 40)),
        (Picture(64, 64, "longest"), (64, 36)),
    ],
)
def test_sizes(picture, size):
    assert scaled(128, 72, picture) == size


def test_crop_is_the_middle(write_video):
    _, _, whole, _ = _sampled(write_video(), 1, Picture(128, 72))
    _, _, middle, _ = _sampled(write_video(), 1, Picture(72, 72, "crop"))
    assert middle.shape == (6, 72, 72, 3)
    np.testing.assert_allclose(middle, whole[:, :, 28:100], atol=1)


@pytest.mark.parametrize(
    ("turned", "corner"), [((0, 1, -1, 0), (0, -1)), ((-1, 0, 0, -1), (-1, -1)), ((0, -1, 1, 0), (-1, 0))]
)
def test_pictures_are_turned_upright(tmp_path, turned, corner):
    """The white corner, top left in what is stored, is where a player that obeys the header's matrix shows it."""
    path = tmp_path / "phone.mp4"
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:16, :32] = 255
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 44
    a, b, c, d = (value << 16 for value in turned)
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    info, _, shown, _ = _sampled(path, 1, Picture(128, 128, "longest"))
    size = (64, 128) if turned[0] == 0 else (128, 64)
    assert (info.width, info.height) == size
    assert shown.shape[1:3] == size[::-1]
    bright = shown[0].mean(axis=2) > 128
    corners = {(y, x): bool(bright[y, x]) for y in (0, -1) for x in (0, -1)}
    assert [place for place, white in corners.items() if white] == [corner]


def test_presence_of_sound(write_shots):
    assert one_pass(write_shots(tone=440), []).has_audio
    assert not one_pass(write_shots(), []).has_audio


def test_sound_comes_in_windows_and_is_filled_up_with_silence(write_shots):
    taken = []
    windows = SoundWindows(8000, 8000, lambda times, waves: taken.append((times, waves)), batch=2)
    one_pass(write_shots(lengths=(60, 30), tone=440), [], [windows])
    windows.finish()
    times, waves = (np.concatenate(part) for part in zip(*taken, strict=True))
    assert times.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert waves.shape == (4, 8000)
    spectrum = np.abs(np.fft.rfft(waves[1]))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert 0.3 < np.abs(waves[1]).max() < 0.7
    assert np.abs(waves[3][-2000:]).max() == 0


def _heard(path, rate=8000):
    taken = []
    windows = SoundWindows(rate, rate, lambda times, waves: taken.append((times, waves)))
    info = one_pass(path, [], [windows])
    windows.finish(info.duration_s)
    return [np.concatenate(part) for part in zip(*taken, strict=True)]


def _with_tones(path, starts):
    """Eight seconds of pictures, and a second of sound at each of ``starts``."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound.codec_context.time_base = Fraction(1, 8000)
        wave = (16_000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.int16)[None]
        for number in range(80):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(frame))
            if number / 10 in starts:
                piece = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
                piece.sample_rate, piece.time_base, piece.pts = 8000, Fraction(1, 8000), 800 * number
                container.mux(sound.encode(piece))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path


def test_sound_stands_where_it_is_heard_and_elsewhere_is_silence(tmp_path):
    times, waves = _heard(_with_tones(tmp_path / "late.mkv", (3.0, 6.0)))
    assert times.tolist() == [n + 0.5 for n in range(8)]
    loud = np.abs(waves).max(axis=1) > 0.2
    assert loud.tolist() == [False, False, False, True, False, False, True, False]


def test_a_video_without_sound_is_silent_to_its_end(write_video):
    times, waves = _heard(write_video(seconds=3))
    assert times.tolist() == [0.5, 1.5, 2.5]
    assert not waves.any()


def test_times_that_jump_are_damage(write_video):
    path = write_video("jump.ts", seconds=0.3, codec="mpeg2video", fps=25, ticks=[0, 1, 20 * 3600 * 25])
    with pytest.raises(DataError, match=r"jump\.ts: its times jump"):
        one_pass(path, [])


def test_sound_alone(write_shots):
    wave = sound_of(write_shots(lengths=(60, 30), tone=440), 16_000)
    assert wave.shape == (64_000,)
    assert abs(int(np.abs(np.fft.rfft(wave[16_000:32_000])).argmax()) - 440) <= 1
    assert spectrogram_clips(wave, 16_000, count=4).shape == (4, 96, 64)
    with pytest.raises(DataError, match="has no sound"):
        sound_of(write_shots(), 16_000)


def test_an_unknown_device_is_a_setting_at_fault(write_video):
    with pytest.raises(NotFoundError, match="'toaster'"):
        one_pass(write_video(), [], hardware="toaster")


def test_a_device_that_is_not_there_leaves_decoding_to_the_cores(write_video):
    assert one_pass(write_video(), [], hardware="cuda").duration_s == pytest.approx(6)
