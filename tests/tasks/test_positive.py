"""Which records count as positive."""

from __future__ import annotations

import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.graph.projection import PROJECTIONS
from graphrec.tasks.positive import Condition, conditions, positive_conditions

RATINGS = PROJECTIONS["ratings"]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("rating>=3.5", Condition("rating", ">=", 3.5)),
        (" rating <= 2 ", Condition("rating", "<=", 2)),
        ("rating==5", Condition("rating", "==", 5)),
        ("at>1e12", Condition("at", ">", 1e12)),
        ("rating<-1", Condition("rating", "<", -1)),
    ],
)
def test_conditions(text: str, condition: Condition) -> None:
    assert positive_conditions(RATINGS, [text])[-1] == condition


@pytest.mark.parametrize("text", ["rating", "rating=4", "rating>=", "rating>=good", "", ">=4x"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError, match="is no condition"):
        positive_conditions(RATINGS, [text])


def test_properties_must_exist_and_be_numbers() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'rating'"):
        positive_conditions(RATINGS, ["ratings>=4"])
    with pytest.raises(ConfigError, match="split of LIKED is text"):
        positive_conditions(PROJECTIONS["likes"], ["split>=3"])


def test_own_conditions_replace_those_on_the_same_property() -> None:
    assert positive_conditions(RATINGS, ["rating>=1", "rating<=2"]) == (
        Condition("rating", ">=", 1), Condition("rating", "<=", 2),
    )  # fmt: skip
    assert len(positive_conditions(RATINGS, ["at>0"])) == 2
    assert positive_conditions(RATINGS, []) == (Condition("rating", ">=", 4),)
    assert conditions(RATINGS, []) == ()
