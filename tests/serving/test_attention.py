"""What each part of a trailer says to the network that describes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.api.train import Plan, train
from graphrec.app import server, settings
from graphrec.app.settings import ExplorerSettings
from graphrec.serving.explore.attention import attention
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.limits import WAIT_S
from graphrec.testing.trailer_graph import EACH, write_trailers
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def attending(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = Workspace(tmp_path_factory.mktemp("attending"))
    given = {"hidden": 8, "dimension": 8, "length": 4, "shift": 1, "epochs": 2, "device": "cpu", "body": "transformer"}
    with closing(LadybugStore(folder, write=True)) as store:
        write_trailers(store, folder)
    done = train(folder, Plan("trailernet", given, task="node-targets"))
    with closing(LadybugStore(folder, write=True)) as store:
        publish(store, done.loaded)
    return folder


def test_each_frame_has_a_stretch_and_a_share(attending: Workspace) -> None:
    with closing(LadybugStore(attending)) as store:
        found = attention(store, attending, "t-m07")
        assert [(one.start_s, one.end_s) for one in found] == [(n, n + 1) for n in range(EACH)]
        assert sum(one.share for one in found) == pytest.approx(1, abs=1e-5)
        assert attention(store, attending, "unknown") == []


def test_a_network_that_attends_to_none_tells_nothing(attending: Workspace, tmp_path: Path) -> None:
    folder = Workspace(tmp_path / "lstm")
    given = {"hidden": 8, "dimension": 8, "length": 4, "epochs": 1, "device": "cpu"}
    with closing(LadybugStore(folder, write=True)) as store:
        write_trailers(store, folder)
        assert attention(store, folder, "t-m07") == []
    done = train(folder, Plan("trailernet", given, task="node-targets"))
    with closing(LadybugStore(folder, write=True)) as store:
        publish(store, done.loaded)
        assert attention(store, folder, "t-m07") == []


def test_the_explorer_colours_a_trailer_by_it(attending: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
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
