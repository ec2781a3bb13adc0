"""A mapping that a graph's owner may start from: roles are guessed from names and shape, and each guess says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from graphrec import schema
from graphrec.errors import DataError
from graphrec.properties import check_own
from graphrec.store.neo4j.resolve import TEMPORAL
from graphrec.store.neo4j.shape import GraphShape, LabelShape, PropertyShape, TypeShape

USERS = "user person people customer viewer member account subscriber reader listener client player profile consumer"
ITEMS = "item movie film video product show series song track book article episode clip game post course recipe content"
GENRES = "genre tag category topic keyword theme subject"
RATED = "rate rated rating ratings review reviewed scored graded"
LIKED = "like liked likes love loved loves favorited favourited saved starred upvoted"
VIEWED = (
    "view viewed views watched watch saw seen played bought purchased ordered listened read clicked visited"
)
FOLLOWS = "follow follows followed friend friends knows"
VALUES = "rating stars score value grade points"
TITLES = "title name label caption"
TIMES = "at timestamp ts time when date created"
KEYS = "id uuid guid key slug code isbn sku ean login username handle email"
NAMES = "name title label"
"""What may tell nodes apart where nothing is called like an id."""
PROSE = 40
"""Longer texts with blanks are no ids."""
OTHERS = 3
EMBEDDINGS = ("taste", "graphrec_taste")
OWN: Mapping[str, schema.PropertyType] = {
    "STRING": "string",
    "INTEGER": "int64",
    "FLOAT": "float64",
    "BOOLEAN": "bool",
    "LIST<STRING NOT NULL>": "list",
}
"""The type of a property of the graph's own, by the server's."""


@dataclass(frozen=True)
class ProposedLine:
    """A line of a table: what is proposed for a key, and why."""

    key: str
    value: str
    why: str = ""

    def __str__(self) -> str:
        told = f"{self.key} = {json.dumps(self.value, ensure_ascii=False)}"
        return f"{told:<34} # {self.why}" if self.why else told


def proposal(graph: GraphShape) -> str:
    """Return TOML that maps a graph, to be looked at and edited; raises ``DataError`` where nothing can be guessed."""
    chosen = _interactions(graph)
    if chosen is None:
        raise DataError(
            "no relationship type joins two labels whose nodes have an id each, so there is nothing to learn from"
        )
    user, item, types = chosen
    parts = [HEAD, *_node_table("User", user, USERS), *_node_table("Item", item, ITEMS)]
    genre = _genre(graph, user, item)
    if genre is not None:
        parts += _node_table("Genre", graph.label(_other(genre, item.name)), GENRES)
    for role, one in types.items():
        parts += _type_table(role, one)
    if genre is not None:
        why = f"{genre.count:,} between {item.name} and {_other(genre, item.name)}"
        parts += ["[neo4j.relationships.IN_GENRE]", str(ProposedLine("type", genre.name, why)), ""]
    follows = next(
        (t for t in graph.types if t.start == t.end == user.name and _words(t.name) & _set(FOLLOWS)), None
    )
    if follows is not None:
        why = f"{follows.count:,} between {user.name}"
        parts += ["[neo4j.relationships.FOLLOWS]", str(ProposedLine("type", follows.name, why)), ""]
    left = [
        one.name
        for one in graph.labels
        if one.name not in {user.name, item.name, genre and _other(genre, item.name)}
    ]
    if left:
        parts += [f"# Not mapped, and so left alone: {', '.join(left)}.", ""]
    parts += _embedding_tables(user, item)
    return "\n".join(parts)


HEAD = """\
# Proposed by `graphrec init --map`: guessed from names and from the first nodes and relationships of each kind.
# Look at every line, change what is wrong, and let `graphrec doctor` look at the rest.
"""


def _interactions(graph: GraphShape) -> tuple[LabelShape, LabelShape, dict[str, TypeShape]] | None:
    """Return who plays User and Item, and the types between them by role."""
    able = {one.name for one in graph.labels if _key(one) is not None}
    joined = [one for one in graph.types if one.start != one.end and {one.start, one.end} <= able]
    if not joined:
        return None

    def likely(one: TypeShape) -> tuple[int, int]:
        named = [_words(one.start), _words(one.end)]
        points = sum(bool(words & _set(USERS)) + bool(words & _set(ITEMS)) for words in named)
        return points + 2 * (_role(one) is not None), one.count

    best = max(joined, key=likely)
    ends = [best.start, best.end]
    turned = bool(_words(ends[0]) & _set(ITEMS)) or bool(_words(ends[1]) & _set(USERS))
    user, item = reversed(ends) if turned else ends
    types: dict[str, TypeShape] = {}
    for one in sorted(joined, key=likely, reverse=True):
        if {one.start, one.end} == {user, item}:
            role = _role(one) or (None if types else "VIEWED")
            if role is not None:
                types.setdefault(role, one)
    return graph.label(user), graph.label(item), types


def _role(one: TypeShape) -> str | None:
    """Return which interaction a type may be, by its name or by what it holds."""
    words = _words(one.name)
    numbers = [p for p in one.properties if _words(p.name) & _set(VALUES) and p.kinds <= {"INTEGER", "FLOAT"}]
    if words & _set(RATED) or numbers:
        return "RATED"
    if words & _set(LIKED):
        return "LIKED"
    return "VIEWED" if words & _set(VIEWED) else None


def _genre(graph: GraphShape, user: LabelShape, item: LabelShape) -> TypeShape | None:
    """Return the type that joins items to what they have in common, such as tags."""
    found = [
        one
        for one in graph.types
        if item.name in (one.start, one.end)
        and _other(one, item.name) not in (user.name, item.name)
        and _words(_other(one, item.name)) & _set(GENRES)
        and _key(graph.label(_other(one, item.name))) is not None
    ]
    return max(found, key=lambda one: one.count, default=None)


def _node_table(role: str, label: LabelShape, names: str) -> list[str]:
    key = _key(label)
    assert key is not None
    named = _words(label.name) & _set(names)
    why = f"{label.count:,} nodes, {'called like one' if named else 'by what they are joined to'}"
    lines = [ProposedLine("label", label.name, why), ProposedLine("id", key.name, _reason(label, key))]
    instead = [one for one in _keys(label) if one is not key and not _defects(label, one)][:OTHERS]
    taken = {key.name} if role != "Genre" else set()
    if role in ("Item", "Genre"):
        title = _named((p for p in label.properties if p.kinds == {"STRING"}), TITLES)
        if title is not None:
            lines.append(ProposedLine("title" if role == "Item" else "name", title.name))
            taken.add(title.name)
    year = next(
        (p for p in label.properties if p.name in ("year", "released") and p.kinds == {"INTEGER"}), None
    )
    if role == "Item" and year is not None:
        lines.append(ProposedLine("year", year.name))
        taken.add(year.name)
    own = (p for p in label.properties if p.name not in taken)
    others = [f"# {ProposedLine('id', one.name, f'or this, {_reason(label, one)}')}" for one in instead]
    first = lines.index(next(line for line in lines if line.key == "id")) + 1
    told = [*map(str, lines[:first]), *others, *map(str, lines[first:])]
    return [f"[neo4j.nodes.{role}]", *told, *_own(role, own, "# "), ""]


def _type_table(role: str, one: TypeShape) -> list[str]:
    lines = [ProposedLine("type", one.name, f"{one.count:,} from {one.start} to {one.end}")]
    taken = set[str]()
    value = (
        _named((p for p in one.properties if p.kinds <= {"INTEGER", "FLOAT"}), VALUES)
        if role == "RATED"
        else None
    )
    if value is not None:
        lines.append(ProposedLine("rating", value.name, "by its name"))
        taken.add(value.name)
    times = [p for p in one.properties if p.name not in taken and _is_time(p)]
    if times:
        lines.append(ProposedLine("at", times[0].name, "a time, by its name or type; how it is kept is found out"))
        taken.add(times[0].name)
    own = (p for p in one.properties if p.name not in taken)
    return [f"[neo4j.relationships.{role}]", *map(str, lines), *_own(role, own, ""), ""]


def _embedding_tables(*labels: LabelShape) -> list[str]:
    """Return what names the property of the embeddings; none of the first nodes has it."""
    taken = {prop.name.casefold() for label in labels for prop in label.properties}
    names = chain(EMBEDDINGS, (f"{EMBEDDINGS[-1]}_{n}" for n in count(3)))
    name = next(name for name in names if name not in taken)
    where = " and ".join(label.name for label in labels)
    told = {
        "train": f"all that is written to {where} nodes: the embeddings, by `graphrec train`",
        "publish": "and by `graphrec publish`",
    }
    tables = ((f"[{table}]", str(ProposedLine("property", name, why)), "") for table, why in told.items())
    return [line for lines in tables for line in lines]


def _own(role: str, properties: Iterable[PropertyShape], before: str) -> Iterator[str]:
    """Yield lines for what the schema does not have, commented out where few need it; what cannot be said is told."""
    for one in properties:
        kind = _kept(one.kinds)
        if kind is None:
            yield f"# left out: {_plain(one.name)}, whose values are {', '.join(sorted(one.kinds))}"
            continue
        name = re.sub(r"\W+", "_", one.name)
        try:
            if name in ("label", "type"):
                raise DataError("it says here what the graph calls it")
            check_own(role, schema.Property(name, kind))
        except DataError as error:
            yield f"# left out: {_plain(one.name)}; {error}"
            continue
        yield f"{before}{ProposedLine(name, f'{one.name}:{kind}')}"


def _kept(kinds: frozenset[str]) -> schema.PropertyType | None:
    """Return as what values of some of the server's types are read; None where they are not."""
    if len(kinds) == 1:
        return OWN.get(next(iter(kinds)))
    if kinds == {"INTEGER", "FLOAT"}:
        return "float64"
    return "string" if kinds <= {"STRING", "INTEGER", "FLOAT", "BOOLEAN"} else None


