"""Cypher in the schema's names, as a graph with other names understands it.

A variable is known by the pattern that binds it, ``(n:Item)`` or ``[e:RATED]``, and by ``WITH n AS m``. Where it can
be of several labels or types, what its property is depends on which it is. Strings, parameters and comments stay as
they are, and so does every name that is not the schema's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphrec import schema
from graphrec.store.neo4j.mapping import AS_STORED, KEY_PROPERTY, GraphMapping, Role, quoted

_GAP = r"(?:\s+|//[^\n]*|/\*.*?\*/)*"
_TOKEN = re.compile(
    rf"""('(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | \$?(?:`(?:[^`]|``)*`|[^\W\d]\w*) | \S) ({_GAP})""",
    re.DOTALL | re.VERBOSE,
)
_CLAUSES = [
    "MATCH",
    "OPTIONAL",
    "WHERE",
    "WITH",
    "RETURN",
    "UNWIND",
    "UNION",
    "CALL",
    "ORDER",
    "SKIP",
    "LIMIT",
]
_NAME = re.compile(r"`.*`|[^\W\d]\w*", re.DOTALL)


def translated(text: str, mapping: GraphMapping) -> str:
    """Return ``text`` in the names of ``mapping``."""
    if not mapping.labels and not mapping.types:
        return text.replace(quoted(AS_STORED), schema.KEY)
    gap = re.match(_GAP, text, re.DOTALL)
    start = gap.end() if gap else 0
    return text[:start] + _Translation(_TOKEN.findall(text, start), mapping).run()


