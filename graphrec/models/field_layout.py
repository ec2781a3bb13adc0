"""Which fields a record has for a click model: who its user and its item are, and what the graph says of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from graphrec.graph.data import Shape
from graphrec.graph.projection import list_ends
from graphrec.graph.snapshot import GENRES
from graphrec.models.base import Needs
from graphrec.models.fields import CONTENT, named, needed

ALL = "all"
"""Every field that the graph offers."""
MANY_VALUES = 0.5
"""A text with so many different values for each node, such as a title, names nodes rather than describes them."""
Kind = Literal["id", "words", "number", "list", "features"]


@dataclass(frozen=True)
class Field:
    """A field.

    Attributes:
        name: such as ``User``, ``Item.year``, ``Item>Genre`` or that of a feature matrix.
        label: of the nodes that have it.
        kind: what it says of them.
        size: how many different values it has; of features how many numbers, of a number 1.
        listed: label of the nodes that a list is of.
    """

    name: str
    label: str
    kind: Kind
    size: int
    listed: str = ""


def needed_by(fields: str) -> Needs:
    """Return what of the graph ``fields`` are read from; raises ``ConfigError`` for what can be none."""
    return Needs(features=True, offered=True) if fields == ALL else needed(fields)


def layout(shape: Shape, fields: str) -> list[Field]:
    """Return the fields of the user, then those of the item; of each first who it is."""
    found = [*_offered(shape)] if fields == ALL else [*_asked(shape, named(fields))]
    ids = [Field(label, label, "id", shape.nodes[label]) for label in ("User", shape.item)]
    return [one for own in ids for one in (own, *(field for field in found if field.label == own.label))]


def names_only(shape: Shape) -> list[str]:
    """Return the texts that are no field since they say of nearly each node something else."""
    return sorted(
        name
        for name, values in shape.words.items()
        if values > MANY_VALUES * shape.nodes[name.partition(".")[0]]
    )


def _offered(shape: Shape) -> Iterator[Field]:
    apart = names_only(shape)
    says = {*shape.numbers, *(name for name, values in shape.words.items() if values)}
    yield from _asked(shape, [name for name in sorted(says) if name not in apart])
    yield from _asked(shape, [name for name in sorted(shape.lists) if shape.nodes[list_ends(name)[1]]])
    yield from _features(shape)


def _asked(shape: Shape, names: Sequence[str]) -> Iterator[Field]:
    for name in names:
        if name == CONTENT:
            yield from _features(shape)
        elif name in shape.lists:
            source, target = list_ends(name)
            yield Field(name, source, "list", shape.nodes[target], target)
        else:
            label = name.partition(".")[0]
            kind: Kind = "words" if name in shape.words else "number"
            yield Field(name, label, kind, shape.words.get(name, 1))


def _features(shape: Shape) -> Iterator[Field]:
    """Yield a field for each feature matrix; genres are a list."""
    for name, width in sorted(shape.widths.items()):
        if name != GENRES and width:
            yield Field(name, shape.item, "features", width)
