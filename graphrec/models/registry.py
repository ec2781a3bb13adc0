"""Finds models by their entry points, tells their settings, and reads settings from strings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from graphrec.errors import ConfigError, NotFoundError, unknown
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.settings import Settings

GROUP = "graphrec.models"
"""The entry-point group by which anyone adds a model."""


_PLAIN = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a name"}


@dataclass(frozen=True)
class Setting:
    """One setting, as ``graphrec models NAME`` shows it."""

    name: str
    type: str
    range: str
    default: Any
    doc: str


@cache
def models() -> Mapping[str, type[Model[Any]]]:
    """Return every installed model by name. One that cannot be imported is left out, with a warning."""
    found: dict[str, type[Model[Any]]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            found[entry.name] = _loaded(entry)
        except Exception as error:
            # Whatever another package's code raises, the other models must stay usable.
            warnings.warn(f"model {entry.name!r} is left out: {error}", stacklevel=2)
    return MappingProxyType(found)


def _loaded(entry: EntryPoint) -> type[Model[Any]]:
    kind = entry.load()
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        raise TypeError(f"{entry.value} is not a subclass of graphrec.models.base.Model")
    if not entry.name.isidentifier() or not entry.name.isascii():
        raise TypeError(f"{entry.name!r} cannot name a property; use letters, digits and _")
    if wrong := list(_wrong(kind, entry.name)):
        raise TypeError(f"{entry.value} {'; '.join(wrong)}")
    return kind


def _wrong(kind: type[Model[Any]], name: str) -> Iterator[str]:
    """Say what a class lacks of a model: what would else fail in whoever lists or trains it."""
    lacking = [attribute for attribute in ("name", "title", "Settings") if not hasattr(kind, attribute)]
    lacking += sorted(f"{method}()" for method in kind.__abstractmethods__)
    if not hasattr(kind, "scorer") and not hasattr(kind, "predict"):
        lacking.append("scorer() or predict()")
    if lacking:
        yield f"lacks {', '.join(lacking)}, which its class must have"
    if (own := getattr(kind, "name", name)) != name:
        yield f"is called {own!r}, its entry point {name!r}: give both the same name"
    settings = getattr(kind, "Settings", Settings)
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        yield "has Settings that are no subclass of graphrec.settings.Settings"
    elif odd := [one for one in kind.tuned if one not in {**settings.model_fields, **TrainOptions.model_fields}]:
        yield f"has in tuned {', '.join(odd)}, which is no setting of it or of training"


@cache
def model(name: str) -> type[Model[Any]]:
    """Return the model called ``name``.

    Raises:
        NotFoundError: there is none; the message names the nearest.
    """
    entry = next((entry for entry in entry_points(group=GROUP) if entry.name == name), None)
    if entry is None:
        raise unknown("model", name, {entry.name for entry in entry_points(group=GROUP)})
    try:
        return _loaded(entry)
    except Exception as error:
        raise NotFoundError(f"the model {name!r} cannot be used: {error}") from error


def describe(name: str) -> list[Setting]:
    """Return the settings of the model called ``name``; raises as ``model`` does."""
    return describe_settings(model(name).Settings)


def describe_settings(kind: type[BaseModel]) -> list[Setting]:
    """Return the fields of a settings class, in order, but those that training fills in (``repr=False``)."""
    return [
        Setting(name, _type(field), _range(field), field.default, field.description or "")
        for name, field in kind.model_fields.items()
        if field.repr
    ]


def read_settings(kind: type[Settings], given: Mapping[str, Any], what: str = "setting") -> Any:
    """Return an instance of ``kind`` from values that may be strings; ``what`` names a setting in errors.

    Raises:
        NotFoundError: an unknown setting.
        ConfigError: a value of the wrong type or out of range.
    """
    for key in given:
        if key not in kind.model_fields:
            raise unknown(what, key, kind.model_fields)
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        if key not in kind.model_fields:
            raise ConfigError(f"{what}: {first['msg']}") from error
        field = kind.model_fields[key]
        allowed = " ".join(part for part in (_type(field), _range(field)) if part)
        raise ConfigError(f"{what} {key}={given[key]!r} is not possible; it takes {allowed}") from error


def _type(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    choices = getattr(annotation, "__args__", None)
    if choices and not isinstance(annotation, type):
        return " | ".join(str(choice) for choice in choices)
    name: str = annotation.__name__
    return _PLAIN.get(name, name)


def _range(field: FieldInfo) -> str:
    signs = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}
    parts = []
    for bound in field.metadata:
        if type(bound) in signs:
            attribute, sign = signs[type(bound)]
            parts.append(f"{sign} {getattr(bound, attribute):g}")
    return " and ".join(parts)
