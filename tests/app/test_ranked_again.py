"""Lists that a model of clicks ranks again, that vary by a rule, and what that model looks at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from streamlit.testing.v1 import AppTest

from graphrec.api.train import Plan, train
from graphrec.app import settings
from graphrec.app.settings import ExplorerSettings
from graphrec.features import FeatureStore
from graphrec.serving.modality_weights import modality_weights
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.variety import Variety
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.explorer import Explorer, explorer
from graphrec.testing.watched import drawn, fits, watched
from graphrec.workspace import Workspace

Visit = Callable[..., AppTest]
MUTE = "v000#1"
"""A segment that only its pictures describe."""


@pytest.fixture(scope="module")
def again(world: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    """The world with a run of a model of clicks that weighs modalities, which is not published."""
    own = Workspace(tmp_path_factory.mktemp("again") / "copy")
    shutil.copytree(world.root, own.root)
    with closing(open_store(own)) as store:
        segments = [one for one in store.read_nodes("Segment")["id"].to_pylist() if one != MUTE]
    rng = np.random.default_rng(0)
    for name, width in (("sound", 8), ("words", 4)):
        vectors = rng.normal(size=(len(segments), width)).astype(np.float32)
        FeatureStore(own.features).write(name, "Segment", segments, vectors)
    given = {"epochs": 3, "modalities": "guided", "initial_std": 0.5, "dimension": 8, "device": "cpu"}
    plan = Plan("fm", given, projection="highlights", split="random-70-10-20", baselines=False)
    return own, train(own, plan).run.id


@pytest.fixture
def visit(page: Visit, again: tuple[Workspace, str], monkeypatch: pytest.MonkeyPatch) -> Visit:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(again[0]))
    return page


@pytest.fixture(scope="module")
def running(again: tuple[Workspace, str]) -> Iterator[Explorer]:
    with explorer(again[0]) as found:
        yield found


def cards(app: AppTest) -> list[str]:
    return [card["id"] for shown in drawn(app, "graphrec_cards") if "Recommended" in shown["caption"]
            for card in shown["cards"]]  # fmt: skip


def said(app: AppTest) -> str:
    return " ".join(one.value for one in app.info).replace("\u2060", "").replace("\\", "")


def test_a_list_keeps_to_what_is_chosen(visit: Visit, again: tuple[Workspace, str]) -> None:
    workspace, run = again
    app = visit("recommend", user="u001")
    app.selectbox(key="rank_by").set_value(run)
    app.slider(key="diversity").set_value(0.5)
    app.number_input(key="at_most").set_value(1)
    app.run()
    app.selectbox(key="of").set_value("HAS_SEGMENT").run()
    assert not app.exception
    rule = Variety(0.5, 1, "HAS_SEGMENT")
    with closing(open_store(workspace)) as store:
        one = app.selectbox(key="run").value
        found = recommend(store, workspace, Request("u001", 12, one, rank_by=run, variety=rule))
    assert cards(app) == [one.id for one in found.items]
    assert found.note in said(app)
    assert app.query_params["rank_by"] in (run, [run])


def test_at_first_a_list_is_as_it_was(visit: Visit) -> None:
    app = visit("recommend", user="u001")
    assert app.selectbox(key="rank_by").value is None
    assert app.selectbox(key="of").disabled
    assert not app.info


def test_the_page_that_explains_shows_what_the_run_weighs(visit: Visit, again: tuple[Workspace, str]) -> None:
    workspace, run = again
    app = visit("explain", user="u001", rank_by=run, id="v003#1")
    weights = modality_weights(workspace, run, "u001", "v003#1")
    assert weights is not None
    assert weights.sentence in [line.value for line in app.text]
    assert [metric.label for metric in app.metric][-1] == "Probability of a click"
    assert len(app.get("plotly_chart")) == 1
    assert not visit("explain", user="u001", id="v003#1").get("plotly_chart")
    mute = visit("explain", user="u001", rank_by=run, id=MUTE)
    assert any("sound and words do not describe it" in line.value for line in mute.text)


@pytest.mark.parametrize("width", [1440, 375])
def test_in_a_browser(running: Explorer, again: tuple[Workspace, str], browser: Browser, width: int) -> None:
    with watched(browser, width, 1000) as page:
        page.goto(f"{running.address}/recommend?user=u001&rank_by={again[1]}&diversity=0.3&at_most=2")
        expect(page.get_by_role("list", name="Recommended to u001").get_by_role("button").first).to_be_visible()
        expect(page.get_by_text("at most 2 of one").first).to_be_visible()
        fits(page)
        page.goto(f"{running.address}/explain?user=u001&rank_by={again[1]}&id=v003%231")
        expect(page.get_by_text("How much each kind of feature counts")).to_be_visible()
        expect(page.locator(".js-plotly-plot .bars .point").first).to_be_visible()
        fits(page)