def _plain(name: str) -> str:
    """Return a name as it may stand in a comment."""
    return json.dumps(name, ensure_ascii=False)


def _key(label: LabelShape) -> PropertyShape | None:
    """Return the property that tells a label's nodes apart, though it may have to be mended first."""
    return next(iter(_keys(label)), None)


def _keys(label: LabelShape) -> list[PropertyShape]:
    """Return the properties that may do so: what a constraint says, then what is called like an id, likely ones first.

    Called like an id is enough where most nodes have one of their own; anything else has to be different on all.
    """
    wanted = [*KEYS.split(), *NAMES.split()]

    def place(one: PropertyShape) -> int:
        return min((wanted.index(word) for word in _words(one.name) & set(wanted)), default=len(wanted))

    def able(one: PropertyShape) -> bool:
        if not one.kinds or not one.kinds <= {"STRING", "INTEGER"} or (one.blanks and one.longest > PROSE):
            return False
        if one.unique or _words(one.name) & _set(KEYS):
            return 2 * one.different > label.seen
        return not _defects(label, one)

    return sorted(
        filter(able, label.properties), key=lambda one: (not one.unique, place(one), bool(_defects(label, one)))
    )


def _reason(label: LabelShape, one: PropertyShape) -> str:
    wrong = _defects(label, one)
    cure = f"; but of {label.seen:,} {', '.join(wrong)}: `graphrec doctor` says how to mend that" if wrong else ""
    if one.unique:
        return f"a constraint keeps it unique{cure}"
    return f"by its name{cure}" if wrong else f"different on all {one.different:,} that were looked at"


def _defects(label: LabelShape, one: PropertyShape) -> list[str]:
    """Return what keeps a property from telling all nodes apart, of those that were looked at."""
    missing, doubled = label.seen - one.present, one.present - one.different
    return [
        *([f"{missing:,} have none"] if missing else []),
        *([f"{doubled:,} have that of another"] if doubled else []),
        *([f"{one.integers:,} have an integer, the others a text"] if len(one.kinds) > 1 else []),
    ]


def _is_time(one: PropertyShape) -> bool:
    if one.kinds <= set(TEMPORAL) - {"STRING"}:
        return True
    return bool(_words(one.name) & _set(TIMES)) and one.kinds <= {"INTEGER", "FLOAT", "STRING"}


def _named(properties: Iterable[PropertyShape], names: str) -> PropertyShape | None:
    found = list(properties)
    for name in names.split():
        for one in found:
            if name in _words(one.name):
                return one
    return None


def _other(one: TypeShape, label: str) -> str:
    return one.end if one.start == label else one.start


def _words(name: str) -> set[str]:
    """Return the words of a name in any style, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+", name)}


def _set(words: str) -> set[str]:
    return set(words.split())
