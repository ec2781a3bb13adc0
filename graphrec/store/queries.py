"""The named queries: ``cypher/*.cypher``, and ``cypher/<database>/`` where the databases differ.

A file starts with three lines that are read here; the rest is Cypher:

    // what: one line
    // parameters: user string; limit int64 = 20
    // example: graphrec query history -p user=12

Parameters of type string, int64 and float64 reach the database as ``$user`` and never become part of the text. Cypher
cannot take a label or a property's name that way, so the types ``label`` (a label of the schema) and ``name`` (an ASCII
identifier) fill ``{label}`` and ``{property}`` in the text, after that check.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal, cast, get_args

from graphrec import schema
from graphrec.errors import ConfigError, unknown
from graphrec.keys import Id, key_of
from graphrec.store.ladybug_words import in_its_words

ParameterType = Literal["string", "int64", "float64", "label", "name"]
Value = str | int | float

DATABASES = ("ladybug", "neo4j")
SUFFIX = ".cypher"

_HEADER = re.compile(r"// what: (.+)\n// parameters: (.+)\n// example: (.+)\n")
_PARAMETER = re.compile(r"(\w+) (\w+)(?: = (.+))?")
SPLICED = ("label", "name")
"""The types of what becomes part of the text."""


@dataclass(frozen=True)
class Parameter:
    """One parameter; a ``default`` of None means that it must be given."""

    name: str
    type: ParameterType
    default: Value | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.type}" + ("" if self.default is None else f" = {self.default}")


@dataclass(frozen=True)
class NamedQuery:
    """A query that ships with graphrec; ``text`` is what follows its header."""

    name: str
    what: str
    parameters: tuple[Parameter, ...]
    example: str
    text: str


def named_queries(database: str = "ladybug") -> Mapping[str, NamedQuery]:
    """Return the queries of ``database`` by name, its own file before a shared one of that name.

    Raises ``NotFoundError`` for a database that is not one of ``DATABASES``.
    """
    if database not in DATABASES:
        raise unknown("database", database, DATABASES)
    return _named_queries(database)


def bind(
    query: NamedQuery, given: Mapping[str, Value | Id], *, partly: bool = False
) -> tuple[str, dict[str, Value]]:
    """Return the text and the parameters to run ``query`` with, defaults filled in.

    What is given may be as typed, ``"20"``, or a number; where a text is wanted, such as an id, a whole number stands
    for its digits.
    Those that must be given may be missing where the query is asked for only ``partly``, to be shown.

    Raises ``NotFoundError`` for a parameter or label that does not exist, ``ConfigError`` for one that is missing or
    cannot be read.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in given:
        if name not in known:
            raise unknown(f"parameter of {query.name}", name, known)
    text, values = query.text, dict[str, Value]()
    for parameter in query.parameters:
        value = _value(parameter, given[parameter.name]) if parameter.name in given else parameter.default
        if value is None and partly:
            continue
        if value is None:
            raise ConfigError(f"{query.name} needs {parameter.name}; for example: {query.example}")
        if parameter.type in SPLICED:
            text = text.replace(f"{{{parameter.name}}}", str(value))
        else:
            values[parameter.name] = value
    return text, values


def parse(name: str, content: str) -> NamedQuery:
    """Read a query file's content; raises ``ConfigError`` where its header is not as above."""
    header = _HEADER.match(content)
    if header is None:
        raise ConfigError(
            f"{name}{SUFFIX}: the first lines must be `// what:`, `// parameters:`, `// example:`"
        )
    what, declared, example = header.groups()
    parameters = () if declared == "none" else tuple(_declared(name, entry) for entry in declared.split("; "))
    return NamedQuery(name, what, parameters, example, content[header.end() :].strip())


def markdown() -> str:
    """Return the documentation's table of queries."""
    everywhere = named_queries()
    lines = [
        "# Named queries",
        "",
        "`graphrec query NAME -p parameter=value`; a parameter without a default must be given.",
        "",
        *_rows(everywhere.values()),
        "",
        *SHOWING.splitlines(),
        "",
        "On a Neo4j server also these, which ask its vector indexes.",
        "",
        *_rows(query for name, query in named_queries("neo4j").items() if name not in everywhere),
    ]
    return "\n".join(lines) + "\n"