@dataclass
class _Translation:
    """Goes through ``tokens``, each with the gap behind it, once."""

    tokens: Sequence[tuple[str, str]]
    mapping: GraphMapping
    at: int = 0
    labels: dict[str, list[str]] = field(default_factory=dict)
    """Of each variable that is a node."""
    types: dict[str, list[str]] = field(default_factory=dict)
    """Of each variable that is a relationship."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """By the clause that is being read: before, after."""

    def run(self, until: Sequence[str] = ()) -> str:
        """Return everything up to a token of ``until`` that stands outside of brackets, or to the end."""
        made, depth = [], 0
        while self.at < len(self.tokens):
            token = self._token()
            if depth == 0 and token in until:
                break
            depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
            if self._token(-1) != "." and token.upper() in _CLAUSES:
                self._rename()
            elif token.upper() == "AS" and (after := self._name(1)) is not None:
                alone = self._token(-2) != "."
                self.renamed.append((self._name(-1) or "" if alone else "", after))
            made.append(self._pattern() or self._property() or self._take())
        return "".join(made)

    def _token(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][0] if 0 <= place < len(self.tokens) else ""

    def _name(self, ahead: int = 0) -> str | None:
        """Return the name that stands there, without its quotes."""
        token = self._token(ahead)
        if not _NAME.fullmatch(token):
            return None
        return token[1:-1].replace("``", "`") if token.startswith("`") else token

    def _take(self, count: int = 1) -> str:
        taken = self.tokens[self.at : self.at + count]
        self.at += count
        return "".join(token + gap for token, gap in taken)

    def _rename(self) -> None:
        """Let what a clause has renamed be known by its new names; within the clause the old ones hold."""
        for bound in (self.labels, self.types):
            known = [(after, bound.get(before)) for before, after in self.renamed]
            for after, names in known:
                bound.pop(after, None)
                if names is not None:
                    bound[after] = names
        self.renamed.clear()

    def _pattern(self) -> str | None:
        """Translate ``(n:Item {id: $id}`` or ``[e:RATED``, without what closes it."""
        opening = self._token()
        if opening not in ("(", "["):
            return None
        variable = self._name(1) if self._token(2) == ":" else None
        colon = 1 if variable is None else 2
        if self._token(colon) != ":" or self._name(colon + 1) is None:
            return None
        roles, bound = (
            (self.mapping.labels, self.labels) if opening == "(" else (self.mapping.types, self.types)
        )
        made, names = self._take(colon), list[str]()
        while self._token() in (":", "|", "&") and self._name(1) is not None:
            names.append(self._name(1) or "")
            between, (token, gap) = self._take(), self.tokens[self.at]
            self.at += 1
            made += between + (quoted(roles[names[-1]].name) if names[-1] in roles else token) + gap
        if variable is not None:
            bound[variable] = names
        if opening == "(" and self._token() == "{" and any(name in roles for name in names):
            return self._asked(made, names, variable)
        return made

    def _asked(self, made: str, labels: list[str], variable: str | None) -> str:
        """Add ``{id: $id}`` to a pattern; what a map of properties cannot say becomes a condition."""
        asked = list[tuple[str, str]]()
        while self._token() in ("{", ","):
            name = self._name(1) or ""
            self.at += 3
            asked.append((name, self.run((",", "}")).strip()))
        self.at += 1
        role = self.mapping.labels.get(labels[0])
        if role is not None and len(labels) == 1 and [name for name, _ in asked] == [schema.KEY]:
            column = role.columns[schema.KEY]
            return f"{made}{{{quoted(column.name)}: {column.written(asked[0][1])}}}"
        if variable is None:
            variable = f"anonymous_{self.at}"
            made = f"({variable}{made[1:]}"
        conditions = [
            " AND ".join(
                [
                    _is_of(variable, label, self.mapping.labels),
                    *(self._equal(variable, label, *a) for a in asked),
                ]
            )
            for label in labels
        ]
        return f"{made} WHERE {' OR '.join(f'({one})' for one in conditions)}"

    def _equal(self, variable: str, label: str, name: str, value: str) -> str:
        role = self.mapping.labels.get(label)
        if role is not None and name == schema.KEY:
            column = role.columns[name]
            return f"{quoted(variable)}.{quoted(column.name)} = {column.written(value)}"
        return f"{_value(variable, name, role, _node_property(label, name))} = {value}"

    def _property(self) -> str | None:
        """Translate ``n.title``."""
        variable, name = self._name(), self._name(2)
        if variable is None or name is None or self._token(1) != "." or self._token(-1) == ".":
            return None
        if variable in self.labels:
            found = [
                (
                    _is_of(variable, label, self.mapping.labels),
                    self.mapping.labels.get(label),
                    _node_property(label, name),
                )
                for label in self.labels[variable]
            ]
        elif variable in self.types:
            found = [
                (
                    _is_of(variable, type_, self.mapping.types),
                    self.mapping.types.get(type_),
                    _relationship_property(type_, name),
                )
                for type_ in self.types[variable]
            ]
        else:
            return None
        if all(role is None for _, role, _ in found) and name != AS_STORED:
            return None
        values = [_value(variable, name, role, prop) for _, role, prop in found]
        gap = self.tokens[self.at + 2][1]
        self.at += 3
        if len(set(values)) == 1:
            return values[0] + gap
        cases = " ".join(f"WHEN {test} THEN {value}" for (test, *_), value in zip(found, values, strict=True))
        return f"CASE {cases} END{gap}"


def _value(variable: str, name: str, role: Role | None, prop: schema.Property | None) -> str:
    if role is None or prop is None:
        return f"{quoted(variable)}.{quoted(schema.KEY if name == AS_STORED else name)}"
    if name == AS_STORED:
        return f"{quoted(variable)}.{quoted(role.columns[schema.KEY].name)}"
    return role.columns[name].read(quoted(variable), prop.type) if name in role.columns else "null"


def _is_of(variable: str, name: str, roles: Mapping[str, Role]) -> str:
    return f"{quoted(variable)}:{quoted(roles[name].name if name in roles else name)}"


def _node_property(label: str, name: str) -> schema.Property | None:
    if label not in schema.LABELS:
        return None
    if name in (schema.KEY, AS_STORED):
        return KEY_PROPERTY
    return next((prop for prop in schema.LABELS[label].properties if prop.name == name), None)


def _relationship_property(type_: str, name: str) -> schema.Property | None:
    if type_ not in schema.RELATIONSHIPS:
        return None
    return next((prop for prop in schema.RELATIONSHIPS[type_].properties if prop.name == name), None)
