"""The page that explains."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.settings import ExplorerSettings
from graphrec.serving.explain import explain
from graphrec.serving.explore.why import why
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.explorer import BAD_USER

Page = Callable[..., AppTest]


def test_the_first_recommendation_is_explained(page: Page, shown: ExplorerSettings) -> None:
    with closing(open_store(shown.workspace, shown.store)) as store:
        best = recommend(store, shown.workspace, Request("u001", k=1)).items[0]
        told = explain(store, shown.workspace, "u001", best.id)
    app = page("explain", user="u001")
    assert not app.error
    assert app.text[0].value == told.sentence
    assert app.metric[0].value == f"{best.score:.3f}"
    assert told.account is not None
    assert told.account.item.said in [line.value for line in app.text]
    reasons = app.dataframe[0].value
    assert list(reasons["reason"]).count("the recommendation was made of") == len(told.account.item.most)


def test_lines_are_as_wide_as_the_model_used_them(page: Page, shown: ExplorerSettings) -> None:
    with closing(open_store(shown.workspace, shown.store)) as store:
        weights = why(store, shown.workspace, explain(store, shown.workspace, "u001", "v003#1")).weights
    (drawing,) = page("explain", user="u001", id="v003#1").get("component_instance")
    edges = [edge["data"] for edge in json.loads(drawing.proto.json_args)["elements"]["edges"]]
    drawn = {(edge["source"], edge["target"]): edge["weight"] for edge in edges if "weight" in edge}
    assert drawn == {
        (f"{start.label} {start.id}", f"{end.label} {end.id}"): pytest.approx(weight, abs=1e-4)
        for (start, end), weight in weights.items()
    }
    assert max(drawn.values()) == 1
    assert len(set(drawn.values())) > 3


def test_the_address_says_what_is_explained(page: Page) -> None:
    app = page("explain", user=BAD_USER, id="v003#1")
    assert not app.error
    assert app.selectbox(key="explain-id").value == "v003#1"
    assert BAD_USER in app.text[0].value


def test_another_run_explains_in_its_own_way(page: Page, shown: ExplorerSettings) -> None:
    app = page("explain", user="u001", id="v003#1")
    runs = app.selectbox(key="run")
    runs.select(runs.options[1]).run()
    assert not app.exception
    with closing(open_store(shown.workspace, shown.store)) as store:
        told = explain(store, shown.workspace, "u001", "v003#1", run=runs.options[1])
    assert app.text[0].value == told.sentence
    assert _near(app) == [told.titles[near.id] for near in told.embedding]


def test_a_node_is_expanded_without_a_mouse(page: Page) -> None:
    app = page("explain", user="u001", id="v003#1")
    before = app.selectbox(key="explain-node").options
    expand = next(button for button in app.button if button.label == "Expand")
    expand.click().run()
    assert not app.exception
    after = app.selectbox(key="explain-node").options
    assert set(before) < set(after)
    again = page("explain", user="u001", id="v003#1", open=app.query_params["open"])
    assert again.selectbox(key="explain-node").options == after
    assert "open" not in page("explain", user="u001").query_params
    gone = page("explain", user="u001", id="v003#1", open="Item nothing")
    assert gone.selectbox(key="explain-node").options == before


def _near(app: AppTest) -> list[str]:
    rows = app.dataframe[0].value.to_dict("records")
    return [row["because of"] for row in rows if row["reason"] == "near in the model's space"]


def test_what_cannot_be_explained_is_told(page: Page) -> None:
    assert "there is no User" in page("explain", user="nobody").error[0].value
    assert "u002" in page("explain", user="u001", id="u002").error[0].value


def test_without_a_user_some_are_offered(page: Page) -> None:
    assert len(page("explain").button) == 4
