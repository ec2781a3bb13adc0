"""The Recommend page without a browser, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.testing.explorer import BAD_USER
from graphrec.testing.watched import drawn

Page = Callable[..., AppTest]


def lists(app: AppTest) -> dict[str, list[dict[str, Any]]]:
    return {shown["caption"]: shown["cards"] for shown in drawn(app, "graphrec_cards")}


def test_without_a_user_those_with_long_histories_are_offered(page: Page) -> None:
    offered = lists(page("recommend"))["Users with the longest histories"]
    assert len(offered) == 12
    counts = [int(card["note"].split()[0]) for card in offered]
    assert counts == sorted(counts, reverse=True)


def test_cards_are_ranked_and_say_why(page: Page) -> None:
    app = page("recommend", user="u001")
    found = lists(app)["Recommended to u001"]
    assert [card["rank"] for card in found] == [*range(1, 13)]
    scores = [float(card["score"]) for card in found]
    assert scores == sorted(scores, reverse=True)
    assert all(card["picture"].startswith("/workspace/media/") for card in found)
    assert all(" of the history, cosine " in card["why"] for card in found)
    assert len(lists(app)["History of u001"]) > 2
    assert not app.info


def test_only_new_leaves_out_what_anybody_chose(page: Page) -> None:
    app = page("recommend", user="u001", new="true", k="5")
    found = lists(app)["Recommended to u001"]
    assert len(found) == 5
    assert {card["id"].split("#")[0] for card in found} <= {"v001", "v007"}


def test_two_models_stand_beside_each_other(page: Page) -> None:
    app = page("recommend", user="u001")
    runs = app.selectbox(key="run").options
    app.selectbox(key="against").set_value(runs[1]).run()
    one, two = (shown["cards"] for shown in drawn(app, "graphrec_cards")[:2])
    both = {card["id"] for card in one} & {card["id"] for card in two}
    assert f"{len(both)} of 12 are on both lists." in [caption.value for caption in app.caption]
    places = {card["id"]: card["rank"] for card in two}
    for card in one:
        if card["id"] in places:
            assert card["why"].startswith(f"No. {places[card['id']]} on the other list.")
    assert app.query_params["against"] in (runs[1], [runs[1]])


def test_what_is_chosen_is_shown_from_near(page: Page) -> None:
    best = lists(page("recommend", user="u001", new="true"))["Recommended to u001"][0]
    app = page("recommend", user="u001", new="true", id=best["id"])
    timeline = drawn(app, "graphrec_timeline")[0]
    assert timeline["scale"] == "Score for u001"
    start = next(one["start_s"] for one in timeline["segments"] if one["share"] == 1)
    assert start == timeline["at"]
    assert f"score {best['score']}" in next(one["note"] for one in timeline["segments"] if one["share"] == 1)
    assert timeline["video"].endswith(f"{best['id'].split('#')[0]}.mp4")
    assert any(button.label == "Explain it" for button in app.button)


def test_who_was_in_no_training_record_is_placed_by_what_is_there_now(page: Page) -> None:
    app = page("recommend", user=BAD_USER)
    said = app.info[0].value.replace("\u2060", "").replace("\\", "")
    assert "was in the training part: placed by the 5 records of now" in said
    assert float(lists(app)[f"Recommended to {BAD_USER}"][0]["score"])


def test_an_unknown_user_is_told_of(page: Page) -> None:
    app = page("recommend", user="nobody")
    assert "there is no User" in app.error[0].value.replace("\u2060", "").replace("\\", "")


@pytest.mark.parametrize(
    "given", [{"k": "0"}, {"k": "many"}, {"run": "none"}, {"against": "none"}, {"label": "User"}]
)
def test_an_address_that_means_nothing_is_as_none(page: Page, given: dict[str, str]) -> None:
    assert len(lists(page("recommend", user="u001", **given))["Recommended to u001"]) == 12
