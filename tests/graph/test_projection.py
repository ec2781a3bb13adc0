"""Which part of the graph is trained on, and the conditions that narrow it."""

from __future__ import annotations

import json

import pytest

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.graph.projection import PROJECTIONS, Projection, choose, list_type

RATINGS = PROJECTIONS["ratings"]


def test_by_name() -> None:
    assert choose("likes", {}) == PROJECTIONS["likes"]
    with pytest.raises(NotFoundError, match="did you mean 'ratings'"):
        choose("rating", {})


def test_without_a_name_the_first_with_relationships() -> None:
    assert choose(None, {"RATED": 5, "LIKED": 0}).name == "ratings"
    assert choose(None, {"RATED": 5, "LIKED": 1}).name == "likes"
    assert choose(None, {"RATED": 5, "LIKED": 1, "HIGHLIGHTED": 1}).name == "highlights"
    with pytest.raises(DataError, match="run `graphrec load`"):
        choose(None, {"User": 3, "RATED": 0})


def test_paths_lead_through_what_was_written() -> None:
    assert PROJECTIONS["comments"].through == "Comment"
    assert PROJECTIONS["comments"].property("polarity").type == "float64"
    assert RATINGS.through is None
    with pytest.raises(ConfigError, match="no path"):
        assert Projection("x", "Item", "RATED>ON").through


def test_lists_are_relationship_types() -> None:
    assert list_type("Item>Genre") == ("IN_GENRE", "Item", "Genre")
    assert list_type("User>Item:VIEWED") == ("VIEWED", "User", "Item")
    with pytest.raises(ConfigError, match="names 3 relationship types of the graph; name one, as in User>Item:RATED"):
        list_type("User>Item")
    with pytest.raises(ConfigError, match="names 0"):
        list_type("Genre>Item")


def test_asking_adds() -> None:
    found = RATINGS.asking(values=("at",), lists=("Item>Genre",), fields=("Item.year",))
    assert (found.values, found.lists, found.fields) == (("at", "rating"), ("Item>Genre",), ("Item.year",))


def test_it_is_json() -> None:
    for projection in PROJECTIONS.values():
        assert json.loads(json.dumps(projection.to_dict()))["name"] == projection.name
    assert PROJECTIONS["highlights"].grouped
    assert not RATINGS.grouped
