"""Which part of the property graph a model is trained on, under a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from graphrec import schema
from graphrec.errors import ConfigError, DataError, unknown
from graphrec.properties import SCHEMA_PROPERTIES, Properties

TEXT = "Comment>word"
"""The list of the words of what people wrote."""
THEN = ">"
"""Between the types of a path, the labels of a list."""
BESIDE = "+"
"""Between types that are one projection together."""
TYPE = "(type)"
"""A number of each record where records are of several types: which of them it is of, from 0."""
_WEIGHED = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\*\s*)?(\w+)")


@dataclass(frozen=True)
class Projection:
    """What of the graph a snapshot holds: everything else stays unread.

    Attributes:
        name: what it is called.
        item: label of what is recommended.
        relationship: type from User to ``item``; or two types with ``>`` between them: a path, such as ``WROTE>ON``; or
            several with ``+``, such as ``LIKED+VIEWED``, which a task makes one record for each user and item of.
        values: numeric properties that records keep, such as ``rating``.
        texts: properties of records that are text.
        weights: of several types, how much a record of each weighs, times its own ``weight`` where it has one.
        features: names of the feature matrices to use; None for all that describe ``item``.
        described: other labels whose features are read: those among ``features``, or all where these name none.
        lists: by their ends, such as ``Item>Genre``; and properties that hold lists, such as ``Item.tags``.
        fields: properties of nodes, such as ``Item.year``.
        properties: what nodes and relationships of the graph may say.
        arrays: whether features that nobody names are arrays, such as clips of pictures, in place of all others.
    """

    name: str
    item: str
    relationship: str
    values: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    described: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    properties: Properties = field(default=SCHEMA_PROPERTIES, compare=False)
    arrays: bool = False

    @property
    def steps(self) -> tuple[str, ...]:
        """The types on the way from a user to an item, or beside each other."""
        return types_of(self.relationship)

    @property
    def through(self) -> str | None:
        """Label of what a path leads through: what users wrote, for example; None for a relationship."""
        if THEN not in self.relationship:
            return None
        first, second = (schema.relationship(step) for step in self.steps)
        between = {end for start, end in first.ends if start == "User"} & {start for start, _ in second.ends}
        if len(between) != 1:
            raise ConfigError(f"{self.relationship} is no path from User to {self.item}")
        return between.pop()

    @property
    def grouped(self) -> bool:
        """Whether items belong to videos: segments do."""
        return self.item == "Segment"

    @property
    def said(self) -> tuple[schema.Property, ...]:
        """What a record says."""
        if len(self.weights) < 2:
            return self.properties.of(self.through or self.relationship)
        # A weight is the sum of what the types' relationships weigh, whether they say so or not.
        found = {schema.WEIGHT: schema.Property(schema.WEIGHT, "float64")}
        for step in self.steps:
            found |= {one.name: one for one in self.properties.of(step) if one.name != schema.WEIGHT}
        return tuple(found.values())

    @property
    def numbers(self) -> list[str]:
        """What a record says that is a number, and no time."""
        return [one.name for one in self.said if one.type in ("float64", "int64") and not schema.is_time(one.name)]

    def property(self, name: str) -> schema.Property:
        """Return what a record says under ``name``; raises ``NotFoundError`` with the nearest right name."""
        known = {one.name: one for one in self.said}
        if name not in known:
            raise unknown(f"property of {self.through or self.relationship}", name, known)
        return known[name]

    def number(self, name: str) -> str:
        """Return ``name``, which a record says and is a number; raises ``NotFoundError``, ``ConfigError``."""
        if self.property(name).type not in ("float64", "int64"):
            numbers = ", ".join(self.numbers) or "none"
            raise ConfigError(f"{name} of {self.relationship} is no number; there are: {numbers}")
        return name

    def asking(
        self,
        *,
        values: tuple[str, ...] = (),
        lists: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
        texts: tuple[str, ...] = (),
        described: tuple[str, ...] = (),
        arrays: bool = False,
    ) -> Projection:
        """Return the projection that holds these too."""
        return replace(
            self,
            values=tuple(sorted({*self.values, *values})),
            lists=tuple(sorted({*self.lists, *lists})),
            fields=tuple(sorted({*self.fields, *fields})),
            texts=tuple(sorted({*self.texts, *texts})),
            described=tuple(sorted({*self.described, *described})),
            arrays=self.arrays or arrays,
        )

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values, without the graph's properties."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "properties"}
        # What most do not ask for does not make another snapshot of theirs.
        return {name: value for name, value in told.items() if value or name not in ("described", "arrays")}


PROJECTIONS: dict[str, Projection] = {
    p.name: p
    for p in (
        Projection("highlights", "Segment", "HIGHLIGHTED"),
        Projection("likes", "Item", "LIKED"),
        Projection("views", "Item", "VIEWED"),
        Projection("ratings", "Item", "RATED", values=("rating",)),
        Projection("frame-likes", "Frame", "LIKED"),
        Projection("comments", "Frame", "WROTE>ON", values=("polarity",), lists=(TEXT,)),
    )
}


def choose(
    name: str | None,
    counts: Mapping[str, int],
    among: tuple[str, ...] = (),
    properties: Properties = SCHEMA_PROPERTIES,
) -> Projection:
    """Return the projection called ``name``; without a name, the first of which the store holds relationships.

    Args:
        name: one of ``PROJECTIONS``; types from User to the same label, such as ``VIEWED`` or ``3*LIKED+VIEWED``, each
            with what its records weigh; or None.
        counts: relationships per type, as ``GraphStore.counts`` gives them.
        among: names of those that may be chosen without a name; none for all but those one has to ask for.
        properties: what nodes and relationships of the store may say.

    Raises ``NotFoundError`` for an unknown name, ``ConfigError`` for types that cannot be one projection, ``DataError``
    where the store holds nothing to learn from.
    """
    if name is not None:
        if name not in PROJECTIONS:
            return _of_types(name, properties)
        return replace(PROJECTIONS[name], properties=properties)
    likely = [PROJECTIONS[one] for one in among or ("highlights", "likes", "views", "ratings")]
    for projection in likely:
        if all(counts.get(step) for step in projection.steps):
            return replace(projection, properties=properties)
    types = ", ".join(p.relationship for p in likely)
    raise DataError(f"the graph holds no relationships to learn from ({types}); run `graphrec load` first")


def types_of(relationship: str) -> tuple[str, ...]:
    """Return the types that a projection's ``relationship`` names."""
    return tuple(relationship.replace(BESIDE, THEN).split(THEN))


