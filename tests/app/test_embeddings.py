"""The page of embeddings without a browser, on both databases."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.parts import map_places
from graphrec.serving.background import Background

Page = Callable[..., AppTest]


def curves(app: AppTest) -> dict[str, dict[str, Any]]:
    (chart,) = app.get("plotly_chart")
    return {curve["name"]: curve for curve in json.loads(chart.proto.spec)["data"]}


def rows(curve: dict[str, Any]) -> list[int]:
    told = curve["customdata"]
    return np.frombuffer(base64.b64decode(told["bdata"]), told["dtype"]).tolist()


def test_every_node_with_an_embedding_has_a_mark_and_new_ones_are_set_off(page: Page) -> None:
    drawn = curves(page("embeddings"))
    assert list(drawn) == ["User", "Segment", "new, placed by content"]
    every = [row for curve in drawn.values() for row in rows(curve)]
    assert sorted(every) == list(range(len(every)))
    # The world's 56 segments, 13 of them of videos that nobody has highlighted.
    assert len(rows(drawn["Segment"])) == 43
    assert len(rows(drawn["new, placed by content"])) == 13
    assert drawn["new, placed by content"]["marker"]["line"]["width"] > 0
    # Plotly would read a title as HTML.
    assert {curve["hoverinfo"] for curve in drawn.values()} == {"none"}


def test_the_address_says_what_is_shown_and_how(page: Page) -> None:
    app = page("embeddings", nodes="Segment", colour="new or old")
    assert list(curves(app)) == ["old", "new, placed by content"]
    app = page("embeddings", colour="genre", nodes="Segment")
    # Of the one video that is loud nobody has highlighted anything: its colour is told all the same.
    assert list(curves(app)) == ["Calm", "Loud", "no genre", "new, placed by content"]
    (curve, *_) = curves(page("embeddings", colour="popularity")).values()
    assert curve["marker"]["colorbar"]["ticktext"][0] == "0"


def test_each_published_run_can_be_looked_at(page: Page) -> None:
    app = page("embeddings")
    newest, oldest = app.selectbox(key="run").options
    assert app.selectbox(key="run").value == newest
    before = curves(app)
    after = curves(page("embeddings", run=oldest))
    assert before["Segment"]["x"] != after["Segment"]["x"]


def test_a_run_that_is_not_there_is_said(page: Page) -> None:
    app = page("embeddings", run="**no** such run")
    assert [warning.value.replace("\u2060", "") for warning in app.warning] == [
        f"There is no run \\*\\*no\\*\\* such run here; "
        f"{app.selectbox(key='run').value.replace('-', chr(92) + '-')} is shown."
    ]


def test_how_many_neighbours_of_new_nodes_are_old_is_told_beside_chance(page: Page) -> None:
    told = {metric.label: metric.value for metric in page("embeddings").metric}
    assert told["New Segment nodes"] == "13"
    assert told["Old by chance"] == f"{43 / 55:.0%}"
    assert told["Old among their 10 nearest"].endswith("%")
    said = " ".join(one.value for one in page("embeddings", nodes="User").code)
    assert "graphrec embed --run" in said


def test_no_label_is_no_map(page: Page) -> None:
    app = page("embeddings")
    app.button_group(key="nodes").set_value([]).run()
    assert not app.get("plotly_chart")
    assert "at least one label" in " ".join(one.value for one in app.markdown)


@pytest.mark.parametrize("shown", ["ladybug"], indirect=True)
def test_t_sne_is_made_in_the_background_while_pca_is_shown(page: Page) -> None:
    app = page("embeddings", run="")
    by_pca = curves(app)["Segment"]["x"]
    app.button_group(key="map").set_value("tsne").run()
    deadline = time.monotonic() + 60
    while curves(app)["Segment"]["x"] == by_pca and time.monotonic() < deadline:
        app.run()
        assert not app.exception
        assert not app.error
    assert curves(app)["Segment"]["x"] != by_pca
    assert not app.get("progress")


@pytest.mark.parametrize("shown", ["ladybug"], indirect=True)
def test_a_map_that_cannot_be_made_is_said_in_words(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Background()
    monkeypatch.setattr(map_places, "background", lambda: failing)
    monkeypatch.setattr(map_places, "SEED", -1)
    app = page("embeddings", map="t-SNE")
    deadline = time.monotonic() + 60
    while not app.error and time.monotonic() < deadline:
        app.run()
    assert "t-SNE cannot be made, so PCA is shown" in app.error[0].value
    assert len(curves(app)) == 3
    assert [button.label for button in app.button] == ["Try again"]
