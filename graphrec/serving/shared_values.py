"""What the graph says of nodes by one property, or by one type of relationship: by what a list may be limited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from graphrec import schema
from graphrec.errors import unknown
from graphrec.store.base import GraphStore
from graphrec.store.spliced import spliced, spliced_rows


def limits_of(store: GraphStore, label: str) -> list[str]:
    """Return by what lists of ``label`` nodes may be limited: properties, then relationship types.

    Relationships of users are none: what many have liked is not alike for that.
    """
    properties = [prop.name for prop in store.properties.of(label) if prop.name != schema.KEY]
    types = [name for name in schema.types_at(label) if schema.RELATIONSHIPS[name].part is not None]
    return [*properties, *types]


def in_words(label: str, name: str) -> str:
    """Return what nodes of ``label`` share by ``name``: ``uploader``, or ``Genre (IN_GENRE)``."""
    if name not in schema.RELATIONSHIPS:
        return name
    others = dict.fromkeys(
        end if start == label else start for start, end in schema.RELATIONSHIPS[name].ends if label in (start, end)
    )
    return f"{' or '.join(others)} ({name})"


def values_of(store: GraphStore, label: str, name: str, nodes: Sequence[str]) -> Mapping[str, list[str]]:
    """Return the values of ``name`` that each of ``nodes`` has, as texts; those without any are missing.

    Args:
        store: the graph.
        label: of the nodes.
        name: one of ``limits_of``: of a relationship the values are the nodes at its other end.
        nodes: ids.

    Raises ``NotFoundError`` for another name.
    """
    known = limits_of(store, label)
    if name not in known:
        raise unknown(f"property or relationship of {label}", name, known)
    found = defaultdict[str, list[str]](list)
    if not nodes:
        return found
    if name not in schema.RELATIONSHIPS:
        for row in spliced_rows(store, "nodes", "n", [store.properties.find(label, name)], label=label, ids=[*nodes]):
            found[row["id"]] = _texts(row[name])
        return {node: values for node, values in found.items() if values}
    for start, end in schema.RELATIONSHIPS[name].ends:
        for query, own, other in (("values_outgoing", start, end), ("values_incoming", end, start)):
            if own == label:
                text = spliced(query, label=label, type=name, other=other)
                for row in store.read(text, ids=[*nodes]).to_pylist():
                    found[row["id"]].append(row["value"])
    return found


def _texts(value: object) -> list[str]:
    if value is None or value == "":
        return []
    return [str(one) for one in dict.fromkeys(value)] if isinstance(value, list) else [str(value)]
