"""Embeddings in Neo4j: lists of 32-bit floats, a vector index for each, and the nearest, exactly where that is cheap.

The server's index (HNSW) leaves out some of the nearest. It is therefore asked for ``OVER_FETCH`` times as many, and
those are scored exactly; it orders by cosine, so for the dot product a bound tells whether anything better can be left.
Up to ``EXACT_ROWS`` nodes, or where a filter leaves few, all vectors are compared; so they are by who asks often, as a
serving process does, while they fit into what is kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import StoreError
from graphrec.store.base import Floats, Neighbour
from graphrec.store.kept import Kept
from graphrec.store.nearest import exact_nearest, in_bytes
from graphrec.store.neo4j.mapping import AS_STORED, quoted
from graphrec.store.neo4j.read import LOOKUP_ROWS, RunQuery
from graphrec.store.neo4j.server import Bulk, Rows, Server
from graphrec.store.neo4j.work import BUMP, Statement, Work
from graphrec.store.upsert import firsts

log = logging.getLogger(__name__)

FLOATS_PER_BATCH = 640_000
EXACT_ROWS = 10_000
NARROW = 2_000
OFTEN = 3
ID_BYTES = 64
OVER_FETCH = 10
AT_LEAST = 100
AT_MOST = 2_000
INDEX_SECONDS = 3_600
LATER = ("User",)
"""Labels that are seldom searched, and have many nodes: 60k users take the server 20 s of work."""


@dataclass(frozen=True)
class Described:
    """What the graph says of an embedding.

    Attributes:
        version: grows with every change.
        dimension: of its vectors.
        longest: the length of the longest vector that it ever had.
        nodes: how many its label has, with a vector or without.
    """

    version: int
    dimension: int
    longest: float
    nodes: int


@dataclass(frozen=True)
class VectorSearch:
    """What to look for, as ``GraphStore.nearest`` says."""

    vector: Floats
    k: int
    among: Sequence[str] | None
    without: Sequence[str]
    metric: str

    def best_of(self, ids: pa.Array, vectors: Floats) -> list[Neighbour]:
        """Return the best of ``ids`` by ``vectors`` (float32 [n, D])."""
        if not len(ids):
            return []
        return exact_nearest(
            ids, vectors, self.vector, self.k, among=self.among, without=self.without, metric=self.metric
        )

    def fits_index(self, described: Described) -> bool:
        """Return whether the index can be asked: what is wrong with the question is told by comparing all."""
        right = self.k >= 1 and np.shape(self.vector) == (described.dimension,)
        return right and self.among is None and bool(np.linalg.norm(self.vector))


class Vectors:
    """The embeddings of a server; what was read whole stays in memory until the graph says that it has changed."""

    def __init__(self, server: Server, kept: Kept) -> None:
        self._server = server
        self._kept = kept
        self._asked: dict[tuple[str, str], int] = {}

    def write(self, work: Work, label: str, name: str, ids: pa.Array, vectors: Floats) -> None:
        """Set property ``name`` of the nodes ``ids``, which exist, to the rows of ``vectors`` (float32 [n, D])."""
        described = describe(work.read, label, name)
        if described is None:
            refuse_foreign(work.read, label, name)
        elif described.dimension != vectors.shape[1]:
            self.drop(work, label, name)
        vectors = np.array(vectors, np.float32)
        longest = float(np.linalg.norm(vectors.astype(np.float64), axis=1).max(initial=0))
        mapped = self._server.mapping.told()
        noted = {
            "id": _meta(label, name),
            "dimension": vectors.shape[1],
            "longest": longest,
            "mapped": json.dumps(mapped) if mapped else None,
        }
        text = (
            f"{BUMP}, m.dimension = $dimension, m.mapped = $mapped, "
            "m.longest = CASE WHEN m.longest > $longest THEN m.longest ELSE $longest END"
        )
        work.write(Statement(text, lambda: noted))
        text = (
            f"UNWIND $rows AS row MATCH (n:`{label}` {{id: row[0]}}) "
            "CALL db.create.setNodeVectorProperty(n, $name, row[1]) RETURN count(*)"
        )
        batch = max(1, FLOATS_PER_BATCH // vectors.shape[1])
        for start in range(0, len(ids), batch):
            part = slice(start, start + batch)
            keys, rows = ids[part], vectors[part]

            def parameters(keys: pa.Array = keys, rows: Floats = rows) -> dict[str, Any]:
                return {
                    "name": name,
                    "rows": Bulk(map(list, zip(keys.to_pylist(), rows.tolist(), strict=True))),
                }

            work.write(Statement(text, parameters, len(keys), of=_meta(label, name)))

    def drop(self, work: Work, label: str, name: str) -> None:
        """Take property ``name`` from every node of ``label``."""
        if describe(work.read, label, name) is None:
            refuse_foreign(work.read, label, name)
            return
        remove = f"MATCH (every:`{label}`) WHERE every.`{name}` IS NOT NULL REMOVE every.`{name}`"
        work.write(Statement(remove, dict))
        work.write(Statement("MATCH (m:GraphrecMeta {id: $id}) DELETE m", lambda: {"id": _meta(label, name)}))

    def read(
        self, run: RunQuery, label: str, name: str, ids: Sequence[str] | None = None, *, keep: bool = False
    ) -> tuple[pa.Array, Floats]:
        """Return the ids that have the embedding, of ``ids`` or of all, and float32 [n, D]."""
        if ids is not None:
            return self._some(run, label, name, pc.unique(pa.array(ids, pa.string())))
        described = describe(run, label, name) if keep else None
        if described is None:
            return self._all(run, label, name)
        return self._kept.get((label, name), described, lambda: self._all(run, label, name), in_bytes)

    def nearest(self, run: RunQuery, label: str, name: str, wanted: VectorSearch) -> list[Neighbour]:
        """Return the nodes whose embedding scores highest."""
        if wanted.among is not None and len(wanted.among) <= NARROW:
            return wanted.best_of(*self.read(run, label, name, wanted.among))
        described = describe(run, label, name)
        fast = described is not None and wanted.fits_index(described)
        if fast and described and not self._whole(label, name, described):
            best = self._by_index(run, label, name, wanted, described)
            if best is not None:
                return best
        return wanted.best_of(*self.read(run, label, name, keep=True))

    def index(self, label: str, name: str) -> None:
        """Create the vector index of an embedding where it is missing, and wait until it can be asked.

        For what is in ``LATER``, nobody waits: until the server has built it, all vectors are compared.
        """
        index = index_name(label, name)
        options = (
            "{indexConfig: {`vector.similarity_function`: 'cosine', `vector.quantization.enabled`: false}}"
        )
        role = self._server.mapping.labels.get(label)
        asked = "SHOW VECTOR INDEXES YIELD name, labelsOrTypes WHERE name = $index RETURN labelsOrTypes"
        if self._server.rows_as_named(asked, index=index) not in ([], [[[role.name if role else label]]]):
            # Made under another mapping: by its name it would be taken for the one of this.
            self.drop_index(label, name)
        try:
            self._server.command(
                f"CREATE VECTOR INDEX `{index}` IF NOT EXISTS "
                f"FOR (every:`{label}`) ON (every.`{name}`) OPTIONS {options}"
            )
            if label not in LATER:
                self._server.command(
                    "CALL db.awaitIndex($index, $seconds)", index=index, seconds=INDEX_SECONDS
                )
        except StoreError as error:
            log.warning("no vector index for %s.%s, so every search compares all: %s", label, name, error)

    def drop_index(self, label: str, name: str) -> None:
        """Drop the vector index of an embedding; nothing happens where there is none."""
        self._server.command(f"DROP INDEX `{index_name(label, name)}` IF EXISTS")

    def _whole(self, label: str, name: str, described: Described) -> bool:
        """Return whether to compare all vectors, which are kept from then on."""
        asked = self._asked[label, name] = self._asked.get((label, name), 0) + 1
        small = described.nodes * (described.dimension * 4 + ID_BYTES) <= self._kept.most
        return (
            self._kept.has((label, name), described)
            or described.nodes <= EXACT_ROWS
            or (small and asked > OFTEN)
        )

    def _by_index(
        self, run: RunQuery, label: str, name: str, wanted: VectorSearch, described: Described
    ) -> list[Neighbour] | None:
        """Return the nearest by the index, or None where it cannot tell them."""
        vector = np.asarray(wanted.vector, np.float64).tolist()
        limit = max(OVER_FETCH * wanted.k, AT_LEAST) + len(wanted.without)
        while limit <= AT_MOST:
            try:
                text = index_query(label, name, search=self._server.about().has_search)
                ((keys, lists),) = run(text, wanted=limit, vector=vector)
            except StoreError as error:
                log.info("the vector index of %s.%s cannot be asked: %s", label, name, error)
                return None
            ids, vectors = _matrix(keys, lists, label, name)
            if len(ids) < limit:
                return None
            best = wanted.best_of(ids, vectors)
            if len(best) == wanted.k and best[-1].score >= _best_left(vectors, wanted, described):
                return best
            limit *= 4
        return None

    def _all(self, run: RunQuery, label: str, name: str) -> tuple[pa.Array, Floats]:
        text = f"MATCH (n:`{label}`) WHERE n.`{name}` IS NOT NULL RETURN n.id, n.`{name}`"
        return _matrix(*_columns(run(text)), label, name)

    def _some(self, run: RunQuery, label: str, name: str, ids: pa.Array) -> tuple[pa.Array, Floats]:
        text = (
            f"UNWIND $keys AS key MATCH (n:`{label}` {{id: key}}) WHERE n.`{name}` IS NOT NULL "
            f"RETURN n.id, n.`{name}`"
        )
        rows = []
        for start in range(0, len(ids), LOOKUP_ROWS):
            rows += run(text, keys=Bulk(ids.slice(start, LOOKUP_ROWS).to_pylist()))
        return _matrix(*_columns(rows), label, name)


def describe(run: RunQuery, label: str, name: str) -> Described | None:
    """Return what was noted when an embedding was written; None for one that is not ours."""
    text = (
        f"MATCH (m:GraphrecMeta {{id: $id}}) "
        f"RETURN m.version, m.dimension, m.longest, COUNT {{ MATCH (:`{label}`) }}"
    )
    found = run(text, id=_meta(label, name))
    return Described(*found[0]) if found else None


def mapped_for(run: RunQuery, label: str, name: str) -> dict[str, str]:
    """Return what mapping an embedding was written by; empty where none was noted."""
    found = run("MATCH (m:GraphrecMeta {id: $id}) WHERE m.mapped IS NOT NULL RETURN m.mapped", id=_meta(label, name))
    return dict(json.loads(found[0][0])) if found else {}


def has_vectors(run: RunQuery, label: str, name: str) -> bool:
    """Return whether any node of ``label`` has the property ``name``."""
    return bool(run(f"MATCH (every:`{label}`) WHERE every.`{name}` IS NOT NULL RETURN 1 LIMIT 1"))


def refuse_foreign(run: RunQuery, label: str, name: str) -> None:
    """Raise ``StoreError`` where a property that graphrec did not write is in the way of an embedding."""
    if has_vectors(run, label, name):
        raise StoreError(
            f"{label} nodes have a property {name} that graphrec did not write; give the embedding another name: "
            "--property NAME"
        )


def index_query(label: str, name: str, *, search: bool) -> str:
    """Return the query for the ``$wanted`` nodes that an embedding's index holds nearest to ``$vector``.

    Args:
        label: of the nodes.
        name: of the embedding.
        search: by the clause SEARCH, which replaces a procedure.
    """
    index = index_name(label, name)
    found = (
        f"CYPHER 25 MATCH (every:`{label}`) SEARCH every IN (VECTOR INDEX `{index}` FOR $vector LIMIT $wanted)"
        if search
        else f"CALL db.index.vector.queryNodes('{index}', $wanted, $vector) YIELD node AS every WHERE (every:`{label}`)"
    )
    # Who has lost an id since its embedding was written is nobody.
    kept = f"WITH every WHERE every.{quoted(AS_STORED)} IS NOT NULL"
    return f"{found} {kept} RETURN collect(every.id), collect(every.`{name}`)"


def index_name(label: str, name: str) -> str:
    """Return the name of an embedding's vector index."""
    return f"graphrec_{label}_{name}"


