"""What the nodes and relationships of one graph may say: the schema's properties, and those that it has of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import get_args

from graphrec import schema
from graphrec.errors import DataError, StoreError, nearest, unknown
from graphrec.schema import Property, PropertyType

RESERVED = (schema.KEY, "from", "to")


class Properties:
    """The properties of one graph, by label and relationship type.

    Args:
        own: those that are not in the schema.
    """

    def __init__(self, own: Mapping[str, Sequence[Property]] = MappingProxyType({})) -> None:
        self._own = {name: tuple(sorted(found, key=lambda p: p.name)) for name, found in own.items() if found}

    def own(self, name: str) -> tuple[Property, ...]:
        """Return what the label or type ``name`` has beside the schema's, by name."""
        return self._own.get(name, ())

    def of(self, name: str) -> tuple[Property, ...]:
        """Return all that the label or type ``name`` has, the schema's first; raises ``NotFoundError``."""
        return (*schema.properties(name), *self.own(name))

    def find(self, name: str, prop: str) -> Property:
        """Return the property ``prop`` of a label or type; raises ``NotFoundError`` with the nearest right name."""
        known = {one.name: one for one in self.of(name)}
        if prop not in known:
            raise unknown(f"property of {name}", prop, known)
        return known[prop]

    def with_own(self, name: str, declared: Iterable[Property]) -> Properties:
        """Return the same with ``declared`` for a label or type.

        Raises ``DataError`` for a name that cannot be one, ``StoreError`` for one that has another type already.
        """
        schema.properties(name)
        found = {one.name.casefold(): one for one in self.own(name)}
        for prop in declared:
            check_own(name, prop)
            before = found.setdefault(prop.name.casefold(), prop)
            if before != prop:
                raise StoreError(
                    f"{name}.{before.name} holds {WORDS[before.type]} in this graph; {prop.name} cannot hold "
                    f"{WORDS[prop.type]} beside it: give it that type, or another name"
                )
        return Properties({**self._own, name: tuple(found.values())})


WORDS: Mapping[PropertyType, str] = {
    "string": "text",
    "int64": "whole numbers",
    "float64": "numbers",
    "bool": "true or false",
    "list": "lists of texts",
}
"""The types in words."""

SCHEMA_PROPERTIES = Properties()
"""Of a graph that has none of its own."""


ALIKE = 0.6
"""A name that is so much like a known one may be a slip of it."""


def slip_of(name: str, known: Iterable[Property]) -> str | None:
    """Return which property was meant where ``name``, given without a type, is more likely a slip than a new one."""
    return nearest(name, [prop.name for prop in known], ALIKE)


def check_own(name: str, prop: Property) -> None:
    """Raise ``DataError`` unless a label or type may have ``prop`` of its own."""
    taken = {*RESERVED, *(one.name for one in schema.properties(name))}
    if prop.name.casefold() in taken:
        raise DataError(f"{name}.{prop.name} is a name that graphrec uses itself; give it another")
    if not prop.name.isidentifier():
        raise DataError(f"{prop.name!r} cannot name a property: letters, digits and _ only")
    if prop.type not in get_args(PropertyType):
        raise DataError(f"{prop.type!r} is no type of a property; there are: {', '.join(get_args(PropertyType))}")
    if schema.is_time(prop.name) and prop.type != "int64":
        raise DataError(f"{prop.name} ends like a time, and times are whole numbers; give it another name")
