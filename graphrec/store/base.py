"""The one protocol every database is reached through: Arrow tables in, Arrow tables and arrays out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.properties import Properties
from graphrec.schema import Property
from graphrec.store.answers import WIDE, Limits
from graphrec.store.kept import Kept

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Written:
    """What a write did to its rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged
        )


@dataclass(frozen=True)
class Relationships:
    """All relationships of one type between two labels, by position in the id columns beside them.

    Attributes:
        source_ids: string [sources], every node of the source label.
        target_ids: string [targets].
        source: int64 [edges], positions in ``source_ids``.
        target: int64 [edges].
        properties: one Arrow column per property asked for, [edges].
    """

    source_ids: pa.ChunkedArray
    target_ids: pa.ChunkedArray
    source: Ints
    target: Ints
    properties: Mapping[str, pa.ChunkedArray]

    def table(self) -> pa.Table:
        """Return them as rows: ``from``, ``to`` and the properties."""
        ends = {
            "from": self.source_ids.take(pa.array(self.source)),
            "to": self.target_ids.take(pa.array(self.target)),
        }
        return pa.table({**ends, **self.properties})


@dataclass(frozen=True)
class Mark:
    """How far the relationships of a type are, for one who keeps a copy of them.

    Attributes:
        count: how many there are.
        rewritten: another number whenever one was changed of which ``at`` does not tell so.
        repeats: whether one pair of ends may have several, of which the newest counts.
        others: ``TellingStore.others``.
    """

    count: int
    rewritten: int
    repeats: bool
    others: str | None


@dataclass(frozen=True)
class Neighbour:
    """A node near another, with its score."""

    id: str
    score: float


