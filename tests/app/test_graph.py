"""The graph page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.parts import growing
from graphrec.testing.explorer import BAD_TITLE, BAD_USER

Page = Callable[..., AppTest]


def lines(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def shown(app: AppTest) -> list[str]:
    return app.selectbox(key="graph-node").options


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception


def test_a_node_is_drawn_with_its_neighbours_counted(page: Page) -> None:
    app = page("graph", label="Item", id="v001")
    assert not app.error
    options = shown(app)
    assert options[0] == "Item: A walk by the sea"
    assert "Genre: Loud" in options
    assert "IN_GENRE to Genre: 1 of 1" in lines(app)


def test_what_is_expanded_grows_and_can_be_collapsed(page: Page) -> None:
    app = page("graph", label="Genre", id="calm")
    assert shown(app) == ["Genre: Calm", f"Item: {BAD_TITLE}"]
    app.selectbox(key="graph-node").select_index(1).run()
    press(app, "Expand")
    assert "HAS_TRAILER to Trailer: 1 of 1" in lines(app)
    assert "Trailer: t1" in shown(app)
    assert app.query_params["open"] == "Item v000"
    press(app, "Collapse")
    assert shown(app) == ["Genre: Calm", f"Item: {BAD_TITLE}"]
    assert "open" not in app.query_params


def test_a_link_shows_what_was_expanded_and_goes_on_without_what_is_gone(page: Page) -> None:
    assert "Trailer: t1" in shown(page("graph", label="Genre", id="calm", open="Item v000"))
    for gone in ("Item nothing", "Thing v000", "Item", ""):
        app = page("graph", label="Genre", id="calm", open=gone)
        assert not app.error
        assert shown(app) == ["Genre: Calm", f"Item: {BAD_TITLE}"]


def test_there_is_more_to_show(page: Page) -> None:
    app = page("graph", label="Segment", id="v000#2")
    (told,) = [line for line in lines(app) if line.startswith("HIGHLIGHTED")]
    few, total = int(told.split(": ")[1].split(" of ")[0]), int(told.split(" of ")[1])
    assert few == min(12, total)
    assert total > 1
    app = page("graph", label="Item", id="v000", types="HAS_FRAME")
    before = len(shown(app))
    (told,) = lines(app)
    assert told == f"HAS_FRAME to Frame: {before - 1} of {before - 1}"


def test_more_is_shown_a_click_at_a_time_up_to_a_limit(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "FEW", 2)
    app = page("graph", label="Item", id="v000", types="HAS_SEGMENT")
    assert lines(app) == ["HAS_SEGMENT to Segment: 2 of 8"]
    press(app, "Show more")
    assert lines(app) == ["HAS_SEGMENT to Segment: 8 of 8"]
    assert len(shown(app)) == 9
    assert not app.info
    monkeypatch.setattr(growing, "MOST", 5)
    app.run()
    assert len(shown(app)) == 5
    assert "Only the first" in app.info[0].value


def test_labels_and_types_choose_what_is_followed(page: Page) -> None:
    app = page("graph", label="User", id=BAD_USER)
    assert lines(app) == ["HIGHLIGHTED to Segment: 5 of 5", "WROTE to Comment: 1 of 1"]
    app.multiselect(key="labels").select("Comment").run()
    assert lines(app) == ["WROTE to Comment: 1 of 1"]
    app = page("graph", label="User", id=BAD_USER, types="HIGHLIGHTED")
    assert lines(app) == ["HIGHLIGHTED to Segment: 5 of 5"]


def test_an_unknown_node_is_told_in_words(page: Page) -> None:
    app = page("graph", label="Item", id="nobody")
    assert "there is no Item" in app.error[0].value


def test_without_a_node_there_are_places_to_begin(page: Page) -> None:
    app = page("graph")
    assert len(app.button) >= 3
