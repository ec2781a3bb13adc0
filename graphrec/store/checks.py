"""What every store refuses alike: ends that a type does not have, names that an embedding cannot have."""

from __future__ import annotations

from graphrec import schema
from graphrec.errors import StoreError
from graphrec.properties import Properties
from graphrec.store.base import Floats, GraphStore


def check_owned(store: GraphStore) -> None:
    """Raise ``StoreError`` where the graph is somebody else's: nothing can be loaded there, which is said at once."""
    if not all(store.owns(label) for label in schema.LOADED_LABELS):
        raise read_only(store.uri)


def read_only(uri: str) -> StoreError:
    """Return the error for what only the owner of a mapped graph may write."""
    return StoreError(
        f"{uri} is mapped in graphrec.toml, and read only to graphrec: add to it with your own tools, and `graphrec "
        "embed` places what is new; or load into another database, such as the embedded one, without --store"
    )


def check_ends(name: str, source: str, target: str) -> None:
    """Raise ``StoreError`` unless the type ``name`` goes from ``source`` to ``target``."""
    ends = schema.relationship(name).ends
    if (source, target) not in ends:
        allowed = ", ".join(f"{a} -> {b}" for a, b in ends)
        raise StoreError(f"{name} does not go from {source} to {target}; it goes {allowed}")


def check_embedding(properties: Properties, label: str, name: str) -> None:
    """Raise ``StoreError`` unless ``name`` can name an embedding of ``label`` in a graph with ``properties``."""
    schema.label(label)
    if not (name.isascii() and name.isidentifier()):
        raise StoreError(f"{name!r} cannot name a property: letters, digits and _ only")
    taken = {schema.KEY, *(p.name.casefold() for p in properties.of(label))}
    if name.casefold() in taken:
        raise StoreError(f"{name!r} is a property of {label} in this graph; give the embedding another name")


def embedding_has(label: str, name: str) -> StoreError:
    """Return the error for a property whose name a run's embeddings have."""
    return StoreError(f"{label}.{name} holds the embeddings of a run; give the property another name")


def check_vectors(name: str, count: int, vectors: Floats) -> None:
    """Raise ``StoreError`` unless ``vectors`` is [count, D] with D > 0."""
    if vectors.ndim != 2 or len(vectors) != count or vectors.shape[1] < 1:
        raise StoreError(f"embedding {name!r}: {count} ids but an array of shape {vectors.shape}")


def no_such_end(name: str, label: str, key: str) -> StoreError:
    """Return the error for a relationship or embedding whose node does not exist."""
    return StoreError(f"{name}: there is no {label} with id {shown(key)}")


def shown(text: str) -> str:
    """Return ``text`` quoted, cut where it is long."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
