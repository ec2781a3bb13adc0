"""Which records count as positive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.graph.columns import Numbers, Words
from graphrec.graph.projection import PROJECTIONS
from graphrec.graph.records import Records
from graphrec.properties import Properties
from graphrec.schema import Property
from graphrec.tasks.positive import Condition, asking, conditions, positive, positive_conditions

OWN = {
    "User": [Property("country", "string"), Property("tags", "list")],
    "RATED": [Property("mood", "string"), Property("minutes", "float64")],
}
RATINGS = replace(PROJECTIONS["ratings"], properties=Properties(OWN))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("rating>=3.5", Condition("rating", ">=", 3.5)),
        (" rating <= 2 ", Condition("rating", "<=", 2)),
        ("rating==5", Condition("rating", "==", 5)),
        ("rating=5", Condition("rating", "==", 5)),
        ("rating != 5", Condition("rating", "!=", 5)),
        ("at>=2024-01-01", Condition("at", ">=", 1_704_067_200_000)),
        ("split==train", Condition("split", "==", "train")),
        ("split!='a>=b'", Condition("split", "!=", "a>=b")),
        ("Item.year>=2000", Condition("Item.year", ">=", 2000)),
        ("Item.title=Up", Condition("Item.title", "==", "Up")),
        ("Item.audio==true", Condition("Item.audio", "==", 1)),
        ("User.country==de", Condition("User.country", "==", "de")),
        ("mood==7", Condition("mood", "==", "7")),
        ("at>1e12", Condition("at", ">", 1e12)),
        ("rating<-1", Condition("rating", "<", -1)),
    ],
)
def test_conditions(text: str, condition: Condition) -> None:
    assert positive_conditions(RATINGS, [text])[-1] == condition


@pytest.mark.parametrize("text", ["rating", "rating>=", "rating>=good", "", ">=4x"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError, match="is no condition"):
        positive_conditions(RATINGS, [text])


def test_properties_must_exist_and_be_comparable() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'rating'"):
        positive_conditions(RATINGS, ["ratings>=4"])
    with pytest.raises(NotFoundError, match="did you mean 'country'"):
        positive_conditions(RATINGS, ["User.county==de"])
    with pytest.raises(NotFoundError, match="label"):
        positive_conditions(RATINGS, ["Segment.position==1"])
    with pytest.raises(ConfigError, match="split is text"):
        positive_conditions(PROJECTIONS["likes"], ["split>=3"])
    with pytest.raises(ConfigError, match="holds lists"):
        positive_conditions(RATINGS, ["User.tags==a"])
    with pytest.raises(ConfigError, match="no condition"):
        positive_conditions(RATINGS, ["Item.audio==perhaps"])


def test_conditions_hold_of_records_and_of_their_nodes() -> None:
    texts = pa.chunked_array([["a", "b", None, "a"]])
    records = replace(
        Records.of_pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), 2, rating=[1, np.nan, 3, 5]),
        texts={"mood": Words.of(texts)},
    )
    fields = {
        "User.country": Words.of(pa.chunked_array([["de", None]])),
        "Item.year": Numbers(np.array([1999.0, 2000.0, np.nan])),
    }

    def kept(*given: str) -> list[int]:
        rules = conditions(RATINGS, given)
        return np.flatnonzero(positive(records, rules, fields)).tolist()

    assert kept() == [0, 1, 2, 3]
    # What a record does not say is neither the same as something nor different from it.
    assert kept("rating!=3") == [0, 3]
    assert kept("mood==a") == [0, 3]
    assert kept("mood!=a") == [1]
    assert kept("mood==c") == []
    assert kept("mood!=c") == [0, 1, 3]
    assert kept("User.country==de") == [0, 1]
    assert kept("User.country!=fr") == [0, 1]
    assert kept("Item.year>=2000") == [1, 2]
    assert kept("Item.year!=2000") == [0]
    assert kept("Item.year>=1999", "rating<5") == [0, 2]


def test_what_is_compared_is_asked_for() -> None:
    rules = conditions(RATINGS, ["rating>=1", "mood==a", "Item.year>2000", "User.country==de"])
    asked = asking(PROJECTIONS["likes"], rules)
    assert (asked.values, asked.texts) == (("rating",), ("mood",))
    assert asked.fields == ("Item.year", "User.country")


def test_own_conditions_replace_those_on_the_same_property() -> None:
    assert positive_conditions(RATINGS, ["rating>=1", "rating<=2"]) == (
        Condition("rating", ">=", 1), Condition("rating", "<=", 2),
    )  # fmt: skip
    assert len(positive_conditions(RATINGS, ["at>0"])) == 2
    assert positive_conditions(RATINGS, []) == (Condition("rating", ">=", 4),)
    assert conditions(RATINGS, []) == ()


def test_conditions_are_told_as_people_write_them() -> None:
    given = ["rating>=3.5", "at>=2024-01-01", "mood==a", "Item.year<1990"]
    assert list(map(str, conditions(RATINGS, given))) == [given[0], "at>=2024-01-01T00:00:00", *given[2:]]
