"""What a search tries: a range for each setting, from the setting's own bounds and default, or as somebody says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal, get_args, get_origin

from annotated_types import Gt, Lt
from pydantic.fields import FieldInfo

from graphrec.api.plan import Plan, read_given
from graphrec.errors import ConfigError, unknown
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.models.registry import model as model_class

WIDE = 8.0
"""A range whose ends are so many times apart is searched by its logarithm."""
FLOATS, WHOLES = 10.0, 4.0
"""How far a range goes from the default, both ways, by a factor, where the bounds leave it open."""
MANY = 1000
"""Of no more than so many settings in all, each is tried once at most."""
FEW = 16
"""A whole number that can be no more than so many values is searched over all of them."""
NOT_SEARCHED = ("seed", "metric", "device", "checkpoint_minutes")
"""Options of training by which trials are compared, or which change nothing that is learned."""


class NothingToTuneError(ConfigError):
    """All settings of a model are fixed, or it has none."""


@dataclass(frozen=True)
class Span:
    """All numbers from ``low`` to ``high``, both among them; ``log``: as many in each decade."""

    low: float
    high: float
    log: bool
    whole: bool

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{' by its logarithm' if self.log else ''}"

    def nearest(self, value: Any) -> Any:
        """Return what of the range is nearest to ``value``."""
        return min(max(value, self.low), self.high)

    @property
    def each(self) -> Sequence[Any] | None:
        """All that there are; None of numbers that are not whole."""
        return range(int(self.low), int(self.high) + 1) if self.whole else None


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))

    def nearest(self, value: Any) -> Any:
        """Return ``value``, or the first where it is not among them."""
        return value if value in self.values else self.values[0]

    @property
    def each(self) -> Sequence[Any]:
        """All of them."""
        return self.values


Range = Span | Choice


def told_ranges(ranges: Mapping[str, Range]) -> dict[str, Any]:
    """Return JSON that ``read_ranges`` reads."""
    return {name: asdict(one) for name, one in ranges.items()}


def read_ranges(told: Mapping[str, Any]) -> dict[str, Range]:
    """Return what ``told_ranges`` was told."""
    return {
        name: Choice(tuple(one["values"])) if "values" in one else Span(**one) for name, one in told.items()
    }


def all_settings(ranges: Mapping[str, Range]) -> list[dict[str, Any]] | None:
    """Return all settings that can be tried; None where they are more than ``MANY``."""
    values = [each for one in ranges.values() if (each := one.each) is not None]
    if len(values) < len(ranges) or math.prod(map(len, values)) > MANY:
        return None
    return [dict(zip(ranges, one, strict=True)) for one in product(*values)]


def defaults(plan: Plan, names: Sequence[str]) -> dict[str, Any]:
    """Return what ``plan`` has for settings of the model and options of training."""
    given = read_given(plan)
    own = type(given.settings).model_fields
    return {name: getattr(given.settings if name in own else given.options, name) for name in names}


def search_space(plan: Plan, over: Sequence[str] = ()) -> dict[str, Range]:
    """Return the range of each setting that is searched.

    Args:
        plan: whose model is searched; what it gives is fixed.
        over: settings, each alone or with a range: ``l2``, ``l2=0.001..0.1``, ``scaling=none,whiten``. By default
            those that the model names in ``tuned``, else all its numbers and the learning rate; but for what is 0 by
            default and has no upper bound.

    Raises ``NotFoundError`` for an unknown setting, ``ConfigError`` for one that is fixed, a range that the setting
    does not allow, ``NothingToTuneError`` where there is nothing to search.
    """
    kind = model_class(plan.model)
    asked = [text.partition("=") for text in over] or [(name, "", "") for name in _usual(kind)]
    found: dict[str, Range] = {}
    for name, _, text in asked:
        name = name.strip()
        if name in plan.given:
            if over:
                raise ConfigError(f"{name} is fixed by --set and searched by --over; leave one of the two out")
            continue
        field = _field(kind, name)
        if not over and not _tells(plan, name, field):
            continue
        found[name] = _said(plan, name, field, text.strip()) if text else _derived(plan, name, field)
    if not found:
        raise NothingToTuneError(f"{plan.model} has nothing to tune{' beside what is fixed' if plan.given else ''}")
    return found


def _tells(plan: Plan, name: str, field: FieldInfo) -> bool:
    """Return whether a setting's default says where to search: 0, as a preset may have it, does so by bounds alone."""
    default = defaults(plan, [name])[name]
    return bool(default) or field.annotation not in (int, float) or _bounds(field, default)[1] is not None


