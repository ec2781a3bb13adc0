"""Ranges from the settings' own bounds, and as somebody says."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
from pydantic import Field

from graphrec.api import search_space as spaces
from graphrec.api.plan import Plan
from graphrec.api.search_space import Choice, NothingToTuneError, Span, read_ranges, search_space, told_ranges
from graphrec.errors import ConfigError, GraphrecError
from graphrec.models.popularity import Popularity
from graphrec.models.registry import models
from graphrec.settings import Settings


class AllKinds(Settings):
    penalty: float = Field(0.02, ge=0)
    share: float = Field(0.25, ge=0, le=1)
    open: float = Field(0.2, ge=0, lt=1)
    near: float = Field(0.5, gt=0.1, le=3)
    wide: float = Field(0.5, gt=0, lt=100)
    nothing: float = Field(0.0, ge=0)
    steps: int = Field(2, ge=1, le=8)
    width: int = Field(64, ge=1, le=100)
    below: int = Field(3, gt=1, lt=9)
    all: int = Field(0, ge=0)
    yes: bool = False
    how: Literal["mean", "sum"] = "sum"
    name: str = ""


class OfAllKinds(Popularity):
    name = "kinds"
    Settings = AllKinds
    tuned: ClassVar[tuple[str, ...]] = ()


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    for where in ("graphrec.api.plan.model_class", "graphrec.api.search_space.model_class"):
        monkeypatch.setattr(where, lambda name: OfAllKinds)
    return Plan("kinds", {})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("penalty", Span(0.002, 0.2, True, False)),
        ("share", Span(0, 1, False, False)),
        ("open", Span(0, 0.992, False, False)),
        ("near", Span(0.104, 3, True, False)),
        ("wide", Span(0.05, 5, True, False)),
        ("steps", Span(1, 8, False, True)),
        ("width", Span(16, 100, False, True)),
        ("below", Span(2, 8, False, True)),
        ("yes", Choice((False, True))),
        ("how", Choice(("mean", "sum"))),
        ("learning_rate", Span(0.0005, 0.05, True, False)),
        ("nothing=0..0.5", Span(0, 0.5, False, False)),
        ("nothing=0.001..0.5", Span(0.001, 0.5, True, False)),
        ("penalty=0,0.1", Choice((0.0, 0.1))),
        ("all=1..64", Span(1, 64, True, True)),
        ("how=sum", Choice(("sum",))),
        ("name=a, b", Choice(("a", "b"))),
    ],
)
def test_ranges(plan: Plan, asked: str, found: object) -> None:
    ((name, one),) = search_space(plan, [asked]).items()
    assert name == asked.partition("=")[0]
    assert str(one) == str(found)
    assert read_ranges(told_ranges({name: one})) == {name: one}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("penalti", "did you mean 'penalty'"),
        ("seed", "no setting of kinds to search named 'seed'"),
        ("nothing", "needs its range, as nothing=LOW..HIGH"),
        ("all", "needs its range"),
        ("name", "needs its values, as name=A,B"),
        ("name=a..b", "is no number"),
        ("steps=1..9", "it takes a whole number ≥ 1 and ≤ 8"),
        ("steps=1.5..3", "it takes a whole number"),
        ("share=0.5..0.5", "the range must rise"),
        ("how=mean,most", "it takes mean | sum"),
    ],
)
def test_what_cannot_be_searched_is_one_clear_line(plan: Plan, asked: str, told: str) -> None:
    with pytest.raises(GraphrecError) as error:
        search_space(plan, [asked])
    assert told in str(error.value)


def test_what_is_searched_by_default(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = ["penalty", "share", "open", "near", "wide", "steps", "width", "below", "learning_rate"]
    assert list(search_space(plan)) == numbers
    monkeypatch.setattr(OfAllKinds, "tuned", ("how", "penalty"))
    assert list(search_space(plan)) == ["how", "penalty"]
    fixed = Plan("kinds", {"how": "mean"})
    assert list(search_space(fixed)) == ["penalty"]
    with pytest.raises(ConfigError, match="how is fixed by --set and searched by --over"):
        search_space(fixed, ["how"])


@pytest.mark.parametrize("name", sorted(models()))
def test_every_model_has_a_space_that_its_defaults_are_in(name: str) -> None:
    plan = Plan(name, {})
    if not spaces._usual(models()[name]):
        with pytest.raises(ConfigError, match=f"{name} has nothing to tune"):
            search_space(plan)
        return
    found = search_space(plan)
    usual = spaces.defaults(plan, list(found))
    assert {key: one.nearest(usual[key]) for key, one in found.items()} == usual


def test_what_a_preset_has_at_0_is_left_out_of_what_is_usual_and_asked_for_with_its_range() -> None:
    printed = Plan("transgrec", {"preset": "printed"})
    found = search_space(printed)
    assert "content_l2" not in found
    assert {"l2", "dimension", "learning_rate"} <= set(found)
    assert list(search_space(printed, ["content_l2=0.01..1"])) == ["content_l2"]
    with pytest.raises(ConfigError, match="content_l2 needs its range"):
        search_space(printed, ["content_l2"])
    with pytest.raises(NothingToTuneError):
        search_space(Plan("popularity", {}))
