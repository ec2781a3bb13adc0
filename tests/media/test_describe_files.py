import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError, NotFoundError, StoreError
from graphrec.media import describe_files
from graphrec.media.cutting import Cutting
from graphrec.media.description import thumbnail
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.journal import Journal, shown
from graphrec.media.probe import duration_s
from graphrec.media.settings import DescribeJob, DescribeSettings, EncoderSpecs
from graphrec.media.worker_process import WorkerProcess, see_nothing
from graphrec.testing.limits import WAIT_S, until


@pytest.fixture
def outcomes(tmp_path):
    """Describe paths in workers; return what became of each."""

    def run(*paths, workers=None, limit_s=None, memory_mb=4096, watch=see_nothing, **settings):
        job = DescribeJob(tmp_path / "media", DescribeSettings(**settings), memory_mb=memory_mb)
        files = [(path, path.stem) for path in paths]
        return list(describe_files.describe_all(files, job, workers=workers, limit_s=limit_s, watch=watch))

    return run


@pytest.fixture
def started(monkeypatch):
    """The worker processes that were started."""
    found = []

    class Counted(describe_files.WorkerProcess):
        def describe(self, path, limit_s, watch):
            if self not in found:
                found.append(self)
            return super().describe(path, limit_s, watch)

    monkeypatch.setattr(describe_files, "WorkerProcess", Counted)
    return found


def test_files_come_in_their_order_with_their_pictures_and_the_journal(write_video, outcomes, tmp_path):
    paths = [write_video(f"v{n}.mp4", seconds=seconds) for n, seconds in enumerate([12, 1, 5])]
    found = outcomes(*paths)
    assert [outcome.path for outcome in found] == paths
    assert [len(outcome.described.segments) for outcome in found] == [2, 1, 1]
    for outcome in found:
        for time_s in outcome.described.frames:
            assert (tmp_path / "media" / thumbnail(outcome.digest, time_s)).stat().st_size > 500
    entries = Journal(tmp_path / "media").entries()
    assert [(entry.path, entry.item, entry.reason) for entry in entries] == [
        (str(p), p.stem, "") for p in paths
    ]


def test_nothing_is_decoded_twice(write_video, outcomes, started, tmp_path):
    path = write_video(seconds=7)
    first = outcomes(path)[0]
    assert len(started) == 1
    again = outcomes(path)[0]
    assert len(started) == 1
    assert again.next_is_ready is False
    np.testing.assert_array_equal(again.described.looks[0], first.described.looks[0])
    # Under another name it is read, but not decoded: no picture is written again.
    for picture in (tmp_path / "media" / "thumbnails").rglob("*.jpg"):
        picture.unlink()
    copy = shutil.copy(path, tmp_path / "copy.mp4")
    assert outcomes(copy)[0].digest == first.digest
    assert not list((tmp_path / "media" / "thumbnails").rglob("*.jpg"))


def test_other_settings_and_a_changed_file_are_computed(write_video, outcomes, started):
    path = write_video(seconds=7)
    outcomes(path)
    assert len(outcomes(path, segments=Cutting("fixed", 2))[0].described.segments) == 4
    write_video(seconds=8)
    assert outcomes(path)[0].described.info.duration_s == pytest.approx(8)
    assert len(started) == 3


def test_a_damaged_description_is_made_again(write_video, outcomes, tmp_path):
    path = write_video()
    outcomes(path)
    entry = next((tmp_path / "media" / "described").glob("*.npz"))
    entry.write_bytes(entry.read_bytes()[:100])
    assert outcomes(path)[0].described is not None


def test_a_file_that_takes_too_long_is_left_and_the_next_one_works(
    long_video, write_video, outcomes, monkeypatch
):
    class Hasty(describe_files.WorkerProcess):
        def describe(self, path, limit_s, watch):
            assert limit_s == WAIT_S
            # The next one must not come to its limit, however busy the machine is.
            return super().describe(path, 1.0 if path == long_video else limit_s, watch)

    monkeypatch.setattr(describe_files, "WorkerProcess", Hasty)
    found = outcomes(long_video, write_video(seconds=1), workers=1, limit_s=WAIT_S)
    assert "takes longer than 1 s" in found[0].reason
    assert found[1].described is not None


def write_huge(path: Path, side: int, pixels: str = "rgb24", kind: type[np.unsignedinteger] = np.uint8) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = side, side, pixels
        frame = av.VideoFrame.from_ndarray(np.zeros((side, side, 3), kind), format=pixels)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_picture_of_more_pixels_than_anybody_films_is_refused_at_once(write_video, outcomes, tmp_path):
    found = outcomes(write_huge(tmp_path / "huge.avi", 8_200), write_video(seconds=1), workers=1)
    assert "its pictures are 8200 x 8200" in found[0].reason
    assert found[1].described is not None
    with pytest.raises(DataError, match="8200 x 8200"):
        duration_s(tmp_path / "huge.avi")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_device_is_no_video(tmp_path, make):
    make(tmp_path / "clip.mp4")
    with pytest.raises(DataError, match="no regular file"):
        duration_s(tmp_path / "clip.mp4")