def _usual(kind: type[Model[Any]]) -> list[str]:
    if kind.tuned:
        return list(kind.tuned)
    fields = {name: field for name, field in kind.Settings.model_fields.items() if field.annotation in (int, float)}
    numbers = [
        name
        for name, field in fields.items()
        if name not in NOT_SEARCHED and (field.default or _bounds(field, field.default)[1] is not None)
    ]
    return [*numbers, "learning_rate"] if numbers else []


def _field(kind: type[Model[Any]], name: str) -> FieldInfo:
    own, options = kind.Settings.model_fields, TrainOptions.model_fields
    searched = [*own, *(one for one in options if one not in NOT_SEARCHED)]
    if name not in searched:
        raise unknown(f"setting of {kind.name} to search", name, searched)
    return own[name] if name in own else options[name]


def _derived(plan: Plan, name: str, field: FieldInfo) -> Range:
    kind, default = field.annotation, defaults(plan, [name])[name]
    if kind is bool:
        return Choice((False, True))
    if get_origin(kind) is Literal:
        return Choice(get_args(kind))
    low, high = _bounds(field, default)
    whole = kind is int
    if kind not in (int, float):
        raise ConfigError(f"--over {name} needs its values, as {name}=A,B")
    if low is not None and high is not None and (high - low < FEW if whole else high - low <= 1):
        return Span(low, high, False, whole)
    if not default > 0:
        raise ConfigError(f"--over {name} needs its range, as {name}=LOW..HIGH: its default {default} says nothing")
    factor = WHOLES if whole else FLOATS
    least, most = default / factor, default * factor
    if whole:
        least, most = max(1, round(least)), round(most)
    least, most = (max(least, low) if low is not None else least), (min(most, high) if high is not None else most)
    return _span(least, most, whole)


def _said(plan: Plan, name: str, field: FieldInfo, text: str) -> Range:
    low, dots, high = text.partition("..")
    if not dots:
        return Choice(tuple(_checked(plan, name, one.strip()) for one in text.split(",")))
    if field.annotation not in (int, float):
        raise ConfigError(f"{name} is no number; give its values, as {name}=A,B")
    ends = [_checked(plan, name, end.strip()) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise ConfigError(f"--over {name}={text}: the range must rise")
    return _span(ends[0], ends[1], field.annotation is int)


def _span(low: float, high: float, whole: bool) -> Span:
    return Span(low, high, low > 0 and high / low >= WIDE, whole)


def _checked(plan: Plan, name: str, text: str) -> Any:
    """Return the value that ``text`` is for a setting; raises ``ConfigError`` where it is none."""
    one = Plan(plan.model, {name: text}, task=plan.task)
    return defaults(one, [name])[name]


def _bounds(field: FieldInfo, default: Any) -> tuple[Any, Any]:
    """Return the least and the greatest value, None where there is none.

    An open end is left out: by 1 of whole numbers, else by a hundredth of the way to the default.
    """
    low: Any = None
    high: Any = None
    opened = set[type]()
    for bound in field.metadata:
        low = getattr(bound, "ge", getattr(bound, "gt", low))
        high = getattr(bound, "le", getattr(bound, "lt", high))
        opened.add(type(bound))
    whole = field.annotation is int
    if Gt in opened:
        low += 1 if whole else 0.01 * (default - low)
    if Lt in opened:
        high -= 1 if whole else 0.01 * (high - default)
    return low, high