def _meta(label: str, name: str) -> str:
    return f"{label}.{name}"


def _columns(rows: Rows) -> tuple[list[Any], list[Any]]:
    return [row[0] for row in rows], [row[1] for row in rows]


def _matrix(ids: Sequence[Any], lists: Sequence[Any], label: str, name: str) -> tuple[pa.Array, Floats]:
    try:
        vectors = np.array(lists, np.float32)
    except (ValueError, TypeError) as error:
        raise StoreError(f"{label}.{name} does not hold vectors of one dimension") from error
    if not len(lists):
        return pa.array([], pa.string()), np.empty((0, 0), np.float32)
    keys = pa.array(ids, pa.string())
    # In a graph of somebody else's an id may be doubled, and would be recommended twice.
    kept = firsts(keys)
    return (keys, vectors) if len(kept) == len(keys) else (keys.take(kept), vectors[kept.to_numpy()])


def _best_left(vectors: Floats, wanted: VectorSearch, described: Described) -> float:
    """Return the highest score that anything the index did not return can have."""
    scale = np.linalg.norm(wanted.vector)
    cosines = vectors @ wanted.vector / np.maximum(np.linalg.norm(vectors, axis=1) * scale, 1e-30)
    # A null vector is in no index, and scores 0.
    left = max(float(cosines.min()), 0.0)
    return left if wanted.metric == "cosine" else left * float(scale) * described.longest