def test_a_picture_too_large_for_memory_costs_only_its_file(write_video, outcomes, tmp_path):
    huge = write_huge(tmp_path / "huge.avi", 8_000, "rgb48be", np.uint16)
    found = outcomes(huge, write_video(seconds=1), workers=1, memory_mb=300)
    assert "300 MB of --memory-mb" in found[0].reason
    assert found[1].described is not None


def test_a_worker_that_dies_costs_only_its_file(long_video, write_video, outcomes, started):
    def kill():
        until(lambda: started and started[0]._process).send_signal(11)

    killer = threading.Thread(target=kill)
    killer.start()
    found = outcomes(long_video, write_video(seconds=1), workers=1)
    killer.join()
    assert "ended its process (killed by SIGSEGV)" in found[0].reason
    assert found[1].described is not None


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.write_text("hello\n" * 50), "not a video"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
        (lambda path: path.symlink_to("nowhere.mp4"), "no such file"),
        (os.mkfifo, "no regular file"),
    ],
)
def test_what_is_no_video_is_told_with_its_reason(tmp_path, outcomes, make, reason):
    path = tmp_path / "x.mp4"
    make(path)
    (found,) = outcomes(path)
    assert reason in found.reason
    assert str(path) in found.reason
    (entry,) = Journal(tmp_path / "media").entries()
    assert (entry.path, entry.reason) == (str(path), found.reason)


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(long_video, outcomes, tmp_path):
    path = shutil.copy(long_video, tmp_path / "growing.mkv")
    seen = []

    def grow(_, seconds):
        seen.append(seconds)
        with path.open("ab") as writing:
            writing.write(b"\0")

    (found,) = outcomes(path, watch=grow)
    assert seen[0] < 150, "it grew in the middle"
    assert "changed while it was read" in found.reason
    assert outcomes(path)[0].described is not None


def test_no_room_ends_the_run_and_leaves_nothing_half_written(write_video, outcomes, tmp_path):
    path = write_video()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "thumbnails").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match=r"thumbnails.* cannot be written"):
        outcomes(path)
    assert not list((tmp_path / "media" / "described").iterdir())
    assert Journal(tmp_path / "media").entries() == []


def test_an_unknown_encoder_is_told_before_anything_starts(write_video, tmp_path, started):
    job = DescribeJob(tmp_path, encoders=EncoderSpecs(EncoderSpec("descripter")))
    with pytest.raises((NotFoundError, ConfigError), match="did you mean 'descriptor'"):
        list(describe_files.describe_all([(write_video(), "x")], job))
    assert not started


def test_workers_end_with_the_run(long_video, write_video, outcomes, started, tmp_path):
    job = DescribeJob(tmp_path / "media")
    found = describe_files.describe_all([(write_video(), "v"), (long_video, "long")], job, workers=2)
    next(found)
    processes = [worker._process for worker in started]
    found.close()
    assert all(process.poll() is not None for process in processes if process)


def test_a_journal_that_is_none_is_named(tmp_path):
    (tmp_path / "journal.sqlite").write_text("not a database, but long enough to be taken for one" * 10)
    with pytest.raises(StoreError, match=r"journal\.sqlite"):
        Journal(tmp_path).entries()


def test_the_journal_outlives_a_transaction_that_is_cut_off(tmp_path, write_video):
    journal = Journal(tmp_path)
    journal.failed(write_video(), "clip", "why")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
        database.execute("DELETE FROM files")
    assert [entry.item for entry in journal.entries()] == ["clip"]


def test_any_name_can_be_shown():
    assert shown(os.fsdecode(b"a\xff.mp4")) == "a\\udcff.mp4"


def test_a_worker_that_died_idle_is_no_files_fault(write_video, tmp_path):
    worker = WorkerProcess(DescribeJob(tmp_path / "media"))
    try:
        worker.describe(write_video("a.mp4"), WAIT_S)
        worker._process.kill()
        worker._process.wait()
        assert worker.describe(write_video("b.mp4", seconds=5), WAIT_S)
    finally:
        worker.close()


def test_a_worker_whose_master_is_gone_ends_by_itself(long_video, tmp_path):
    command = [sys.executable, "-P", "-m", "graphrec.media.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        pickle.dump(DescribeJob(tmp_path / "media"), worker.stdin)
        # Ten seconds after the limit, which has therefore passed nine seconds ago.
        pickle.dump((long_video, -9), worker.stdin)
        worker.stdin.flush()
        assert worker.wait(WAIT_S) == -signal.SIGALRM


def test_how_far_a_file_is_can_be_watched(long_video, tmp_path):
    seen = []
    job = DescribeJob(tmp_path / "media", DescribeSettings())
    watch = lambda path, seconds: seen.append((path, seconds))  # noqa: E731
    list(describe_files.describe_all([(long_video, "long")], job, watch=watch))
    assert len(seen) > 2
    assert {path for path, _ in seen} == {long_video}
    times = [seconds for _, seconds in seen]
    assert times == sorted(times)
    assert 0 < times[0] < times[-1] <= 150
