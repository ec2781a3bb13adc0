"""What a figure is worth beside what costs nothing: one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphrec.evaluation.confidence import FEWEST

SURE = 0.05
"""A p value below it tells two models apart."""
CHANCE = "chance"


@dataclass(frozen=True)
class Baseline:
    """Another model on the same cases.

    Attributes:
        title: what it is called.
        value: its figure.
        better: by how much the model's own is better, below 0 where it is worse.
        p_value: of a paired test; None where there are too few cases for one, or no figure per case.
    """

    title: str
    value: float
    better: float
    p_value: float | None

    @property
    def sure(self) -> bool:
        """Whether the two differ by more than the draw of cases explains."""
        return self.p_value is not None and self.p_value < SURE

    @property
    def p(self) -> str:
        """The p value in words; empty where there is none."""
        if self.p_value is None:
            return ""
        return "p < .001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}".replace("0.", ".")


@dataclass(frozen=True)
class Verdict:
    """One sentence, and whether it speaks against publishing."""

    sentence: str
    bad: bool = False


def verdict(cases: int, beside: Sequence[Baseline]) -> Verdict:
    """Return what comes of a comparison on so many cases."""
    if not beside:
        return Verdict("not measured beside popularity and chance.")
    if cases < FEWEST:
        return Verdict(f"{cases} test cases are too few to tell it from {_named(beside)}.")
    if below := [one for one in beside if one.sure and one.better < 0]:
        return Verdict(f"below {_tested(below)}: do not publish.", bad=True)
    level = [one for one in beside if not one.sure]
    if chance := [one for one in level if one.title == CHANCE]:
        return Verdict(f"not told apart from {_tested(chance)}: do not publish.", bad=True)
    above = [one for one in beside if one.sure]
    said = [f"above {_tested(above)}"] if above else []
    said += [f"not told apart from {_tested(level)}"] if level else []
    return Verdict(f"{', '.join(said)}.")


def _named(beside: Sequence[Baseline]) -> str:
    return " and ".join(one.title for one in beside)


def _tested(beside: Sequence[Baseline]) -> str:
    return " and ".join(f"{one.title} ({one.p})" if one.p else one.title for one in beside)
