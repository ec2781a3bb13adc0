"""A small graph with every label, relationship type and property, and the values that are hard to carry elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pyarrow as pa

from graphrec import schema
from graphrec.rows import ARROW
from graphrec.store.base import GraphStore
from graphrec.testing.store_contract import HOSTILE, stored_edges, stored_nodes

VALUES: Mapping[str, Sequence[object]] = {
    "string": (None, "", "\r", "a\r\nb", "\n", " ", "\u2028", "\ufeff", '""', "#", "=1+1", *HOSTILE),
    "int64": (None, 0, -1, 2**63 - 1, 1 - 2**63),
    "float64": (None, 0.1, -1e-7, 1e22, 5e-324, 1.7976931348623157e308),
    "bool": (None, True, False),
    "list": (None, ["a"], [*HOSTILE], ["a", ""], ["a;b", "c"]),
}
TIMES = (None, 0, -1, 1_600_000_000_123)
"""Of times, which the door takes between 1900 and 2100 only."""
OWN = tuple(schema.Property(f"own_{kind}", kind) for kind in get_args(schema.PropertyType))
NODES = 40

Content = dict[tuple[str, ...], dict[Any, tuple[object, ...]]]


def write_sample(store: GraphStore) -> None:
    """Write the graph into ``store``."""
    store.initialise()
    with store.transaction():
        for shift, label in enumerate(schema.LABELS):
            store.declare(label, OWN)
            ids = _ids(label)
            columns = _columns(store.properties.of(label), len(ids), shift)
            store.write_nodes(label, pa.table({"id": ids, **columns}))
        for shift, (rel, start, end) in enumerate(_types()):
            store.declare(rel.name, OWN)
            starts, ends = _ids(start), _ids(end)
            count = len(starts) + shift
            pairs = {
                "from": [starts[n % NODES] for n in range(count)],
                "to": [ends[n * n % 37] for n in range(count)],
            }
            columns = _columns(store.properties.of(rel.name), count, shift)
            store.write_relationships(rel.name, start, end, pa.table({**pairs, **columns}))


def content(store: GraphStore, labels: Sequence[str] = tuple(schema.LABELS)) -> Content:
    """Return everything in ``store`` but embeddings, of nodes those of ``labels``, to be compared with another's."""
    found: Content = {}
    for name in labels:
        names = [p.name for p in store.properties.of(name)]
        found[(name,)] = stored_nodes(store, name, *names)
    for rel, start, end in _types():
        names = [p.name for p in store.properties.of(rel.name)]
        found[rel.name, start, end] = stored_edges(store, rel.name, start, end, *names)
    return found


def _ids(label: str) -> list[str]:
    return [*HOSTILE, *(f"{label}{n}" for n in range(NODES - len(HOSTILE)))]


def _types() -> list[tuple[schema.RelationshipType, str, str]]:
    return [(rel, *ends) for rel in schema.RELATIONSHIPS.values() for ends in rel.ends]


def _columns(properties: Sequence[schema.Property], rows: int, shift: int) -> dict[str, pa.Array]:
    columns = {}
    for place, prop in enumerate(properties, shift):
        values = TIMES if schema.is_time(prop.name) else VALUES[prop.type]
        columns[prop.name] = pa.array(
            [values[(place + n) % len(values)] for n in range(rows)], ARROW[prop.type]
        )
    return columns
