"""Finds models by their entry points, tells their settings, and reads settings from strings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from graphrec.errors import ConfigError, unknown
from graphrec.models.base import Recommender, Settings

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
def models() -> Mapping[str, type[Recommender[Any]]]:
    """Return every installed model by name. One that cannot be imported is left out, with a warning."""
    found: dict[str, type[Recommender[Any]]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            model = entry.load()
            if not (isinstance(model, type) and issubclass(model, Recommender)):
                raise TypeError(f"{entry.value} is not a subclass of graphrec.models.base.Recommender")
        except Exception as error:
            # Whatever another package's code raises, the other models must stay usable.
            warnings.warn(f"model {entry.name!r} is left out: {error}", stacklevel=2)
        else:
            found[entry.name] = model
    return MappingProxyType(found)


def model(name: str) -> type[Recommender[Any]]:
    """Return the model called ``name``.

    Raises:
        NotFoundError: there is none; the message names the nearest.
    """
    known = models()
    if name not in known:
        raise unknown("model", name, known)
    return known[name]


def describe(name: str) -> list[Setting]:
    """Return the settings of the model called ``name``; raises as ``model`` does."""
    return describe_settings(model(name).Settings)


def describe_settings(kind: type[BaseModel]) -> list[Setting]:
    """Return the fields of a settings class, in order."""
    return [
        Setting(name, _type(field), _range(field), field.default, field.description or "")
        for name, field in kind.model_fields.items()
    ]


def parse_settings(name: str, given: Mapping[str, str]) -> Settings:
    """Return the settings of the model called ``name`` from strings, as ``--set key=value`` gives them.

    Raises:
        NotFoundError: an unknown model or setting; the message names the nearest.
        ConfigError: a value of the wrong type or out of range; the message says what is allowed.
    """
    kind: type[Settings] = model(name).Settings
    settings: Settings = read_settings(kind, given, f"setting of {name}")
    return settings


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