SHOWING = """\
## In any other client

`graphrec query NAME --show` prints a query in the names of your own graph, for Neo4j Browser, cypher-shell or a driver.
With `label = "Film"`, `id = "slug"` and `type = "WATCHED"` mapped and `property = "taste"` published, `graphrec query
recommend -p user=p3 --show` prints:

```cypher
// $user: "p3"
// $limit: 20
MATCH (u:`Person` {`login`: $user})
WHERE u.`taste` IS NOT NULL
WITH u, COUNT { MATCH (u)-[:`WATCHED`]->() } AS chosen
// The index orders by cosine: many more than are wanted are fetched, and ranked by what the model ranks by.
CALL db.index.vector.queryNodes('graphrec_Item_taste', 1000 + 10 * $limit + chosen, u.`taste`) YIELD node AS n
WHERE (n:`Film`)
  AND NOT EXISTS { MATCH (u)-[:`WATCHED`]->(n) }
...
```

An embedding's index is called `graphrec_<label>_<property>`, by graphrec's label. On a server this is the list of
`graphrec recommend` for a user whose history is as it was at training, and `similar_by_index` that of `graphrec
similar`, as far as the index finds them; the embedded database's functions `cosine` and `dot` are graphrec's own.
"""


def _rows(found: Iterable[NamedQuery]) -> Iterator[str]:
    yield from ("| name | what | parameters |", "|---|---|---|")
    for query in found:
        parameters = ", ".join(f"`{parameter}`" for parameter in query.parameters) or "-"
        yield f"| `{query.name}` | {query.what} | {parameters} |"


@cache
def _named_queries(database: str) -> Mapping[str, NamedQuery]:
    root = files("graphrec.cypher")
    found = _in_folder(root) | _in_folder(root / database)
    if database == "ladybug":
        found = {name: replace(query, text=in_its_words(query.text)) for name, query in found.items()}
    return MappingProxyType(dict(sorted(found.items())))


def _in_folder(folder: Traversable) -> dict[str, NamedQuery]:
    names = {
        entry.name.removesuffix(SUFFIX): entry for entry in folder.iterdir() if entry.name.endswith(SUFFIX)
    }
    return {name: parse(name, entry.read_text(encoding="utf-8")) for name, entry in names.items()}


def _declared(query: str, entry: str) -> Parameter:
    match = _PARAMETER.fullmatch(entry)
    if match is None or match[2] not in get_args(ParameterType):
        raise ConfigError(
            f"{query}{SUFFIX}: parameter {entry!r} is not `name type` or `name type = default`; "
            f"types: {', '.join(get_args(ParameterType))}"
        )
    required = Parameter(match[1], cast(ParameterType, match[2]))
    return (
        required if match[3] is None else Parameter(required.name, required.type, _value(required, match[3]))
    )


def _value(parameter: Parameter, given: Value | Id) -> Value:
    text = _text(parameter, given)
    match parameter.type:
        case "int64":
            number = _whole(parameter.name, text)
            if parameter.name == "limit" and number < 0:
                raise ConfigError(f"limit={text} is not possible; it takes a whole number from 0")
            return number
        case "float64":
            return _number(parameter.name, text)
        case "label":
            return schema.label(text).name
        case "name" if not (text.isascii() and text.isidentifier()):
            raise ConfigError(f"{parameter.name}={text!r} is not a name: letters, digits and _ only")
    return text


def _text(parameter: Parameter, given: Value | Id) -> str:
    if isinstance(given, float) and parameter.type == "float64":
        return repr(given)
    try:
        return key_of(cast(Id, given))
    except TypeError:
        wanted = "number" if parameter.type == "float64" else "whole number"
        raise ConfigError(f"{parameter.name}={given!r} is neither a text nor a {wanted}") from None


def _whole(name: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(f"{name}={text!r} is not a whole number") from None
    if not -(1 << 63) <= number < 1 << 63:
        raise ConfigError(f"{name}={text!r} does not fit in 64 bits")
    return number


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{name}={text!r} is not a number")
    return number
