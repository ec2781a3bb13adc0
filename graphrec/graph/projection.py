"""Which part of the property graph a model is trained on, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from graphrec import schema
from graphrec.errors import ConfigError, DataError, unknown
from graphrec.properties import SCHEMA_PROPERTIES, Properties

TEXT = "Comment>word"
"""The list of the words of what people wrote."""
WEIGHT = "weight"
"""The value of records that says how much each weighs, where several types are one projection."""
THEN = ">"
"""Between the types of a path, the labels of a list."""


@dataclass(frozen=True)
class Projection:
    """What of the graph a snapshot holds: everything else stays unread.

    Attributes:
        name: what it is called.
        item: label of what is recommended.
        relationship: type from User to ``item``, or two types with ``>`` between them: a path, such as ``WROTE>ON``.
        values: numeric properties that records keep, such as ``rating``.
        texts: properties of records that are text.
        features: names of the feature matrices to use; None for all that describe ``item``.
        lists: by their ends, such as ``Item>Genre``.
        fields: properties of nodes, such as ``Item.year``.
        properties: what nodes and relationships of the graph may say.
    """

    name: str
    item: str
    relationship: str
    values: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    lists: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    properties: Properties = field(default=SCHEMA_PROPERTIES, compare=False)

    @property
    def steps(self) -> tuple[str, ...]:
        """The types on the way from a user to an item."""
        return tuple(self.relationship.split(THEN))

    @property
    def through(self) -> str | None:
        """Label of what a path leads through: what users wrote, for example; None for a relationship."""
        if len(self.steps) == 1:
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
        return self.properties.of(self.through or self.relationship)

    @property
    def numbers(self) -> list[str]:
        """What a record says that is a number, and no time."""
        return [one.name for one in self.said if one.type in ("float64", "int64") and not schema.is_time(one.name)]

    def property(self, name: str) -> schema.Property:
        """Return what a record says under ``name``; raises ``NotFoundError`` with the nearest right name."""
        return self.properties.find(self.through or self.relationship, name)

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
    ) -> Projection:
        """Return the projection that holds these too."""
        return replace(
            self,
            values=tuple(sorted({*self.values, *values})),
            lists=tuple(sorted({*self.lists, *lists})),
            fields=tuple(sorted({*self.fields, *fields})),
            texts=tuple(sorted({*self.texts, *texts})),
        )

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values, without the graph's properties."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "properties"}


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
        name: one of ``PROJECTIONS``, or None.
        counts: relationships per type, as ``GraphStore.counts`` gives them.
        among: names of those that may be chosen without a name; none for all but those one has to ask for.
        properties: what nodes and relationships of the store may say.

    Raises ``NotFoundError`` for an unknown name, ``DataError`` where the store holds nothing to learn from.
    """
    if name is not None:
        if name not in PROJECTIONS:
            raise unknown("projection", name, PROJECTIONS)
        return replace(PROJECTIONS[name], properties=properties)
    likely = [PROJECTIONS[one] for one in among or ("highlights", "likes", "views", "ratings")]
    for projection in likely:
        if all(counts.get(step) for step in projection.steps):
            return replace(projection, properties=properties)
    types = ", ".join(p.relationship for p in likely)
    raise DataError(f"the graph holds no relationships to learn from ({types}); run `graphrec load` first")


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
