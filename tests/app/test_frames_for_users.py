"""The pages where a run ranks frames that users comment on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.settings import ExplorerSettings
from graphrec.serving.explore.video import stills
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.explorer import ITEMS_RUN
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace

Page = Callable[..., AppTest]


@pytest.fixture
def shown(commented: Workspace) -> ExplorerSettings:
    """What the pages are to show."""
    return ExplorerSettings(commented)


def test_frames_colour_the_timeline_until_the_next(page: Page, shown: ExplorerSettings) -> None:
    timeline = drawn(page("video", id="v000", user="u001"), "graphrec_timeline")[0]
    with closing(open_store(shown.workspace)) as store:
        request = Request("u001", 12, label="Frame", within="v000", include_seen=True)
        best, *_, worst = recommend(store, shown.workspace, request).items
        pictures = {still.id: still.uri for still in stills(store, "v000")}
    assert timeline["scale"] == "Score for u001, from each frame to the next"
    assert timeline["parts"] == "frames"
    parts = timeline["segments"]
    assert [(one["start_s"], one["end_s"]) for one in parts] == [(10 + 10 * n, 20 + 10 * n) for n in range(12)]
    assert parts[-1]["end_s"] == timeline["duration_s"]
    found = {one["start_s"]: one for one in parts}
    assert (found[best.start_s]["share"], found[worst.start_s]["share"]) == (1, 0)
    assert found[best.start_s]["note"] == f"score {best.score:.3f}"
    assert timeline["best"] == "Best for u001"
    # What cannot be played shows what draws the user.
    assert timeline["poster"].endswith(pictures[best.id])


def test_the_best_frames_say_what_the_user_would_write(page: Page) -> None:
    parts = drawn(page("video", id="v000", user="u001"), "graphrec_timeline")[0]["segments"]
    told = [one["more"] for one in sorted(parts, key=lambda one: -one["share"])]
    assert all(one.startswith("would write: ") and one.count(", ") == 2 for one in told[:5])
    assert not any(told[5:])


def test_without_a_user_nothing_is_coloured(page: Page) -> None:
    app = page("video", id="v000")
    timeline = drawn(app, "graphrec_timeline")[0]
    assert (timeline["segments"], timeline["scale"], timeline["best"]) == ([], "", "")
    assert app.selectbox(key="user").label == "Coloured by the taste of"
    assert [tab.label for tab in app.tabs][2] == "Frames"
    assert drawn(app, "graphrec_cards")[0]["caption"] == "Key frames"


def test_a_run_that_scores_no_part_of_the_video_says_so(page: Page) -> None:
    timeline = drawn(page("video", id="v000", user="u001", run=ITEMS_RUN), "graphrec_timeline")[0]
    assert not timeline["scale"]
    assert f"{ITEMS_RUN} scores no part of this video, so nothing is coloured for u001." in timeline["note"]


def test_the_audience_has_each_ones_best_frame(page: Page) -> None:
    table = page("video", id="v000", tab="Audience", known="true").dataframe[0].value
    assert len(table) == 8
    assert all(frame.startswith("v000:") for frame in table["Sees first"])


def test_words_of_comments_stand_above_the_timeline(page: Page) -> None:
    said = drawn(page("video", id="v000"), "graphrec_timeline")[0]["said"]
    assert {many: len(stretches) for many, stretches in said.items()} == {"3": 3, "6": 6, "12": 12}
    assert all(0 < len(words) <= 3 for words in said["3"])


def test_a_poster_is_the_frame_for_the_user_whoever_ranks_the_videos(page: Page, shown: ExplorerSettings) -> None:
    with closing(open_store(shown.workspace)) as store:
        found = recommend(store, shown.workspace, Request("u001", with_frame=True))
    assert found.basis == ITEMS_RUN
    cards = drawn(page("recommend", user="u001", run=ITEMS_RUN), "graphrec_cards")[0]["cards"]
    pictures = {one.id: one.frame.uri for one in found.items if one.frame is not None and one.frame.uri is not None}
    assert {card["id"] for card in cards} == {*pictures} == {"v000", "v001"}
    assert all(card["picture"].endswith(pictures[card["id"]]) for card in cards)
