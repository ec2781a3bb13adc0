"""Which part of the property graph a model is trained on, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from graphrec import schema
from graphrec.errors import ConfigError, DataError, unknown

OPERATORS = (">=", "<=", "==", ">", "<")


@dataclass(frozen=True)
class Filter:
    """Keep relationships whose ``property`` compares so with ``value``; those without the property go."""

    property: str
    operator: str
    value: float


@dataclass(frozen=True)
class Projection:
    """A bipartite view: users, what is recommended to them, and which relationships count as positive.

    Attributes:
        name: what it is called.
        item: label of what is recommended.
        relationship: type from User to ``item``.
        features: names of the feature matrices to use; None for all that describe ``item``.
        filters: conditions on the relationship's properties, all of which must hold.
    """

    name: str
    item: str
    relationship: str
    features: tuple[str, ...] | None = None
    filters: tuple[Filter, ...] = ()

    @property
    def grouped(self) -> bool:
        """Whether items belong to videos: segments do."""
        return self.item == "Segment"

    @property
    def conditions(self) -> str:
        """What its filters ask for, as ``--where`` takes it; empty without any."""
        return ", ".join(f"{f.property}{f.operator}{f.value:g}" for f in self.filters)

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return asdict(self)


PROJECTIONS: dict[str, Projection] = {
    p.name: p
    for p in (
        Projection("highlights", "Segment", "HIGHLIGHTED"),
        Projection("likes", "Item", "LIKED"),
        Projection("views", "Item", "VIEWED"),
        Projection("ratings", "Item", "RATED", filters=(Filter("rating", ">=", 4.0),)),
    )
}


def choose(name: str | None, counts: Mapping[str, int]) -> Projection:
    """Return the projection called ``name``; without a name, the first of which the store holds relationships.

    Args:
        name: one of ``PROJECTIONS``, or None.
        counts: relationships per type, as ``GraphStore.counts`` gives them.

    Raises ``NotFoundError`` for an unknown name, ``DataError`` where the store holds nothing to learn from.
    """
    if name is not None:
        if name not in PROJECTIONS:
            raise unknown("projection", name, PROJECTIONS)
        return PROJECTIONS[name]
    for projection in PROJECTIONS.values():
        if counts.get(projection.relationship):
            return projection
    types = ", ".join(p.relationship for p in PROJECTIONS.values())
    raise DataError(f"the graph holds no relationships to learn from ({types}); run `graphrec load` first")


def narrowed(projection: Projection, where: list[str], features: list[str] | None) -> Projection:
    """Return ``projection`` with other filters and features.

    Args:
        projection: what to start from.
        where: conditions such as ``"rating>=4"``; they replace the projection's own on the same property.
        features: names of feature matrices, or None to leave them.

    Raises ``ConfigError`` for a condition that cannot be read, ``NotFoundError`` for an unknown property.
    """
    filters = [_filter(projection.relationship, text) for text in where]
    named = {f.property for f in filters}
    kept = [f for f in projection.filters if f.property not in named]
    return replace(
        projection,
        filters=(*kept, *filters),
        features=projection.features if features is None else tuple(features),
    )


def _filter(relationship: str, text: str) -> Filter:
    for operator in OPERATORS:
        name, found, value = text.partition(operator)
        if found:
            try:
                number = float(value)
            except ValueError:
                break
            found_property = schema.relationship(relationship).property(name.strip())
            if found_property.type == "string":
                raise ConfigError(
                    f"{found_property.name} of {relationship} is text; conditions compare numbers"
                )
            return Filter(found_property.name, operator, number)
    raise ConfigError(
        f"{text!r} is no condition; write one like rating>=4 ({', '.join(OPERATORS)} and a number)"
    )
