"""graphrec's own queries in the names of a graph that has others.

The queries keep to a form, and nothing else in them is looked at. Labels and types stand in brackets, `(n:Item|Genre)`
or `[e:RATED]`; a variable stands there first with all that it may be, and is nothing else up to the next UNION. An id
is asked for in those brackets, `(n:Item {id: $id})`, and a property is read as `n.title`; a type is compared as
`type(e) = 'RATED'`, or `<>`; a relationship without a type, `--` or `-[e]-`, is of any that is mapped. What people type
has the graph's own names already. A node without an id is nobody: each that stands with its label, as `(n:Item)` or in
a path, is asked whether it has one, but for one called ``every``. What is not mapped is left out where something
mapped stands beside it, and else called ``NOWHERE``, so that nothing is found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from graphrec import schema
from graphrec.store.neo4j.mapping import (
    AS_STORED,
    KEY_PROPERTY,
    NOWHERE,
    OWN_LABELS,
    GraphMapping,
    Role,
    quoted,
)

_NAME = r"(?:`[^`]+`|\w+)"
_PLACE = re.compile(
    rf"(?P<open>[(\[])(?P<bound>\w*):(?P<names>{_NAME}(?:\|{_NAME})*)(?: \{{id: (?P<key>[^}}]+)\}})?"
    rf"|\b(?P<variable>\w+)\.(?P<property>{_NAME})"
    r"|(?P<compared>type\(\w+\) (?:=|<>)) '(?P<type>\w+)'"
)
_ARROW = re.compile(rf"(?P<from><?)-(?P<kind>\[\w*:(?P<names>{_NAME}(?:\|{_NAME})*)[^\]]*\])-(?P<to>>?)")
_ANY = re.compile(r"(?<=\))(?P<from><?)-(?:\[(?P<bound>\w*)\])?-(?P<to>>?)(?=\()")
EVERY = "every"
"""In a query, the variable for nodes whether they have an id or not."""
_UNION = re.compile(r"(\bUNION\b)")
_PROPERTIES = {
    prop.name
    for kind in (schema.LABELS, schema.RELATIONSHIPS)
    for one in kind.values()
    for prop in one.properties
}


def worded(text: str, mapping: GraphMapping) -> str:
    """Return ``text``, a query of graphrec's own, in the names of ``mapping``."""
    if not mapping.foreign:
        return text.replace(quoted(AS_STORED), schema.KEY)
    return "".join(_part(part, mapping) for part in _UNION.split(text))


def _part(text: str, mapping: GraphMapping) -> str:
    any_type = "|".join(mapping.types) or next(iter(schema.RELATIONSHIPS))
    text = _ANY.sub(rf"\g<from>-[\g<bound>:{any_type}]-\g<to>", text)
    text = _ARROW.sub(lambda arrow: _pointed(arrow, mapping), text)
    bound: dict[str, _Kinds] = {}
    numbers = count()

    def told(place: re.Match[str]) -> str:
        if place["type"]:
            return f"{place['compared']} '{_type_name(place['type'], mapping)}'"
        if place["variable"]:
            kinds = bound.get(place["variable"])
            return place[0] if kinds is None else kinds.read(place["variable"], place["property"].strip("`"))
        kinds = _kinds(place, mapping)
        asked = _asked_for_an_id(place, kinds)
        if not asked:
            return kinds.pattern(place, place["bound"])
        variable = place["bound"] or f"some{next(numbers)}"
        return f"{kinds.pattern(place, variable)}{asked}{kinds.read(variable, AS_STORED)} IS NOT NULL"

    for place in _PLACE.finditer(text):
        if place["bound"]:
            bound.setdefault(place["bound"], _kinds(place, mapping))
    return _PLACE.sub(told, text)


def _asked_for_an_id(place: re.Match[str], kinds: _Kinds) -> str:
    """Return what leads to the question whether a node has an id: in a pattern, or in what is true of one; or nothing.

    Of a label alone, ``MATCH (:Item)``, the server keeps the count, which nothing else is as quick as.
    """
    before, after = place.string[: place.start()], place.string[place.end() :]
    plain = place["open"] == "(" and place["key"] is None and after.startswith(")")
    if not plain or place["bound"] == EVERY or kinds.roles.keys().isdisjoint(kinds.names):
        return ""
    in_path = after.startswith((")-", ")<-")) or before.endswith(("-", ">"))
    if in_path or (place["bound"] and re.search(r"(?:MATCH|,)\s*$", before)):
        return " WHERE "
    return " AND " if place["bound"] else ""


