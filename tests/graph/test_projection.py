"""Which part of the graph is trained on, and the conditions that narrow it."""

from __future__ import annotations

import json

import pytest

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.graph.projection import PROJECTIONS, Filter, choose, narrowed

RATINGS = PROJECTIONS["ratings"]


def test_by_name() -> None:
    assert choose("likes", {}) is PROJECTIONS["likes"]
    with pytest.raises(NotFoundError, match="did you mean 'ratings'"):
        choose("rating", {})


def test_without_a_name_the_first_with_relationships() -> None:
    assert choose(None, {"RATED": 5, "LIKED": 0}).name == "ratings"
    assert choose(None, {"RATED": 5, "LIKED": 1}).name == "likes"
    assert choose(None, {"RATED": 5, "LIKED": 1, "HIGHLIGHTED": 1}).name == "highlights"
    with pytest.raises(DataError, match="run `graphrec load`"):
        choose(None, {"User": 3, "RATED": 0})


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("rating>=3.5", Filter("rating", ">=", 3.5)),
        (" rating <= 2 ", Filter("rating", "<=", 2)),
        ("rating==5", Filter("rating", "==", 5)),
        ("at>1e12", Filter("at", ">", 1e12)),
        ("rating<-1", Filter("rating", "<", -1)),
    ],
)
def test_conditions(text: str, filter_: Filter) -> None:
    assert narrowed(RATINGS, [text], None).filters[-1] == filter_


@pytest.mark.parametrize("text", ["rating", "rating=4", "rating>=", "rating>=good", "", ">=4x"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError, match="is no condition"):
        narrowed(RATINGS, [text], None)


def test_properties_must_exist_and_be_numbers() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'rating'"):
        narrowed(RATINGS, ["ratings>=4"], None)
    with pytest.raises(ConfigError, match="split of LIKED is text"):
        narrowed(PROJECTIONS["likes"], ["split>=3"], None)


def test_own_conditions_replace_those_on_the_same_property() -> None:
    assert narrowed(RATINGS, ["rating>=1", "rating<=2"], None).filters == (
        Filter("rating", ">=", 1), Filter("rating", "<=", 2),
    )  # fmt: skip
    assert len(narrowed(RATINGS, ["at>0"], None).filters) == 2
    assert narrowed(RATINGS, [], None) == RATINGS


def test_features() -> None:
    assert narrowed(RATINGS, [], ["poster"]).features == ("poster",)
    assert narrowed(RATINGS, [], []).features == ()


def test_it_is_json() -> None:
    for projection in PROJECTIONS.values():
        assert json.loads(json.dumps(projection.to_dict()))["name"] == projection.name
    assert PROJECTIONS["highlights"].grouped
    assert not RATINGS.grouped