def _of_types(name: str, properties: Properties) -> Projection:
    parts = [_WEIGHED.fullmatch(part.strip()) for part in name.split(BESIDE)]
    read = {part[2]: float(part[1] or 1) for part in parts if part is not None}
    if len(read) < len(parts) or not (BESIDE in name or "*" in name or name in schema.RELATIONSHIPS):
        raise unknown("projection", name, PROJECTIONS)
    for kind in read:
        if not any(start == "User" for start, _ in schema.relationship(kind).ends):
            raise ConfigError(f"{kind} does not begin at users; a projection is made of what users do")
        if kind in COUNT_BY_VALUE and len(read) > 1:
            raise ConfigError(f"{kind} counts by what it says: take it alone, or load what counts as another type")
    labels = [{end for start, end in schema.relationship(kind).ends if start == "User"} for kind in read]
    common = set.intersection(*labels)
    if not common:
        raise ConfigError(f"{name}: these types lead to no common label")
    item = "Item" if "Item" in common else min(common)
    several = len(read) > 1
    return Projection(
        name,
        item,
        BESIDE.join(read),
        values=(schema.WEIGHT, TYPE) if several else ("rating",) if name == "RATED" else (),
        weights=tuple(read.values()) if several else (),
        properties=properties,
    )


COUNT_BY_VALUE = ("RATED",)
"""Types of which a record may mean the contrary."""


def list_ends(name: str) -> tuple[str, str]:
    """Return the label of the nodes that have a list such as ``Item>Genre``, and what is listed: a label.

    Of a property that holds lists, such as ``Item.tags``, texts are listed, which go by its own name.
    """
    if THEN not in name:
        return name.partition(".")[0], name
    _, source, target = list_type(name)
    return source, target


def list_type(name: str) -> tuple[str, str, str]:
    """Return the relationship type behind a list such as ``Item>Genre``, and the labels of its two ends.

    Where several types lead from the one to the other it must be named: ``User>Item:VIEWED``. Raises ``ConfigError``.
    """
    ends, _, wanted = name.partition(":")
    source, _, target = ends.partition(THEN)
    types = [rel.name for rel in schema.RELATIONSHIPS.values() if (source, target) in rel.ends]
    if wanted:
        types = [one for one in types if one == wanted]
    if len(types) != 1:
        cure = f"; name one, as in {ends}:{types[0]}" if types else ""
        raise ConfigError(f"{name!r} names {len(types)} relationship types of the graph{cure}")
    return types[0], source, target
