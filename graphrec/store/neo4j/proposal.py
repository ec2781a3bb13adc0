"""A mapping that a graph's owner may start from: roles are guessed from names and shape, and each guess says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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
KEYS = "id key slug code isbn sku uuid login email name"
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
    reason = (
        "a constraint keeps it unique"
        if key.unique
        else f"different on all {key.different:,} that were looked at"
    )
    lines = [ProposedLine("label", label.name, why), ProposedLine("id", key.name, reason)]
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
    own = (p for p in label.properties if p.name not in taken and role != "Genre")
    return [f"[neo4j.nodes.{role}]", *map(str, lines), *_own(role, own, "# "), ""]


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
    """Yield lines for what the schema does not have; commented out where few need it."""
    for one in properties:
        kind = OWN.get(next(iter(one.kinds))) if len(one.kinds) == 1 else None
        if kind is None or one.name in ("label", "type"):
            continue
        with suppress(DataError):
            check_own(role, schema.Property(one.name, kind))
            yield f"{before}{ProposedLine(one.name, f'{one.name}:{kind}')}"


def _key(label: LabelShape) -> PropertyShape | None:
    """Return the property that tells a label's nodes apart."""
    able = [
        p for p in label.properties
        if p.kinds in ({"STRING"}, {"INTEGER"}) and p.present == p.different == label.seen
    ]  # fmt: skip
    wanted = KEYS.split()

    def likely(one: PropertyShape) -> tuple[bool, bool, int]:
        words = _words(one.name)
        place = min((wanted.index(word) for word in words & set(wanted)), default=len(wanted))
        return not one.unique, place == len(wanted), place

    return min(able, key=likely, default=None)


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
