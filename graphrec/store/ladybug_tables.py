"""The embedded database's tables, from the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphrec import schema
from graphrec.schema import Property, PropertyType

TYPES: Mapping[PropertyType, str] = {
    "string": "STRING", "int64": "INT64", "float64": "DOUBLE", "bool": "BOOL", "list": "STRING[]",
}  # fmt: skip


def new_tables() -> Iterator[tuple[str, str]]:
    """Yield the name of each label and relationship type, and the statement that makes its table."""
    for label in schema.LABELS.values():
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in label.properties)
        yield label.name, f"CREATE NODE TABLE `{label.name}`({schema.KEY} STRING PRIMARY KEY{columns})"
    for rel in schema.RELATIONSHIPS.values():
        ends = ", ".join(f"FROM {a} TO {b}" for a, b in rel.ends)
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in rel.properties)
        yield rel.name, f"CREATE REL TABLE `{rel.name}`({ends}{columns})"


def own_properties(name: str, columns: Mapping[str, str]) -> list[Property]:
    """Return what a table has beside the schema's columns; embeddings, which are blobs, are none.

    Args:
        name: label or type that the table is of.
        columns: the database's types by name.
    """
    ours = {schema.KEY, *(p.name for p in schema.properties(name))}
    kinds = {text: kind for kind, text in TYPES.items()}
    return [Property(one, kinds[text]) for one, text in columns.items() if one not in ours and text in kinds]
