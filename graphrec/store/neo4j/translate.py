"""Cypher in the schema's names, as a graph with other names understands it.

A variable is known by what says its label or type, ``(n:Item)``, ``[e:RATED]`` or ``WHERE n:Item``, by another name
that a clause gives it, ``WITH n AS m``, and through ``collect(n)``, ``UNWIND`` and ``[n IN nodes | ..]``. Where it can
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
_OPERATORS = (":", "|", "&", "!", "(")
_PREDICATES = ("any", "all", "none", "single")
_COLLECTING = ("collect", "head", "last")
_PROPERTIES = {prop.name for label in schema.LABELS.values() for prop in label.properties} | {
    prop.name for type_ in schema.RELATIONSHIPS.values() for prop in type_.properties
}


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
        made, inside = [], list[_Bracket]()
        while self.at < len(self.tokens):
            token = self._token()
            if not inside and token in until:
                break
            in_braces = bool(inside) and inside[-1].kind == "{"
            if in_braces and token == "." and self._token(-1) in ("{", ","):
                made.append(self._projected(inside[-1].before))
                continue
            if token in ("(", "[", "{"):
                inside.append(self._opened())
            elif token in (")", "]", "}") and inside:
                self._close(inside.pop())
            if self._token(-1) != "." and token.upper() in _CLAUSES:
                self._rename()
                if token.upper() == "UNION":
                    self.labels.clear()
                    self.types.clear()
            elif token.upper() == "AS" and (after := self._name(1)) is not None:
                self.renamed.append((self._carried(), after))
            key = in_braces and self._token(-1) in ("{", ",")
            made.append(
                self._pattern() or (None if key else self._predicate()) or self._called()
                or self._property() or self._take()
            )  # fmt: skip
        return "".join(made)

    def _opened(self) -> _Bracket:
        """Return what the bracket that stands there opens; ``[n IN nodes`` makes n a variable of its own in it."""
        kind, before, variable = self._token(), self._name(-1) or "", self._name(1)
        local = kind == "[" or (kind == "(" and before.lower() in _PREDICATES)
        if not local or variable is None or self._token(2).upper() != "IN":
            return _Bracket(kind, before)
        outer = dict(self.labels), dict(self.types)
        source = self._name(3) or ""
        for bound in (self.labels, self.types):
            names = bound.get(source)
            bound.pop(variable, None)
            if names is not None:
                bound[variable] = names
        return _Bracket(kind, before, outer)

    def _close(self, bracket: _Bracket) -> None:
        if bracket.outer is not None:
            self.labels, self.types = bracket.outer

    def _carried(self) -> str:
        """Return the variable that ``AS`` gives another name, alone or collected; "" for anything else."""
        back = 1
        if self._token(-1) == ")":
            back = 2
            function = self._name(-5 if self._token(-3).upper() == "DISTINCT" else -4) or ""
            if function.lower() not in _COLLECTING:
                return ""
        return "" if self._token(-back - 1) == "." else self._name(-back) or ""

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

    def _bind(self, variable: str, names: Sequence[str], *, node: bool) -> None:
        """Let a variable be of ``names`` too; what it was known as before may hold beside them, and is told apart."""
        bound, other = (self.labels, self.types) if node else (self.types, self.labels)
        other.pop(variable, None)
        bound[variable] = list(dict.fromkeys([*bound.get(variable, ()), *names]))

    def _pattern(self) -> str | None:
        """Translate ``(n:Item {id: $id}`` or ``[e:RATED``, without what closes it."""
        opening = self._token()
        if opening not in ("(", "["):
            return None
        variable = self._name(1) if self._token(2) == ":" else None
        colon = 1 if variable is None else 2
        if self._token(colon) != ":" or self._token(colon + 1) == ":":
            return None
        node = opening == "("
        roles = self.mapping.labels if node else self.mapping.types
        made = self._take(colon)
        expression, names = self._expression(roles)
        if variable is not None:
            self._bind(variable, names, node=node)
        if self._token() == "{" and self._name(1) is not None and any(name in roles for name in names):
            return self._asked(made + expression, names, variable, node=node)
        return made + expression

    def _predicate(self) -> str | None:
        """Translate ``n:Item`` where it is a condition."""
        variable = self._name()
        if variable is None or self._token(1) != ":" or self._token(2) == ":" or self._token(-1) == ".":
            return None
        node = variable not in self.types
        made = self._take()
        expression, names = self._expression(self.mapping.labels if node else self.mapping.types)
        self._bind(variable, names, node=node)
        return made + expression

    def _expression(self, roles: Mapping[str, Role]) -> tuple[str, list[str]]:
        """Translate ``:Item|Segment``; return it and its names, of which what is mapped comes first."""
        made, names, depth, before = "", list[str](), 0, "("
        while True:
            token, name = self._token(), self._name()
            # Behind the | of a list comprehension comes what it is made of: [n IN nodes WHERE n:Item | n.id].
            if token == "|" and self._token(2) == ".":
                break
            if token in _OPERATORS and (token != "(" or before in _OPERATORS):
                depth += token == "("
            elif token == ")" and depth:
                depth -= 1
            elif name is not None and before in _OPERATORS:
                if before != "!":
                    names.append(name)
                made += quoted(roles[name].name) if name in roles else token
                token = ""
            else:
                break
            before, (_, gap) = token, self.tokens[self.at]
            self.at += 1
            made += token + gap
        return made, sorted(names, key=lambda name: name not in roles)

    def _called(self) -> str | None:
        """Translate ``labels(n)`` and ``type(e)``: what they give is by the schema's names."""
        function = self._token().lower()
        if function not in ("labels", "type") or self._token(1) != "(" or self._token(-1) == ".":
            return None
        roles = self.mapping.labels if function == "labels" else self.mapping.types
        call = self._take(2) + self.run((")",)) + ")"
        gap = self.tokens[self.at][1] if self.at < len(self.tokens) else ""
        self.at += 1
        if not roles:
            return call + gap
        names = "{" + ", ".join(f"{quoted(role.name)}: '{name}'" for name, role in roles.items()) + "}"
        if function == "type":
            return f"coalesce({names}[{call}], {call}){gap}"
        return f"[label IN {call} | coalesce({names}[label], label)]{gap}"

    def _projected(self, variable: str) -> str:
        """Translate the ``.title`` of ``n {.title}``."""
        name = self._name(1)
        found = None if name is None else self._read(variable, name)
        if found is None:
            return self._take(2)
        gap = self.tokens[self.at + 1][1]
        self.at += 2
        return f"{quoted(name or '')}: {found}{gap}"

    def _asked(self, made: str, names: list[str], variable: str | None, *, node: bool) -> str:
        """Add ``{id: $id}`` to a pattern; what a map of properties cannot say becomes a condition."""
        roles, asked = self.mapping.labels if node else self.mapping.types, list[tuple[str, str]]()
        while self._token() in ("{", ","):
            name = self._name(1) or ""
            self.at += 3
            # The line that a comment ends with stays.
            asked.append((name, self.run((",", "}")).strip(" ")))
        self.at += 1
        if node and len(names) == 1 and [name for name, _ in asked] == [schema.KEY]:
            column = roles[names[0]].columns[schema.KEY]
            return f"{made}{{{quoted(column.name)}: {column.written(asked[0][1])}}}"
        if variable is None:
            variable = f"anonymous_{self.at}"
            made = f"{made[0]}{variable}{made[1:]}"
        conditions = [
            " AND ".join(
                [
                    _is_of(variable, name, roles),
                    *(_equal(variable, name, roles, *a, node=node) for a in asked),
                ]
            )
            for name in names
        ]
        return f"{made} WHERE {' OR '.join(f'({one})' for one in conditions)}"

    def _property(self) -> str | None:
        """Translate ``n.title``."""
        variable, name = self._name(), self._name(2)
        if variable is None or name is None or self._token(1) != "." or self._token(-1) == ".":
            return None
        found = self._read(variable, name)
        if found is None:
            return None
        gap = self.tokens[self.at + 2][1]
        self.at += 3
        return found + gap

    def _read(self, variable: str, name: str) -> str | None:
        """Return a property's value; None where it is read as it stands."""
        node = variable in self.labels
        roles, names = (self.mapping.labels, self.labels) if node else (self.mapping.types, self.types)
        found = names.get(variable, [])
        if name != AS_STORED and not any(one in roles for one in found):
            return None
        values = [_value(variable, name, roles.get(one), _known(one, name, node=node)) for one in found]
        if len(set(values)) < 2:
            return values[0] if values else None
        tests = [_is_of(variable, one, roles) for one in found]
        cases = " ".join(f"WHEN {test} THEN {value}" for test, value in zip(tests, values, strict=True))
        return f"CASE {cases} END"


@dataclass(frozen=True)
class _Bracket:
    """An open bracket: what is before it, and what was known outside of one that has variables of its own."""

    kind: str
    before: str
    outer: tuple[dict[str, list[str]], dict[str, list[str]]] | None = None


def _value(variable: str, name: str, role: Role | None, prop: schema.Property | None) -> str:
    if role is None:
        return f"{quoted(variable)}.{quoted(schema.KEY if name == AS_STORED else name)}"
    if name == AS_STORED:
        return f"{quoted(variable)}.{quoted(role.columns[schema.KEY].name)}"
    if prop is not None and name in role.columns:
        return role.columns[name].read(quoted(variable), prop.type)
    # What is no property of the schema is an embedding, under the name that it was given.
    return "null" if name in _PROPERTIES else f"{quoted(variable)}.{quoted(name)}"


def _equal(variable: str, one: str, roles: Mapping[str, Role], name: str, value: str, *, node: bool) -> str:
    role = roles.get(one)
    if role is not None and node and name == schema.KEY:
        column = role.columns[name]
        return f"{quoted(variable)}.{quoted(column.name)} = {column.written(value)}"
    return f"{_value(variable, name, role, _known(one, name, node=node))} = {value}"


def _is_of(variable: str, name: str, roles: Mapping[str, Role]) -> str:
    return f"{quoted(variable)}:{quoted(roles[name].name if name in roles else name)}"


def _known(one: str, name: str, *, node: bool) -> schema.Property | None:
    """Return the schema's property ``name`` of a label or type."""
    if node and name in (schema.KEY, AS_STORED):
        return KEY_PROPERTY
    entry = (schema.LABELS if node else schema.RELATIONSHIPS).get(one)
    return None if entry is None else next((prop for prop in entry.properties if prop.name == name), None)
