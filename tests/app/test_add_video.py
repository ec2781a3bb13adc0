"""Add a video: what the form says, and where a work stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.api.adding import Adding, Stage
from graphrec.app import server, settings
from graphrec.app.adding import adder_of
from graphrec.app.graph import store_of
from graphrec.app.settings import ExplorerSettings
from graphrec.loaders.videos import VideoOptions
from graphrec.serving.explore.video import video
from graphrec.testing.limits import WAIT_S, until
from graphrec.workspace import Workspace


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run the page over a workspace of its own."""
    monkeypatch.setattr(settings, "_used", ExplorerSettings(Workspace(tmp_path / "mine")))

    def run(**address: str) -> AppTest:
        app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
        app.switch_page("views/add_video.py")
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    return run


def wait_for(work: Adding) -> None:
    until(lambda: work.ended)


def test_without_a_file_it_asks_for_one(fresh) -> None:
    page = fresh()
    page.button[0].click().run()
    assert "Choose a file first" in page.info[0].value


@pytest.mark.parametrize(
    ("path", "told"),
    [("/no/such/clip.mp4", "such"), ("notes.txt", "not one of"), ("/dev/null", "not one of")],
)
def test_a_path_of_no_video_is_told(fresh, path: str, told: str) -> None:
    page = fresh()
    page.text_input(key="path").input(path)
    page.button[0].click().run()
    assert not page.exception
    assert told in page.error[0].value.replace("\u2060", "").replace("\\", "")


def test_where_others_come_no_path_can_be_named(
    fresh, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    others = ExplorerSettings(Workspace(tmp_path / "mine"), host="0.0.0.0", password="secret")
    monkeypatch.setattr(settings, "_used", others)
    assert "path" not in [field.key for field in fresh().text_input]


def test_a_video_without_a_run_says_how_to_get_one(fresh, write_video) -> None:
    work = adder_of(settings.current()).add(
        write_video("clip.mp4", seconds=6), VideoOptions.model_validate({})
    )
    wait_for(work)
    page = fresh(work=work.id)
    assert not page.exception
    assert work.reason == ""
    (advised,) = [code.value for code in page.code]
    assert advised.startswith("graphrec train --model transgrec -w ")


def test_a_video_on_this_machine_is_added_by_its_path(fresh, write_video) -> None:
    page = fresh()
    clip = write_video("clip.mp4", seconds=6)
    clip.with_suffix(".json").write_text('{"id": "mine", "title": "Told beside", "uploader": "me"}')
    page.text_input(key="path").input(str(clip))
    next(field for field in page.text_input if field.label == "Title").input("Typed")
    page.button[0].click().run()
    (work,) = adder_of(settings.current()).latest()
    assert (work.path, work.wanted.shots) == (clip, True)
    assert page.query_params["work"] == work.id
    wait_for(work)
    assert (work.stage, work.item) == (Stage.DONE, "mine")
    with store_of(settings.current()).reading() as store:
        stored = video(store, "mine")
    assert (stored.title, stored.uploader) == ("Typed", "me")


def steps_of(page: AppTest) -> list[tuple[str, str]]:
    """Return the sign and the words of each step."""
    found = (re.match(r":material/(\w+): (.*)", one.value) for one in page.markdown)
    return [(step[1], step[2].replace("\u2060", "").replace("\\", "")) for step in found if step]


STEPS = (
    "Decode 0:20",
    "Find its shots",
    "Put in numbers what it looks like (descriptor), and what it sounds like (logmel)",
    "Store its segments and key frames",
    "Let the model place them",
    "Find whom it would please",
)
DONE, NOW, LATER, FAILED = "check_circle", "pending", "radio_button_unchecked", "error"


@pytest.mark.parametrize(
    ("stages", "signs"),
    [
        ([Stage.WAITING], [LATER] * 6),
        ([Stage.DESCRIBING], [NOW] * 3 + [LATER] * 3),
        ([Stage.DESCRIBING, Stage.FAILED], [FAILED] * 3 + [LATER] * 3),
        ([Stage.DESCRIBING, Stage.STORING], [DONE] * 3 + [NOW] + [LATER] * 2),
        ([Stage.DESCRIBING, Stage.STORING, Stage.PLACING], [DONE] * 4 + [NOW, LATER]),
        ([Stage.DESCRIBING, Stage.STORING, Stage.PLACING, Stage.FAILED], [DONE] * 4 + [FAILED, LATER]),
        ([Stage.DESCRIBING, Stage.STORING, Stage.PLACING, Stage.DONE], [DONE] * 6),
    ],
)
def test_each_stage_says_how_far_it_is(
    fresh, monkeypatch: pytest.MonkeyPatch, stages: list[Stage], signs: list[str]
) -> None:
    how = VideoOptions.model_validate({"audio": "logmel", "shots": True})
    first, work = (Adding(name, Path(f"{name}.mp4"), name, 20.0, how) for name in ("first", "mine"))
    for stage in (Stage.WAITING, *stages):
        work.enter(stage)
    adder = adder_of(settings.current())
    monkeypatch.setattr(adder, "_works", {"first": first, "mine": work})
    work.seen_s, work.reason = 5.0, "the disk is full"
    page = fresh(work="mine")
    assert not page.exception
    found = steps_of(page)
    if work.stage is Stage.WAITING:
        assert found.pop(0) == ("hourglass_empty", "Wait for 1 other video")
    assert found == list(zip(signs, STEPS, strict=True))
    bars = [(one.proto.value, one.proto.text) for one in page.get("progress")]
    under_way = work.stage is Stage.DESCRIBING
    assert bars == ([(25, "5 of 20 seconds of the video, in one pass")] if under_way else [])
    assert [one.label for one in page.button if one.label == "Try again"] == (
        ["Try again"] if work.stage is Stage.FAILED else []
    )
    assert ("the disk is full" in " ".join(one.value for one in page.error)) == (work.stage is Stage.FAILED)


def test_what_was_found_is_counted(fresh, write_shots) -> None:
    work = adder_of(settings.current()).add(write_shots(), VideoOptions.model_validate({"shots": True}))
    wait_for(work)
    words = [text for _, text in steps_of(fresh(work=work.id))]
    shots, segments = len(work.described.shots) - 1, len(work.described.segments)
    assert shots > 1
    assert words[1] == f"Find its shots ({shots})"
    assert words[3] == f"Store its segments ({segments}) and key frames ({len(work.described.frames)})"


def test_a_forgotten_work_is_told(fresh) -> None:
    said = " ".join(e.value for e in fresh(work="gone").markdown)
    assert "not known any more" in said.replace("\u2060", "").replace("\\", "")
