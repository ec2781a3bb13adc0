"""The Video page without a browser, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.parts import contents, picker, player
from graphrec.testing.explorer import BAD_TEXT, BAD_TITLE, BAD_USER, BAD_WORD
from graphrec.testing.watched import drawn

Page = Callable[..., AppTest]


def said(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.code, *app.caption))


def test_without_a_video_all_are_offered(page: Page) -> None:
    popular, newest = (
        [card["id"] for card in drawn(page("video", order=order), "graphrec_cards")[0]["cards"]]
        for order in ("Popular", "Newest")
    )
    assert newest == [f"v00{n}" for n in range(8)]
    assert sorted(popular) == newest
    # Nobody has highlighted these two.
    assert popular[-2:] == ["v001", "v007"]


def test_of_too_many_to_offer_those_are_offered_that_have_what_is_typed(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picker, "MOST", 3)
    app = page("video", id="By the Sea")
    field = app.selectbox(key="id")
    assert (field.options, field.value) == (["A walk by the sea (v001)"], None)
    field.select_index(0).run()
    assert app.query_params["id"] == "v001"
    assert drawn(app, "graphrec_timeline")[0]["title"] == "A walk by the sea"
    assert drawn(page("video", id="v007"), "graphrec_timeline")[0]["title"] == "v007"
    assert "there is no Item" in page("video", id="nothing").error[0].value.replace("\u2060", "").replace(
        "\\", ""
    )


def test_the_timeline_has_segments_frames_and_comments(page: Page) -> None:
    app = page("video", id="v000")
    shown = drawn(app, "graphrec_timeline")[0]
    assert shown["title"] == BAD_TITLE
    assert [(one["start_s"], one["end_s"]) for one in shown["segments"]] == [
        (n, n + 5) for n in range(0, 40, 5)
    ]
    assert len(shown["frames"]) == 8
    assert [one["time_s"] for one in shown["comments"]] == [1, 2, 6, 11, 11.5, 12]
    assert shown["comments"][0]["text"] == f"{BAD_USER}: {BAD_TEXT}"
    assert sum(shown["heat"]) == 6
    assert shown["scale"] == "Users who highlighted it"
    assert shown["video"].endswith("v000.mp4")
    table = app.dataframe[0].value
    assert [f"{n} users highlighted it" for n in table["Highlighted by"]][1:] == [
        one["note"] for one in shown["segments"]
    ][1:]


def test_shots_lie_under_the_segments_and_in_a_table(page: Page) -> None:
    app = page("video", id="v000", tab="Shots")
    # The world's videos change their look every five seconds.
    assert drawn(app, "graphrec_timeline")[0]["shots"] == pytest.approx(range(0, 45, 5))
    table = app.dataframe[0].value
    assert list(table["From"])[:2] == [time(0, 0, 0), time(0, 0, 5)]
    assert list(table["Seconds"]) == pytest.approx([5] * 8)
    assert drawn(page("video", id="v003"), "graphrec_timeline")[0]["shots"] == []


def test_segments_are_coloured_by_a_users_score(page: Page) -> None:
    app = page("video", id="v001", user="u001")
    shown = drawn(app, "graphrec_timeline")[0]
    assert shown["scale"] == "Score for u001"
    shares = [one["share"] for one in shown["segments"]]
    assert (min(shares), max(shares)) == (0, 1)
    scores = app.dataframe[0].value["Score for u001"]
    assert shares.index(1) == scores.argmax()


def test_words_said_more_there_than_elsewhere_are_told(page: Page) -> None:
    said = drawn(page("video", id="v000"), "graphrec_timeline")[0]["said"]
    assert said["12"] == [[BAD_WORD], [], [], ["sea"], *[[]] * 8]
    # All are in the first third: none is said more there than in all of the video.
    assert said["3"] == [[], [], []]


def test_a_second_in_the_address_is_where_it_stands(page: Page) -> None:
    assert drawn(page("video", id="v000", t="12.5"), "graphrec_timeline")[0]["at"] == 12.5
    assert drawn(page("video", id="v000", t="soon"), "graphrec_timeline")[0]["at"] is None


def test_comments_stand_at_their_time(page: Page) -> None:
    table = page("video", id="v000", tab="Comments").dataframe[0].value
    assert table["Comment"][0] == BAD_TEXT
    assert table["User"][0] == BAD_USER
    assert table["At"][3] == time(0, 0, 11)
    assert table["Polarity"][0] == -0.5


def test_all_of_many_comments_are_reached(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "COMMENTS", 4)
    monkeypatch.setattr(player, "COMMENTS", 3)
    app = page("video", id="v000", tab="Comments", comment_page="2")
    assert list(app.dataframe[0].value["Comment"]) == ["comment 4", "comment 5"]
    # Those that can be pointed at come from all of the video.
    marks = drawn(app, "graphrec_timeline")[0]["comments"]
    assert [one["time_s"] for one in marks] == [1, 6, 11.5]


def test_frames_trailers_and_what_is_similar(page: Page) -> None:
    frames = drawn(page("video", id="v000", tab="Frames"), "graphrec_cards")[0]["cards"]
    assert [frame["title"] for frame in frames][:2] == ["0:02", "0:08"]
    assert "0:30 \u00b7 12 views" in said(page("video", id="v000", tab="Trailers"))
    app = page("video", id="v001", tab="Similar")
    # The runs have placed segments, not whole videos.
    assert "graphrec embed" in said(app)
    near = drawn(app, "graphrec_cards")[0]["cards"]
    assert len(near) == 12
    assert near[0]["score"].startswith("cosine 0.9")
    assert "v001#0" not in [card["id"] for card in near]


def test_the_audience_has_each_ones_best_segment(page: Page) -> None:
    app = page("video", id="v001", tab="Audience")
    table = app.dataframe[0].value
    assert list(table["Lift"]) == sorted(table["Lift"], reverse=True)
    assert all(segment.startswith("v001#") for segment in table["Sees first"])
    first = table.iloc[0]
    assert first["From"].second % 5 == 0
    shown = drawn(page("video", id="v001", user=first["User"]), "graphrec_timeline")[0]
    best = next(one for one in shown["segments"] if one["share"] == 1)
    assert best["note"] == f"score {first['Score']:.3f}"
    assert time(0, 0, int(best["start_s"])) == first["From"]


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("Comments", "graphrec load comments"),
        ("Trailers", "graphrec load trailers"),
        ("Shots", "graphrec load videos FOLDER --shots"),
    ],
)
def test_what_there_is_not_says_how_to_get_it(page: Page, tab: str, words: str) -> None:
    assert words in said(page("video", id="v003", tab=tab))


def test_an_unknown_video_is_told_of(page: Page) -> None:
    app = page("video", id="nothing")
    assert "there is no Item" in app.error[0].value.replace("\u2060", "").replace("\\", "")