def _pointed(arrow: re.Match[str], mapping: GraphMapping) -> str:
    """Return an arrow as it points in the graph; where one of its types does and another does not, both ways."""
    names = [name.strip("`") for name in re.findall(_NAME, arrow["names"])]
    turned = {mapping.types[name].turned for name in names if name in mapping.types}
    if turned != {True} and turned != {True, False}:
        return arrow[0]
    start, end = ("", "") if len(turned) > 1 else ("<" if arrow["to"] else "", ">" if arrow["from"] else "")
    return f"{start}-{arrow['kind']}-{end}"


@dataclass(frozen=True)
class _Kinds:
    """The labels or types that a variable may have, by the schema's names, and what plays their roles.

    Of names without a role one is left where there is no other.
    """

    names: Sequence[str]
    roles: Mapping[str, Role]
    schema: Mapping[str, schema.Label] | Mapping[str, schema.RelationshipType]

    def pattern(self, place: re.Match[str], variable: str) -> str:
        """Return ``(n:Item {id: $id}``, without what closes it."""
        made = f"{place['open']}{variable}:{'|'.join(map(self._called, self.names))}"
        if place["key"] is None:
            return made
        if len(self.names) == 1:
            column = self._column(self.names[0])
            return f"{made} {{{quoted(column)}: {self._written(self.names[0], place['key'])}}}"
        asked = [
            f"({place['bound']}:{self._called(name)} AND {place['bound']}.{quoted(self._column(name))} = "
            f"{self._written(name, place['key'])})"
            for name in self.names
        ]
        return f"{made} WHERE {' OR '.join(asked)}"

    def read(self, variable: str, prop: str) -> str:
        """Return the value of ``n.title``, which may depend on what the variable is."""
        values = [self._value(variable, name, prop) for name in self.names]
        if len(set(values)) == 1:
            return values[0]
        cases = zip(self.names, values, strict=True)
        return f"CASE {' '.join(f'WHEN {variable}:{self._called(name)} THEN {v}' for name, v in cases)} END"

    def _called(self, name: str) -> str:
        if name in self.roles:
            return quoted(self.roles[name].name)
        return quoted(name if name in OWN_LABELS else NOWHERE)

    def _column(self, name: str) -> str:
        return self.roles[name].columns[schema.KEY].name if name in self.roles else schema.KEY

    def _written(self, name: str, key: str) -> str:
        return self.roles[name].columns[schema.KEY].written(key) if name in self.roles else key

    def _value(self, variable: str, name: str, prop: str) -> str:
        if prop == AS_STORED:
            return f"{variable}.{quoted(self._column(name))}"
        column = self.roles[name].columns.get(prop) if name in self.roles else None
        if column is None:
            # What is a property of neither schema nor mapping is an embedding, under the name that it was given.
            mapped = name in self.roles and prop in _PROPERTIES | {schema.KEY}
            return "null" if mapped else f"{variable}.{quoted(prop)}"
        known = [KEY_PROPERTY, *self.schema[name].properties, *self.roles[name].own]
        return column.read(variable, next(one.type for one in known if one.name == prop))


def _kinds(place: re.Match[str], mapping: GraphMapping) -> _Kinds:
    names = [name.strip("`") for name in re.findall(_NAME, place["names"])]
    there = [name for name in names if mapping.has(name)] or names[:1]
    if place["open"] == "(":
        return _Kinds(there, mapping.labels, schema.LABELS)
    return _Kinds(there, mapping.types, schema.RELATIONSHIPS)


def _type_name(name: str, mapping: GraphMapping) -> str:
    """Return what the type is called, as it stands between quotes; a mapping's names hold no backslash."""
    return (mapping.types[name].name if name in mapping.types else NOWHERE).replace("'", "\\'")
