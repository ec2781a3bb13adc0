import io
from pathlib import Path

import av
import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media.one_pass import one_pass


def test_duration_rate_size_and_samples(write_video, sampled):
    video = sampled(write_video(seconds=6, fps=10))
    assert video.info.duration_s == pytest.approx(6.0)
    assert video.info.fps == pytest.approx(10.0)
    assert (video.info.width, video.info.height) == (128, 72)
    assert video.times.tolist() == [0.25 + k / 2 for k in range(12)]
    assert video.frames.shape == (12, 54, 96, 3)
    assert video.frames.dtype == np.uint8


def test_samples_are_the_pictures_on_screen_at_their_times(write_video, sampled):
    video = sampled(write_video(seconds=6, fps=10))
    shown = np.floor(video.times * 10 + 1e-6)
    brightness = video.frames.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(brightness, 200 * shown / 59 + 19.5, atol=4)


def test_samples_are_as_many_and_as_large_as_asked(write_video, sampled):
    video = sampled(write_video(size=(64, 128), seconds=2), per_s=5, side=32)
    assert video.frames.shape == (10, 32, 16, 3)


def test_small_videos_are_not_enlarged_but_to_eight_pixels(write_video, sampled):
    assert sampled(write_video(size=(32, 4), seconds=1)).frames.shape[1:3] == (8, 32)


def test_one_frame_is_a_video(write_video, sampled):
    video = sampled(write_video(seconds=0.1))
    assert video.info.duration_s == pytest.approx(0.1)
    assert len(video.frames) == 1


def test_time_starts_with_the_first_frame(write_video, sampled):
    video = sampled(write_video("late.mkv", seconds=3, ticks=range(70, 100)))
    assert video.info.duration_s == pytest.approx(3.0, abs=0.01)
    assert len(video.frames) == 6


def test_variable_frame_rate_repeats_what_is_on_screen(write_video, sampled):
    video = sampled(write_video("slides.mkv", seconds=0.3, ticks=[0, 30, 31]))
    assert video.info.duration_s == pytest.approx(3.2, abs=0.01)
    brightness = video.frames.mean(axis=(1, 2, 3))
    assert len(brightness) == 6
    assert np.ptp(brightness) < 3


@pytest.mark.parametrize(
    "name", ["clip.mkv", "clip.avi", "clip.mov", "no ending", 'it\'s 1:2 "ü 😀".mp4', "%03d.mp4"]
)
def test_containers_and_names(write_video, tmp_path, name):
    path = write_video(f"a{Path(name).suffix or '.mp4'}", seconds=2).rename(tmp_path / name)
    assert one_pass(path, []).duration_s == pytest.approx(2.0, abs=0.01)


def test_a_path_that_looks_like_an_address_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        one_pass(Path("http://127.0.0.1:9/x.mp4"), [])


def _refused(path, reason):
    with pytest.raises(DataError, match=reason) as error:
        one_pass(path, [])
    message = str(error.value)
    assert str(path) in message
    assert "\n" not in message


def test_missing_file(tmp_path):
    _refused(tmp_path / "none.mp4", "no such file")


def test_folder(tmp_path):
    _refused(tmp_path, "is a folder")


def test_zero_bytes(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    _refused(path, "empty")


@pytest.mark.parametrize("text", ["not a video\n" * 200, "x", "1\n00:00:01,000 --> 00:00:02,000\nhello\n"])
def test_text_named_mp4(tmp_path, text):
    path = tmp_path / "text.mp4"
    path.write_text(text)
    _refused(path, "not a video")


def test_a_playlist_opens_no_other_file(write_video, tmp_path):
    other = write_video("other.ts")
    path = tmp_path / "list.mp4"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{other}\n#EXT-X-ENDLIST\n")
    _refused(path, "not a video")


def test_index_missing(write_video):
    path = write_video()
    path.write_bytes(path.read_bytes()[:-2000])
    _refused(path, "moov")


def test_mp4_that_ends_early_tells_how_far_it_got(write_video):
    path = write_video(seconds=20, movflags="faststart")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _refused(path, r"ends after (9|10|11)\.\d s of the 20\.0 s")


def test_mkv_that_ends_early(write_video):
    path = write_video("cut.mkv", seconds=20)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _refused(path, "(ends|stops) after ")


def test_sound_that_outlasts_the_picture_is_no_damage(tmp_path):
    path = tmp_path / "both.mkv"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        _add_silence(container, seconds=8, also=lambda: _add_pictures(container, picture, 20))
    assert one_pass(path, []).duration_s == pytest.approx(2.0, abs=0.01)


def test_only_sound(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        _add_silence(container, seconds=1)
    _refused(path, "no video stream, only audio")


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    cover = io.BytesIO()
    with av.open(cover, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg")
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuvj420p")))
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        picture = container.add_stream("mjpeg")
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuvj420p"
        picture.disposition = av.stream.Disposition.attached_pic
        packet = av.Packet(cover.getvalue())
        packet.stream, packet.pts, packet.dts, packet.is_keyframe = picture, 0, 0, True
        container.start_encoding()
        container.mux(packet)
        for frame in _silence(1):
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    _refused(path, "no video stream")


def test_video_stream_without_frames(tmp_path):
    path = tmp_path / "nothing.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    _refused(path, "no frame can be decoded")


def test_a_video_whose_pictures_are_overwritten(write_video):
    path = write_video(seconds=6, codec="libx264", movflags="faststart")
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = b"\0" * (len(content) - start)
    path.write_bytes(content)
    _refused(path, "can be decoded|header promises")


def _silence(seconds):
    for number in range(seconds * 8):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, number * 1000
        yield frame


def _add_silence(container, seconds, also=lambda: None):
    stream = container.add_stream("aac", rate=8000)
    also()
    for frame in _silence(seconds):
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _add_pictures(container, stream, count):
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
        frame.pts = number
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