class GraphStore(Protocol):
    """A property graph of ``graphrec.schema``, wherever it is kept.

    Every failure of the database is a ``StoreError``; ids and values travel as parameters only.
    """

    uri: str
    """Where the graph is, without any password."""

    kept: Kept
    """What has been read whole of it, for those who ask again."""

    @property
    def state(self) -> object:
        """Equal to an earlier one only where the content is what it was.

        What others write into a server's graph without changing how much there is, is noticed ten minutes later at the
        latest.
        """
        ...

    @property
    def part_rows(self) -> int | None:
        """After so many rows a transaction is committed and another begun; None where it never is."""
        ...

    def initialise(self) -> None:
        """Create what is missing of the schema: tables or constraints, properties, indexes."""
        ...

    @property
    def properties(self) -> Properties:
        """What nodes and relationships may say here: the schema's properties, and the graph's own."""
        ...

    def declare(self, name: str, own: Sequence[Property]) -> None:
        """Let nodes of the label, or relationships of the type, ``name`` have properties of the graph's own.

        Nothing happens where they have them. Raises ``DataError`` for a name that graphrec uses itself, ``StoreError``
        where one of another type, or an embedding, has the name.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside the block, or none of them; blocks inside a block belong to the outer one.

        A server has memory for so many rows: it may commit a block that writes more than ``part_rows`` in parts. What
        fails then leaves the earlier parts, says so in the log, and is finished by doing the same again, since every
        write may be repeated.
        """
        ...

    def write_nodes(self, label: str, table: pa.Table) -> Written:
        """Create the nodes that are new, update those that differ. A null says nothing about a stored value.

        Args:
            label: a label of the schema.
            table: ``id`` (string, at most 8,000 bytes, no nulls, no repeats) and any of the label's properties, in
                their types.
        """
        ...

    def write_relationships(self, name: str, source: str, target: str, table: pa.Table) -> Written:
        """Create the relationships that are new, update those that differ.

        Where the type has ``at``, a row older than the stored one changes nothing.

        Args:
            name: a relationship type of the schema.
            source: label of the start nodes, which must exist.
            target: label of the end nodes, which must exist.
            table: ``from``, ``to`` (string ids, no repeated pair) and any of the type's properties.
        """
        ...

    def owns(self, label: str) -> bool:
        """Return whether nodes of ``label`` are graphrec's to change, as those of somebody else's graph are not."""
        ...

    def delete_nodes(self, label: str, ids: pa.Array) -> int:
        """Delete those of the nodes ``ids`` (string) that there are, with all their relationships; return how many.

        Raises ``StoreError`` where the nodes are not graphrec's to change.
        """
        ...

    def delete_relationships(self, name: str, source: str, target: str, table: pa.Table) -> int:
        """Delete those of the relationships ``from``, ``to`` (string ids) that there are; return how many.

        Raises ``StoreError`` where they are not graphrec's to change.
        """
        ...

    def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
        """Return ``id`` and ``properties`` of every node of ``label``."""
        ...

    def read_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str] = ()
    ) -> Relationships:
        """Return every relationship of a type between two labels."""
        ...

    def read(self, text: str, /, **parameters: Any) -> pa.Table:
        """Run one of graphrec's own reading queries; raises ``QueryError``. What people typed goes to ``query``."""
        ...

    def query(self, text: str, limits: Limits = WIDE, /, **parameters: Any) -> pa.Table:
        """Run a person's query in a process of its own.

        Args:
            text: one Cypher statement that only reads the graph.
            limits: time and memory that it may take; rows are not counted.
            parameters: what the text calls ``$name``.

        Raises ``QueryError`` for a wrong query, one that may do more than read the graph, and one at its limits.
        """
        ...

    def write_embeddings(self, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids`` to the rows of ``vectors`` (float32 [n, D]).

        Vectors of another dimension under that name are dropped first.
        """
        ...

    def drop_embeddings(self, label: str, name: str) -> None:
        """Take property ``name`` from every node of ``label``; nothing happens where none has it."""
        ...

    def read_embeddings(
        self, label: str, name: str, ids: Sequence[str] | None = None
    ) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, of ``ids`` or of all, and float32 [n, D]; n = 0 where none has."""
        ...

    def has_embeddings(self, label: str, name: str) -> bool:
        """Return whether any node of ``label`` has the embedding, without reading them."""
        ...

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
        """Return the ``k`` nodes whose embedding scores highest against ``vector`` (float32 [D]).

        Args:
            label: label of the nodes to rank.
            name: the embedding property.
            vector: what to compare with.
            k: how many; fewer come back only when fewer qualify.
            among: ids to choose from; None for all.
            without: ids to leave out.
            metric: ``"dot"`` or ``"cosine"``.
        """
        ...

    def counts(self) -> dict[str, int]:
        """Return how many nodes of each label and relationships of each type there are."""
        ...

    def versions(self, names: Sequence[str]) -> dict[str, int]:
        """Return, for labels and relationship types, a number that grows with every change of their content.

        Embeddings do not count as content. On a server, what others than graphrec write is noticed only where it
        changes how many there are.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


@runtime_checkable
class TellingStore(GraphStore, Protocol):
    """A store that tells what came since a copy was taken: one from which reading everything again takes long."""

    @property
    def reading(self) -> str:
        """How the graph is read: what is read otherwise may be something else, though nothing has changed."""
        ...

    @property
    def mapped(self) -> Mapping[str, str]:
        """What says what plays graphrec's roles in somebody else's graph, by key; empty for graphrec's own."""
        ...

    def mapped_for(self, label: str, name: str) -> Mapping[str, str]:
        """Return what did so when embedding ``name`` of ``label`` was written; empty where nobody knows."""
        ...

    def others(self) -> str | None:
        """Return a text that is another one whenever others than graphrec have written; None where nobody tells."""
        ...

    def mark(self, name: str) -> Mark:
        """Return how far the relationships of a type are."""
        ...

    def newer_relationships(
        self, name: str, source: str, target: str, properties: Sequence[str], at: int
    ) -> pa.Table | None:
        """Return ``from``, ``to`` and ``properties`` of each whose ``at`` is greater; None for too many."""
        ...


@contextmanager
def closing(store: GraphStore) -> Iterator[GraphStore]:
    """Close ``store`` when the block ends."""
    try:
        yield store
    finally:
        store.close()
