"""The embedded database's tables, from the schema."""

from __future__ import annotations

from collections.abc import Iterator

from graphrec import schema

TYPES = {"string": "STRING", "int64": "INT64", "float64": "DOUBLE", "bool": "BOOLEAN"}


def new_tables() -> Iterator[tuple[str, str]]:
    """Yield the name of each label and relationship type, and the statement that makes its table."""
    for label in schema.LABELS.values():
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in label.properties)
        yield label.name, f"CREATE NODE TABLE `{label.name}`({schema.KEY} STRING PRIMARY KEY{columns})"
    for rel in schema.RELATIONSHIPS.values():
        ends = ", ".join(f"FROM {a} TO {b}" for a, b in rel.ends)
        columns = "".join(f", {p.name} {TYPES[p.type]}" for p in rel.properties)
        yield rel.name, f"CREATE REL TABLE `{rel.name}`({ends}{columns})"
