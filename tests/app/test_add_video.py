"""Add a video: what the form says, and where a work stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app import server, settings
from graphrec.app.adding import adder_of
from graphrec.app.settings import Settings
from graphrec.loaders.videos import VideoOptions
from graphrec.workspace import Workspace


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Run the page over a workspace of its own."""
    monkeypatch.setattr(settings, "_used", Settings(Workspace(tmp_path / "mine")))

    def run(**address: str) -> AppTest:
        app = AppTest.from_file(str(server.SCRIPT), default_timeout=60).run()
        app.switch_page("views/add_video.py")
        for key, value in address.items():
            app.query_params[key] = value
        return app.run()

    return run


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
    others = Settings(Workspace(tmp_path / "mine"), host="0.0.0.0", password="secret")
    monkeypatch.setattr(settings, "_used", others)
    assert "path" not in [field.key for field in fresh().text_input]


def test_a_video_without_a_run_says_how_to_get_one(fresh, write_video) -> None:
    work = adder_of(settings.current()).add(
        write_video("clip.mp4", seconds=6), VideoOptions.model_validate({})
    )
    deadline = time.monotonic() + 60
    while not work.ended:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    page = fresh(work=work.id)
    assert not page.exception
    assert work.reason == ""
    (advised,) = [code.value for code in page.code]
    assert advised.startswith("graphrec train --model transgrec -w ")


def test_a_forgotten_work_is_told(fresh) -> None:
    said = " ".join(e.value for e in fresh(work="gone").markdown)
    assert "not known any more" in said.replace("\u2060", "").replace("\\", "")
