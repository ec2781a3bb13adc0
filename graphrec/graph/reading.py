"""Out of the store, in canonical order: ids sorted, positions instead of ids."""

from __future__ import annotations

from collections.abc import MutableSequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.errors import ConfigError
from graphrec.graph.columns import Column, Numbers, Words
from graphrec.graph.projection import TEXT, THEN, TYPE, Projection, list_type
from graphrec.graph.records import Records
from graphrec.graph.refresh import read_relationships
from graphrec.graph.snapshot import SPLITS
from graphrec.graph.usable import LEFT_OUT, usable
from graphrec.ragged import Ints, Ragged
from graphrec.store.base import GraphStore, Relationships
from graphrec.store.upsert import positions

WORDS = "word"
"""What the words of texts are called beside labels."""
ORDERS = ("at", "sequence", "posted_at")
"""The properties that say when, the first that a record has."""


@dataclass
class Reader:
    """Reads a store for a projection, and knows the ids of what it has read.

    Attributes:
        store: what is read.
        projection: which part of it.
        copies: a folder for what may be read faster the next time.
        fresh: whether what is there already is read all the same.
    """

    store: GraphStore
    projection: Projection
    copies: Path
    fresh: bool = False

    def __post_init__(self) -> None:
        self.ids: dict[str, pa.Array] = {}
        """Sorted, by label."""

    def records(self) -> Records:
        """Return every record of the projection."""
        if self.projection.through:
            return self._of_path()
        return self._of_several() if self.projection.weights else self._of_relationship()

    def list(self, name: str) -> Ragged:
        """Return a list such as ``Item>Genre``: for each node of the one label those of the other, in order.

        Of a property that holds lists, such as ``Item.tags``, the positions of its texts among all of them, sorted.
        """
        if name == TEXT:
            return self._words()
        if THEN not in name:
            label, _, prop = name.partition(".")
            table = self.store.read_nodes(label, [prop])
            return self._said(name, self._ranked(label, table["id"]), table[prop]).distinct()
        kind, source, target = list_type(name)
        edges = self.store.read_relationships(kind, source, target)
        start, end = self._ends(edges, source, target)
        arranged = np.lexsort((end, start))
        return Ragged.from_sorted(start[arranged], end[arranged], len(self.ids[source]))

    def field(self, name: str) -> Column:
        """Return a property of nodes, such as ``Item.year``."""
        label, _, prop = name.partition(".")
        kind = self.store.properties.find(label, prop).type
        table = self.store.read_nodes(label, [prop])
        rank = self._ranked(label, table["id"])
        column = table[prop]
        if kind in ("int64", "float64", "bool"):
            values = np.full(len(rank), np.nan)
            values[rank] = column.cast(pa.float64()).to_numpy()
            return Numbers(values)
        if kind == "list":
            raise ConfigError(f"{name} holds lists; `graphrec describe {name}` makes a feature of them")
        order = np.empty(len(rank), np.int64)
        order[rank] = np.arange(len(rank))
        return Words.of(column).take(order)

    def nodes(self, label: str) -> pa.Array:
        """Return the ids of a label, sorted."""
        if label not in self.ids:
            self._ranked(label, self.store.read_nodes(label)["id"])
        return self.ids[label]

    def _of_relationship(self) -> Records:
        asked = self.projection
        available = {p.name for p in self.store.properties.of(asked.relationship)}
        wanted = sorted({*asked.values, *asked.texts} | (available & {"at", "sequence", "split"}))
        edges = read_relationships(
            self.store, self.copies, asked.relationship, "User", asked.item, wanted, fresh=self.fresh
        )
        properties = dict(edges.properties)
        # Of ten million records each column of 64 bits is 80 MB: what is not needed any more goes at once.
        ends = [narrow(side) for side in self._ends(edges, "User", asked.item)]
        del edges
        return self._arranged(ends, properties, None)

    def _of_several(self) -> Records:
        """Return the relationships of several types, what each weighs and of which type it is."""
        asked = self.projection
        wanted = {*asked.values, *asked.texts, schema.WEIGHT, *ORDERS[:2], "split"}
        parts = []
        for number, (kind, factor) in enumerate(zip(asked.steps, asked.weights, strict=True)):
            names = sorted(wanted & {p.name for p in self.store.properties.of(kind)})
            edges = read_relationships(self.store, self.copies, kind, "User", asked.item, names)
            user, item = self._ends(edges, "User", asked.item)
            own = edges.properties.get(schema.WEIGHT)
            weight = np.ones(len(user)) if own is None else pc.fill_null(own.cast(pa.float64()), 1.0).to_numpy()
            told = {name: edges.properties[name] for name in names if name != schema.WEIGHT}
            own_type = np.full(len(user), float(number))
            parts.append(pa.table({"user": user, "item": item, **told, schema.WEIGHT: factor * weight, TYPE: own_type}))
        table = pa.concat_tables(parts, promote_options="default")
        ends = [table[end].to_numpy() for end in ("user", "item")]
        return self._arranged(ends, {name: table[name] for name in table.column_names[2:]}, None)

    def _of_path(self) -> Records:
        """Join users to items over what they wrote."""
        asked, through = self.projection, str(self.projection.through)
        first, second = asked.steps
        wrote = self.store.read_relationships(first, "User", through)
        writer, written = self._ends(wrote, "User", through)
        about = self.store.read_relationships(second, through, asked.item)
        comment, item = self._ends(about, through, asked.item)
        by_comment = Ragged.from_pairs(written, writer, len(self.ids[through]))
        wanted = {*asked.values, *asked.texts, *ORDERS, "split", LEFT_OUT}
        names = [p.name for p in self.store.properties.of(through) if p.name in wanted]
        table = self.store.read_nodes(through, names)
        order, _ = ranked(table["id"])
        kept = usable(table[LEFT_OUT])[order[comment]]
        comment, item = comment[kept], item[kept]
        joined = by_comment.take(comment)
        rows = comment[joined.rows]
        properties = {name: table[name].take(pa.array(order[rows])) for name in names}
        return self._arranged([joined.indices, item[joined.rows]], properties, rows)

    def _arranged(
        self, ends: MutableSequence[Ints], properties: dict[str, pa.ChunkedArray], text: Ints | None
    ) -> Records:
        """Return the records in canonical order; empties ``ends``, users and items, and ``properties`` on its way."""
        item, user = ends.pop(), ends.pop()
        order = _order(properties, len(user))
        keys = (item, order, user) if text is None else (text, item, order, user)
        arranged = narrow(np.lexsort(keys))
        lengths = np.bincount(user, minlength=len(self.ids["User"]))
        del user, keys
        items = item[arranged].astype(np.int64)
        del item
        order = order[arranged]
        for name in properties.keys() - {*self.projection.values, *self.projection.texts, "split"}:
            del properties[name]
        split = np.zeros(len(items), np.int8)
        if "split" in properties:
            known = pa.chunked_array([pa.array(SPLITS)])
            said = pc.fill_null(properties.pop("split"), "")
            split = positions(said, known).astype(np.int8)[arranged]
        values = {
            name: properties.pop(name).cast(pa.float64()).to_numpy()[arranged]
            for name in self.projection.values
        }
        texts = {name: Words.of(properties.pop(name)).take(arranged) for name in self.projection.texts}
        by_user = Ragged(np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]), items)
        return Records(by_user, order, split, values, None if text is None else text[arranged], texts)

    def _words(self) -> Ragged:
        """Return the words of every comment, and note which words there are."""
        table = self.store.read_nodes("Comment", ["words"])
        rank = self._ranked("Comment", table["id"])
        return self._said(WORDS, rank, pc.split_pattern(pc.fill_null(table["words"], ""), " "))

    def _said(self, name: str, rank: Ints, lists: pa.ChunkedArray) -> Ragged:
        """Return which texts each node has, and note as those of ``name`` which texts there are.

        Args:
            name: of the texts.
            rank: int64 [n], the position of each node.
            lists: their lists of texts.
        """
        # One array, whose numbers of lists go on where a chunk would begin anew.
        one = lists.combine_chunks()
        flat, of = pc.list_flatten(one), pc.list_parent_indices(one)
        known = flat.unique().drop_null()
        known = known.filter(pc.not_equal(known, ""))
        known = known.take(pc.sort_indices(known))
        self.ids[name] = known
        code = positions(pa.chunked_array([flat]), pa.chunked_array([known]))
        said = code >= 0
        return Ragged.from_pairs(rank[of.to_numpy()[said]], code[said], len(rank))

    def _ends(self, edges: Relationships, source: str, target: str) -> tuple[Ints, Ints]:
        """Return the positions of both ends among the sorted ids of their labels."""
        ranks = self._ranked(source, edges.source_ids), self._ranked(target, edges.target_ids)
        return ranks[0][edges.source], ranks[1][edges.target]

    def _ranked(self, label: str, ids: pa.ChunkedArray) -> Ints:
        """Return the position of each of ``ids``, all of a label's, among them sorted; note them if they are new."""
        order, rank = ranked(ids)
        if label not in self.ids:
            arranged = ids.take(pa.array(order)).combine_chunks()
            self.ids[label] = arranged if isinstance(arranged, pa.Array) else pa.concat_arrays(arranged.chunks)
        return rank


def ranked(ids: pa.ChunkedArray) -> tuple[Ints, Ints]:
    """Return int64 [n] twice: which of ``ids`` comes first, second, ... when sorted, and each one's place then."""
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return order, rank


def narrow(positions: Ints) -> Ints:
    """Return the same in 32 bits where they fit."""
    return positions.astype(np.int32) if len(positions) and positions.max() < 1 << 31 else positions


def _order(properties: dict[str, Any], count: int) -> npt.NDArray[np.int64]:
    for name in ORDERS:
        if name in properties and properties[name].null_count < len(properties[name]):
            # A sequence may begin with 0.
            return np.asarray(pc.fill_null(properties[name], -1 if name == "sequence" else 0).to_numpy(), np.int64)
    return np.zeros(count, np.int64)
