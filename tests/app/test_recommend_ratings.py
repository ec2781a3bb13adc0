"""The Recommend page of a run that predicts ratings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from graphrec.api.train import Plan, train
from graphrec.app import server, settings
from graphrec.app.settings import ExplorerSettings
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.limits import WAIT_S
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace


@pytest.fixture
def rated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An explorer of ratings, and a run that predicts them."""
    workspace = Workspace(tmp_path / "rated")
    pairs = np.argwhere(np.random.default_rng(0).random((20, 30)) < 0.5)
    users, items = [f"u{user:02}" for user in pairs[:, 0]], [f"i{item:02}" for item in pairs[:, 1]]
    ratings = np.where(pairs.sum(1) % 2, 4.5, 2.0)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": sorted({*users})}))
        store.write_nodes("Item", pa.table({"id": sorted({*items})}))
        store.write_relationships("RATED", "User", "Item", pa.table({"from": users, "to": items, "rating": ratings}))
    run = train(workspace, Plan("svdpp", {"epochs": 10, "device": "cpu"}, "random-70-10-20")).run
    with closing(LadybugStore(workspace, write=True)) as store:
        publish(store, load_run(workspace, run))
    monkeypatch.setattr(settings, "_used", ExplorerSettings(workspace))


def test_ratings_are_shown_on_their_scale_unless_switched_off(rated: None) -> None:
    app = AppTest.from_file(str(server.SCRIPT), default_timeout=WAIT_S).run()
    app.switch_page("views/recommend.py")
    app.query_params["user"] = "u03"
    app.run()
    assert not app.exception, app.exception[0].message
    assert app.toggle(key="rated").value
    scores = [card["score"] for card in _cards(app)]
    assert all(2 <= float(score) <= 4.5 and len(score) == 4 for score in scores)
    assert scores == sorted(scores, reverse=True)
    app.toggle(key="rated").set_value(False).run()
    assert not app.exception
    assert all(len(card["score"].partition(".")[2]) == 3 for card in _cards(app))


def _cards(app: AppTest) -> list[dict[str, str]]:
    shown = {one["caption"]: one["cards"] for one in drawn(app, "graphrec_cards")}
    return shown["Recommended to u03"]
