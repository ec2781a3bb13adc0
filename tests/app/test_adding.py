"""New videos, uploaded or named: kept, described, stored, placed; and what is told where that fails."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from graphrec.api import adding
from graphrec.api.adding import UPLOADS, Adder, Adding, Stage, keep_upload
from graphrec.errors import DataError, StoreBusy
from graphrec.features import FeatureStore
from graphrec.loaders.videos import VideoOptions
from graphrec.serving.audience import audience
from graphrec.store import shared
from graphrec.store.base import GraphStore
from graphrec.store.ladybug import LadybugStore
from graphrec.store.shared import SharedStore
from graphrec.testing.limits import until
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace

OPTIONS = VideoOptions.model_validate({})


@pytest.fixture
def mine(world: Workspace, tmp_path: Path) -> Workspace:
    """The world, to be changed."""
    return Workspace(Path(shutil.copytree(world.root, tmp_path / "mine")))


@pytest.fixture
def adder(mine: Workspace):
    store = SharedStore(mine)
    yield Adder(mine, store.writing)
    store.close()


def ended(work: Adding) -> Adding:
    until(lambda: work.ended)
    return work


def test_an_uploaded_video_is_recommended(adder: Adder, mine: Workspace, write_video) -> None:
    with write_video("My clip!.mp4", seconds=12).open("rb") as file:
        path = keep_upload(mine, "My clip!.mp4", file, {"title": "Mine <b>", "genres": ["calm"]})
    assert path == mine.root / UPLOADS / "My-clip.mp4"
    work = ended(adder.add(path, OPTIONS))
    assert (work.stage, work.reason, work.seen_s) == (Stage.DONE, "", work.length_s)
    assert list(work.begun) == [Stage.WAITING, Stage.DESCRIBING, Stage.STORING, Stage.PLACING, Stage.DONE]
    with SharedStore(mine).reading() as store:
        text = (
            "MATCH (g:Genre)<-[:IN_GENRE]-(i:Item {id: 'My-clip'})-[:HAS_SEGMENT]->(s) "
            "RETURN i.title, g.id, count(s)"
        )
        assert [list(row.values()) for row in store.read(text).to_pylist()] == [["Mine <b>", "calm", 2]]
        found = audience(store, "My-clip", 3)
        assert len(found.users) == 3
        assert all(viewer.segment.startswith("My-clip#") for viewer in found.users)


def test_while_a_video_is_decoded_the_graph_can_be_written_to(
    adder: Adder, mine: Workspace, long_video
) -> None:
    work = adder.add(long_video, OPTIONS)
    until(lambda: work.seen_s)
    with SharedStore(mine).writing():
        assert work.stage is Stage.DESCRIBING
    assert ended(work).stage is Stage.DONE


def test_a_described_video_waits_for_who_uses_the_graph(
    adder: Adder, mine: Workspace, write_video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PATIENCE_S", 0.1)
    monkeypatch.setattr(adding, "AGAIN_S", 0.05)
    refused, writing = list[StoreBusy](), adder._writing

    @contextmanager
    def noted() -> Iterator[GraphStore]:
        try:
            with writing() as store:
                yield store
        except StoreBusy as error:
            refused.append(error)
            raise

    monkeypatch.setattr(adder, "_writing", noted)
    other = LadybugStore(mine, write=True)
    work = adder.add(write_video("clip.mp4", seconds=6), OPTIONS)
    until(lambda: len(refused) > 2 or work.ended)
    assert work.stage is Stage.STORING
    other.close()
    assert ended(work).stage is Stage.DONE


def test_a_video_is_described_as_those_that_the_run_was_trained_on(
    mine: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    FeatureStore(mine.features).write("mobilenet_v2", "Segment", ["v000#0"], np.ones((1, 2), np.float32))
    monkeypatch.setattr(adding, "ENCODERS", ("mobilenet_v2", "descriptor"))
    run = list_runs(mine)[0].id
    assert adding.usual_options(mine, run).encoder == "descriptor"
    for unknown in (None, "a run of another machine"):
        assert adding.usual_options(mine, unknown).encoder == "mobilenet_v2"


def test_who_stops_is_told_what_is_missing_and_waits_for_no_decoding(
    adder: Adder, write_video, long_video: Path
) -> None:
    stored = ended(adder.add(write_video("clip.mp4"), OPTIONS))
    works = [adder.add(path, OPTIONS) for path in (long_video, write_video("next.mp4"))]
    until(lambda: works[0].seen_s)
    assert [adder.ahead(work) for work in works] == [0, 1]
    # The first is among them: its decoding goes on.
    assert adder.stop() == works[::-1]
    assert stored.stage is Stage.DONE
    assert ended(works[0]).stage is Stage.DONE
    assert works[1].stage is Stage.WAITING


def test_a_video_can_be_cancelled_while_it_waits_or_is_decoded(
    adder: Adder, mine: Workspace, write_video, long_video: Path
) -> None:
    with long_video.open("rb") as file:
        uploaded = keep_upload(mine, "long.mkv", file, {"title": "Long"})
    decoded = adder.add(uploaded, OPTIONS, uploaded=True)
    waiting = adder.add(write_video("next.mp4"), OPTIONS)
    until(lambda: decoded.seen_s)
    adder.cancel(waiting)
    assert waiting.stage is Stage.CANCELLED
    assert waiting.path.exists(), "a file that was not uploaded stays where it is"
    adder.cancel(decoded)
    assert ended(decoded).stage is Stage.CANCELLED
    assert decoded.seen_s < decoded.length_s, "the rest was not waited for"
    assert not list((mine.root / UPLOADS).iterdir())
    after = ended(adder.add(write_video("after.mp4", seconds=6), OPTIONS))
    assert after.stage is Stage.DONE
    adder.cancel(after)
    assert after.stage is Stage.DONE
    with SharedStore(mine).reading() as store:
        found = store.read("MATCH (i:Item) WHERE i.id IN ['long', 'next', 'after'] RETURN i.id AS id")
        assert found["id"].to_pylist() == ["after"]


def test_what_is_in_the_graph_keeps_its_file(adder: Adder, mine: Workspace, write_video, long_video) -> None:
    with write_video("mine.mp4", seconds=6).open("rb") as file:
        uploaded = keep_upload(mine, "mine.mp4", file, {})
    done = ended(adder.add(uploaded, OPTIONS, uploaded=True))
    assert done.stage is Stage.DONE
    adder.add(long_video, OPTIONS)
    again, third = adder.again(done), adder.add(uploaded, OPTIONS, uploaded=True)
    assert not again.uploaded
    for work in (again, third):
        adder.cancel(work)
        assert work.stage is Stage.CANCELLED
    assert uploaded.exists()


def test_two_uploads_of_one_name_at_once_are_two(tmp_path: Path, write_video) -> None:
    workspace = Workspace(tmp_path / "w")
    contents = [write_video(f"{n}.mp4", seconds=n + 1).read_bytes() for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        paths = list(
            threads.map(lambda content: keep_upload(workspace, "v.mp4", io.BytesIO(content), {}), contents)
        )
    assert len(set(paths)) == 6
    assert [path.read_bytes() for path in paths] == contents


def test_several_come_one_after_the_other_and_one_that_fails_costs_only_itself(
    adder: Adder, write_video, tmp_path: Path
) -> None:
    whole = write_video("whole.mp4", seconds=6)
    torn = tmp_path / "torn.mkv"
    content = write_video("other.mkv", seconds=30).read_bytes()
    torn.write_bytes(content[: len(content) // 2])
    works = [adder.add(path, OPTIONS) for path in (torn, whole)]
    assert [ended(work).stage for work in works] == [Stage.FAILED, Stage.DONE]
    assert "torn.mkv" in works[0].reason
    assert adder.latest() == works[::-1]
    assert adder.find(works[0].id) is works[0]
    assert adder.find("unknown") is None


def test_another_video_of_a_known_id_is_refused_in_words(adder: Adder, write_video) -> None:
    work = ended(adder.add(write_video("v000.mp4"), OPTIONS))
    assert work.stage is Stage.FAILED
    assert "v000" in work.reason


@pytest.mark.parametrize("name", ["notes.txt", "clip", "clip.mp4.exe", ".mp4"])
def test_what_is_called_no_video_is_not_kept(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"not one of \.avi"):
        keep_upload(Workspace(tmp_path), name, io.BytesIO(b"x"), {})
    assert not list(tmp_path.rglob("*"))


def test_what_is_no_video_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"clip\.mp4"):
        keep_upload(Workspace(tmp_path), "clip.mp4", io.BytesIO(b"not a video" * 100), {"title": "x"})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.mp4", "cron.mp4"),
        ("a/b\\c d.MP4", "b-c-d.mp4"),
        ("..mp4", "video.mp4"),
        ("\u202egnp.mp4", "gnp.mp4"),
        ("x" * 300 + ".mp4", "x" * 80 + ".mp4"),
        ("映画.mp4", "video.mp4"),
    ],
)
def test_a_file_name_leads_nowhere_else(tmp_path: Path, write_video, name: str, kept: str) -> None:
    workspace = Workspace(tmp_path / "w")
    with write_video("clip.mp4").open("rb") as file:
        assert keep_upload(workspace, name, file, {}) == workspace.root / UPLOADS / kept


def test_a_second_of_one_name_gets_a_number(tmp_path: Path, write_video) -> None:
    workspace = Workspace(tmp_path / "w")
    with write_video("clip.mp4").open("rb") as file:
        kept = [keep_upload(workspace, name, file, {}).name for name in ("clip.mp4", "clip.mkv", "clip.mp4")]
    assert kept == ["clip.mp4", "clip-2.mkv", "clip-3.mp4"]
