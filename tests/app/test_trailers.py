"""The explorer over a graph of trailers that a network describes by what each frame says to it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app import server, settings
from graphrec.app.settings import ExplorerSettings
from graphrec.testing.limits import WAIT_S
from graphrec.testing.trailer_graph import EACH, describe_trailers
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def attending(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = Workspace(tmp_path_factory.mktemp("attending"))
    describe_trailers(folder, body="transformer")
    return folder


def test_a_trailer_is_coloured_by_its_attention(attending: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(attending))
    app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
    app.switch_page("views/video.py")
    app.query_params["id"] = "m07"
    app.query_params["tab"] = "Trailers"
    app.run()
    assert not app.exception, app.exception[0].message
    shown = next(one for one in drawn(app, "graphrec_timeline") if one["title"] == "Trailer t-m07")
    assert shown["scale"] == "Attention"
    assert len(shown["segments"]) == EACH
    assert max(one["share"] for one in shown["segments"]) == 1
    assert [one["time_s"] for one in shown["frames"]] == [one + 0.5 for one in range(EACH)]
    assert all(one["note"].endswith("% of the attention") for one in shown["segments"])
    assert "Its file is not in the workspace" in " ".join(one.value for one in app.caption)


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        ("recommend", {"user": "u1"}),
        ("explain", {"user": "u1", "item": "m07"}),
        ("video", {"id": "m07", "tab": "Audience"}),
        ("video", {"id": "m07", "tab": "Similar"}),
        ("embeddings", {}),
    ],
)
def test_pages_do_not_ask_it_what_it_cannot_tell(
    attending: Workspace, monkeypatch: pytest.MonkeyPatch, view: str, asked: dict[str, str]
) -> None:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(attending))
    app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
    app.switch_page(f"views/{view}.py")
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert not app.error
