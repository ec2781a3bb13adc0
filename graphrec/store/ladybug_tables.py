"""The embedded database's tables, from the schema."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from graphrec import schema
from graphrec.properties import Properties
from graphrec.schema import Property, PropertyType

TYPES: Mapping[PropertyType, str] = {
    "string": "STRING", "int64": "INT64", "float64": "DOUBLE", "bool": "BOOL", "list": "STRING[]",
}  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """What the tables have columns for.

    Attributes:
        properties: what nodes and relationships may say.
        lacking: labels and types, each with a property of the schema that its table has no column for: those of a graph
            that an older graphrec made, until something is written.
    """

    properties: Properties
    lacking: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, tables: Mapping[str, Mapping[str, str]]) -> Stored:
        """Return what tables have, of each the database's types by column."""
        own = {name: own_properties(name, columns) for name, columns in tables.items()}
        lacking = ((name, p.name) for name in tables for p in schema.properties(name) if p.name not in tables[name])
        return cls(Properties(own), frozenset(lacking))

    def read(self, variable: str, name: str, prop: str) -> str:
        """Return what reads a property of ``variable``, of the label or type ``name``: null where it is lacking.

        Raises ``NotFoundError`` for a property that there is not.
        """
        found = self.properties.find(name, prop)
        if (name, prop) in self.lacking:
            return f"CAST(NULL AS {TYPES[found.type]}) AS `{prop}`"
        return f"{variable}.`{prop}` AS `{prop}`"


def new_tables() -> Iterator[tuple[str, str]]:
    """Yield the name of each label and relationship type, and the statement that makes its table."""
    for label in schema.LABELS.values():
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in label.properties)
        yield label.name, f"CREATE NODE TABLE `{label.name}`({schema.KEY} STRING PRIMARY KEY{columns})"
    for rel in schema.RELATIONSHIPS.values():
        ends = ", ".join(f"FROM {a} TO {b}" for a, b in rel.ends)
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in rel.properties)
        yield rel.name, f"CREATE REL TABLE `{rel.name}`({ends}{columns})"


def new_ends(name: str, present: Collection[tuple[str, str]]) -> Iterator[str]:
    """Yield the statements by which a relationship type's table takes the ends that it does not take yet."""
    for a, b in schema.relationship(name).ends:
        if (a, b) not in present:
            yield f"ALTER TABLE `{name}` ADD FROM {a} TO {b}"


def own_properties(name: str, columns: Mapping[str, str]) -> list[Property]:
    """Return what a table has beside the schema's columns; embeddings, which are blobs, are none.

    Args:
        name: label or type that the table is of.
        columns: the database's types by name.
    """
    ours = {schema.KEY, *(p.name for p in schema.properties(name))}
    kinds = {text: kind for kind, text in TYPES.items()}
    return [Property(one, kinds[text]) for one, text in columns.items() if one not in ours and text in kinds]
