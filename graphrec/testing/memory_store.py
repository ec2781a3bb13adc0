"""A ``GraphStore`` in memory, for tests that need no database; it speaks no Cypher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from graphrec import schema
from graphrec.errors import QueryError, StoreError
from graphrec.properties import Properties
from graphrec.rows import ARROW
from graphrec.store.answers import WIDE, Limits
from graphrec.store.base import Floats, Neighbour, Relationships, Written
from graphrec.store.checks import check_embedding, embedding_has
from graphrec.store.kept import Kept
from graphrec.store.nearest import chosen, exact_nearest

Row = dict[str, Any]
Ends = tuple[str, str, str]


class MemoryStore:
    """Nodes and relationships in dicts, one row at a time: slow, and plain enough to be right."""

    def __init__(self) -> None:
        self.uri = "memory"
        self.part_rows = None
        self.kept = Kept()
        self._nodes: dict[str, dict[str, Row]] = {name: {} for name in schema.LABELS}
        self._edges: dict[Ends, dict[tuple[str, str], Row]] = {}
        self._vectors: dict[tuple[str, str], dict[str, Floats]] = {}
        self._versions: dict[str, int] = {}
        self._open_transaction = False
        self.properties = Properties()

    @property
    def state(self) -> object:
        """Never the same again."""
        return object()

    def initialise(self) -> None:
        """Do nothing: all labels and types are there from the start."""

    def declare(self, name: str, own: Sequence[schema.Property]) -> None:
        """Let a label or type have properties of the graph's own."""
        wanted = self.properties.with_own(name, own)
        for prop in own:
            if any((label, prop.name.casefold()) == (name, said.casefold()) for label, said in self._vectors):
                raise embedding_has(name, prop.name)
        self.properties = wanted

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside the block, or none; blocks inside a block belong to the outer one."""
        if self._open_transaction:
            yield
            return
        before = ({k: dict(v) for k, v in part.items()} for part in (self._nodes, self._edges, self._vectors))
        kept, properties = list(before), self.properties
        self._open_transaction = True
        try:
            yield
        except BaseException:
            self._nodes, self._edges, self._vectors = kept  # type: ignore[assignment]
            self.properties = properties
            raise
        finally:
            self._open_transaction = False

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ."""
        schema.label(label)
        names = [self.properties.find(label, name).name for name in table.column_names if name != schema.KEY]
        rows = {row.pop(schema.KEY): row for row in table.to_pylist()}
        return self._write(self._nodes[label], rows, names, label)

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ."""
        stored = self._between(name, source, target)
        rows = {(row.pop("from"), row.pop("to")): row for row in table.to_pylist()}
        for ends in rows:
            for label, key in zip((source, target), ends, strict=True):
                self._known(label, key, name)
        return self._write(stored, rows, [n for n in table.column_names if n not in ("from", "to")], name)

    def owns(self, label: str) -> bool:
        """Return True: nothing here is anybody else's."""
        return True

    def delete_nodes(self, label: str, ids: pa.Array) -> int:
        """Delete nodes with all their relationships; return how many there were."""
        schema.label(label)
        gone = {key for key in ids.to_pylist() if self._nodes[label].pop(key, None) is not None}
        for (name, source, target), stored in self._edges.items():
            for ends in list(stored):
                if (source == label and ends[0] in gone) or (target == label and ends[1] in gone):
                    del stored[ends]
                    self._versions[name] = self._versions.get(name, 0) + 1
        for (of, _), vectors in self._vectors.items():
            for key in gone & vectors.keys() if of == label else ():
                del vectors[key]
        if gone:
            self._versions[label] = self._versions.get(label, 0) + 1
        return len(gone)

    def delete_relationships(self, name: str, source: str, target: str, table: pa.Table) -> int:
        """Delete those of the relationships that there are; return how many."""
        stored = self._between(name, source, target)
        named = zip(*(table[end].to_pylist() for end in ("from", "to")), strict=True)
        gone = [ends for ends in named if ends in stored]
        for ends in gone:
            del stored[ends]
        if gone:
            self._versions[name] = self._versions.get(name, 0) + 1
        return len(gone)

    def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
        """Return ``id`` and ``properties`` of every node of ``label``."""
        schema.label(label)
        nodes = self._nodes[label]
        columns = {schema.KEY: pa.array(nodes, pa.string())}
        for name in properties:
            kind = ARROW[self.properties.find(label, name).type]
            columns[name] = pa.array([row.get(name) for row in nodes.values()], kind)
        return pa.table(columns)

    def read_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str] = ()
    ) -> Relationships:
        """Return every relationship of a type between two labels."""
        stored = self._between(name, source, target)
        kinds = {p: ARROW[self.properties.find(name, p).type] for p in properties}
        starts = {key: position for position, key in enumerate(self._nodes[source])}
        ends = {key: position for position, key in enumerate(self._nodes[target])}
        return Relationships(
            pa.chunked_array([pa.array(starts, pa.string())]),
            pa.chunked_array([pa.array(ends, pa.string())]),
            np.array([starts[a] for a, _ in stored], np.int64),
            np.array([ends[b] for _, b in stored], np.int64),
            {
                p: pa.chunked_array(
                    [pa.array([row.get(p) for row in stored.values()], kind)]
                )
                for p, kind in kinds.items()
            },
        )

    def read(self, text: str, /, **parameters: Any) -> pa.Table:
        """Raise ``QueryError``: there is no query language here."""
        raise QueryError("the store in memory speaks no Cypher; use the embedded database")

    def query(self, text: str, limits: Limits = WIDE, /, **parameters: Any) -> pa.Table:
        """Raise ``QueryError``: there is no query language here."""
        return self.read(text)

    def write_embeddings(self, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids`` to the rows of ``vectors`` (float32 [n, D])."""
        check_embedding(self.properties, label, name)
        if vectors.ndim != 2 or len(vectors) != len(ids):
            raise StoreError(f"embedding {name!r}: {len(ids)} ids but an array of shape {vectors.shape}")
        keys = ids.to_pylist()
        for key in keys:
            self._known(label, key, f"embedding {name!r}")
        stored = self._vectors.get((label, name), {})
        if any(len(vector) != vectors.shape[1] for vector in stored.values()):
            stored = {}
        rows = np.array(vectors, np.float32)
        self._vectors[label, name] = stored | dict(zip(keys, rows, strict=True))

    def drop_embeddings(self, label: str, name: str) -> None:
        """Take property ``name`` from every node of ``label``."""
        check_embedding(self.properties, label, name)
        self._vectors.pop((label, name), None)

    def read_embeddings(
        self, label: str, name: str, ids: Sequence[str] | None = None
    ) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, and float32 [n, D]; n = 0 where none has."""
        schema.label(label)
        stored = self._vectors.get((label, name), {})
        vectors = np.stack(list(stored.values())) if stored else np.empty((0, 0), np.float32)
        found = pa.array(stored, pa.string()), vectors
        return found if ids is None else chosen(*found, ids)

    def has_embeddings(self, label: str, name: str) -> bool:
        """Return whether any node of ``label`` has the embedding."""
        check_embedding(self.properties, label, name)
        return bool(self._vectors.get((label, name)))

    def nearest(
        self,
        label: str,
        name: str,
        vector: Floats,
        k: int,
        *,
        among: Sequence[str] | None = None,
        without: Sequence[str] = (),
        metric: str = "dot",
    ) -> list[Neighbour]:
        """Return the ``k`` nodes whose embedding scores highest against ``vector``, exactly."""
        ids, vectors = self.read_embeddings(label, name)
        if not len(ids):
            return []
        return exact_nearest(ids, vectors, vector, k, among=among, without=without, metric=metric)

    def counts(self) -> dict[str, int]:
        """Return how many nodes of each label and relationships of each type there are."""
        counts = {name: len(nodes) for name, nodes in self._nodes.items()} | dict.fromkeys(
            schema.RELATIONSHIPS, 0
        )
        for (name, _, _), stored in self._edges.items():
            counts[name] += len(stored)
        return counts

    def versions(self, names: Sequence[str]) -> dict[str, int]:
        """Return a number per label or type that grows with every change of its content."""
        return {name: self._versions.get(name, 0) for name in names}

    def close(self) -> None:
        """Forget nothing: the store lives as long as the object."""

    def _between(self, name: str, source: str, target: str) -> dict[tuple[str, str], Row]:
        if (source, target) not in schema.relationship(name).ends:
            raise StoreError(f"{name} does not go from {source} to {target}")
        return self._edges.setdefault((name, source, target), {})

    def _known(self, label: str, key: str, what: str) -> None:
        if key not in self._nodes[label]:
            raise StoreError(f"{what}: there is no {label} with id {key[:60]!r}")

    def _write(self, stored: dict[Any, Row], rows: dict[Any, Row], names: list[str], what: str) -> Written:
        created = updated = 0
        for key, row in rows.items():
            said = {name: row[name] for name in names if row[name] is not None}
            before = stored.get(key)
            if before is None:
                stored[key] = said
                created += 1
                continue
            older = "at" in said and "at" in before and said["at"] < before["at"]
            if not older and any(before.get(name) != value for name, value in said.items()):
                stored[key] = before | said
                updated += 1
        if created or updated:
            self._versions[what] = self._versions.get(what, 0) + 1
        return Written(created, updated, len(rows) - created - updated)
