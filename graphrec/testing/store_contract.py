"""What every ``GraphStore`` must keep: subclass, return yours from the fixture ``store``, let pytest run it."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from threading import Event

import numpy as np
import pyarrow as pa
import pytest

from graphrec import schema
from graphrec.errors import ConfigError, NotFoundError, QueryError, StoreError
from graphrec.rows import ARROW
from graphrec.store.answers import Limits
from graphrec.store.base import Floats, GraphStore, Ints, Written, closing
from graphrec.store.console.store import ConsoleStore
from graphrec.store.upsert import Mask
from graphrec.testing.limits import ENDLESS_S, PROMPT_S
from graphrec.testing.own_properties_contract import OwnPropertiesContract

HOSTILE = (
    "'", '"', "`", "\\", "\n", "\t", "a,b", "$id", "{id: 1}", "'}) DETACH DELETE n //", "日本語", "🎬👍🏽", "e\u0301",
    "-1", "0", "null", "NaN", " lead", "trail ", "x" * 8_000,
)  # fmt: skip

REFUSED = (
    "CREATE (:Item {id: 'x'})",
    "MATCH (n:Item) DETACH DELETE n",
    "MATCH (n:Item) SET n.title = 'x'",
    "MATCH (n:Item) SET n.title = 'x' RETURN n.id",
    "MERGE (n:Item {id: 'x'}) RETURN n.id",
    "MATCH (n:Item) RETURN n.id; MATCH (n:Item) DETACH DELETE n",
    "COMMIT; CREATE (:Item {id: 'x'})",
    "CREATE NODE TABLE X(id STRING PRIMARY KEY)",
    "DROP TABLE RATED",
    "MATCH (n:Item) RETURN",
    "nonsense",
    "",
)

ENDLESS = (
    "UNWIND range(1, 4000) AS a UNWIND range(1, 4000) AS b UNWIND range(1, 4000) AS c RETURN sum(a * b + c)",
    "UNWIND range(1, 4000) AS a UNWIND range(1, 4000) AS b UNWIND range(1, 4000) AS c RETURN a * b + c",
)
"""Queries that would take minutes: one without any row until then, one with rows from the start."""


class _Stop(Event):
    """Is set while the answer is waited for: when it has been looked at a few times."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 6


def nodes(*ids: str, **properties: list[object]) -> pa.Table:
    """Return a table of nodes; the properties get the types of the schema where any label has them."""
    columns = {name: pa.array(values, _type(name)) for name, values in properties.items()}
    return pa.table({schema.KEY: pa.array(ids, pa.string()), **columns})


def _items(ids: Sequence[str], values: Ints, silent: Mask | None = None) -> pa.Table:
    """Return nodes with a title, a year and a duration by ``values`` (int64 [3, n]), null where ``silent``."""
    title, year, duration = values.tolist()
    columns = {"title": [f"t{one}" for one in title], "year": year, "duration_s": duration}
    masks = np.zeros(values.shape, bool) if silent is None else silent
    masked = {
        name: pa.array(column, _type(name), mask=mask)
        for (name, column), mask in zip(columns.items(), masks, strict=True)
    }
    return pa.table({schema.KEY: pa.array(ids, pa.string()), **masked})


def edges(*pairs: tuple[str, str], **properties: list[object]) -> pa.Table:
    """Return a table of relationships."""
    columns = {name: pa.array(values, _type(name)) for name, values in properties.items()}
    return pa.table(
        {
            "from": pa.array([a for a, _ in pairs], pa.string()),
            "to": pa.array([b for _, b in pairs], pa.string()),
            **columns,
        }
    )


def stored_nodes(store: GraphStore, label: str, *properties: str) -> dict[str, tuple[object, ...]]:
    """Return the properties of each node by id."""
    rows = store.read_nodes(label, properties).to_pylist()
    return {row[schema.KEY]: tuple(row[name] for name in properties) for row in rows}


def stored_edges(
    store: GraphStore, name: str, source: str, target: str, *properties: str
) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return the properties of each relationship by its ends."""
    found = store.read_relationships(name, source, target, properties)
    starts, ends = found.source_ids.to_pylist(), found.target_ids.to_pylist()
    values = [found.properties[p].to_pylist() for p in properties]
    pairs = [(starts[a], ends[b]) for a, b in zip(found.source, found.target, strict=True)]
    assert len(set(pairs)) == len(pairs), "a pair of ends has one relationship of a type"
    return {pair: tuple(column[row] for column in values) for row, pair in enumerate(pairs)}


class StoreContract(OwnPropertiesContract):
    """The behaviour of a store. ``speaks_cypher`` says whether ``query`` runs anything."""

    speaks_cypher = True

    @pytest.fixture
    @abstractmethod
    def store(self) -> GraphStore:
        """Return an empty store, open for writing."""

    @pytest.fixture(autouse=True)
    def _initialised(self, store: GraphStore) -> None:
        store.initialise()

    def older(self, store: GraphStore, lacking: Sequence[tuple[str, str]]) -> GraphStore:
        """Return ``store`` opened anew, as a graphrec made it whose schema lacked some properties.

        As it is where a property takes no place before somebody says it.

        Args:
            store: open for writing.
            lacking: label or type, and the property's name.
        """
        return store

    # Nodes

    def test_empty_labels_read_as_empty(self, store: GraphStore) -> None:
        assert set(store.counts()) == set(schema.LABELS) | set(schema.RELATIONSHIPS)
        assert not any(store.counts().values())
        for label in schema.LABELS.values():
            table = store.read_nodes(label.name, [p.name for p in label.properties])
            assert table.num_rows == 0
            assert table.column_names == [schema.KEY, *(p.name for p in label.properties)]
        for rel in schema.RELATIONSHIPS.values():
            for source, target in rel.ends:
                found = store.read_relationships(rel.name, source, target, [p.name for p in rel.properties])
                assert len(found.source) == len(found.target) == len(found.source_ids) == 0

    def test_initialise_twice_keeps_what_is_stored(self, store: GraphStore) -> None:
        store.write_nodes("Item", nodes("i", title=["T"]))
        store.initialise()
        assert stored_nodes(store, "Item", "title") == {"i": ("T",)}

    def test_what_the_schema_has_since_the_graph_was_made_is_null_until_it_is_said(self, store: GraphStore) -> None:
        told = {name: [p.name for p in schema.properties(name)] for name in (*schema.LABELS, *schema.RELATIONSHIPS)}
        for label in schema.LABELS:
            store.write_nodes(label, nodes("n"))
        every = [(rel.name, *ends) for rel in schema.RELATIONSHIPS.values() for ends in rel.ends]
        for name, source, target in every:
            store.write_relationships(name, source, target, edges(("n", "n")))
        with closing(self.older(store, [(name, prop) for name, props in told.items() for prop in props])) as older:
            for label in schema.LABELS:
                table = older.read_nodes(label, told[label])
                assert table.to_pylist() == [{"id": "n", **dict.fromkeys(told[label])}]
                assert table.schema.types[1:] == [ARROW[p.type] for p in schema.properties(label)]
            for name, source, target in every:
                found = older.read_relationships(name, source, target, told[name]).table()
                assert found.to_pylist() == [{"from": "n", "to": "n", **dict.fromkeys(told[name])}]
                assert found.schema.types[2:] == [ARROW[p.type] for p in schema.properties(name)]
            older.initialise()
            older.write_nodes("Comment", nodes("n", moment_s=[1.5]))
            older.write_relationships("RATED", "User", "Item", edges(("n", "n"), rating=[4.0]))
            assert stored_nodes(older, "Comment", "moment_s", "left_out") == {"n": (1.5, None)}
            assert stored_edges(older, "RATED", "User", "Item", "rating", "at") == {("n", "n"): (4.0, None)}

    def test_nodes_are_created_updated_or_left(self, store: GraphStore) -> None:
        first = nodes("a", "b", "c", title=["A", "B", None], year=[2000, None, 2002])
        assert store.write_nodes("Item", first) == Written(created=3)
        assert store.write_nodes("Item", first) == Written(unchanged=3)
        second = nodes("d", "c", "b", "a", title=["D", "C", None, "A"], year=[None, 2002, 2001, None])
        assert store.write_nodes("Item", second) == Written(created=1, updated=2, unchanged=1)
        expected = {"a": ("A", 2000), "b": ("B", 2001), "c": ("C", 2002), "d": ("D", None)}
        assert stored_nodes(store, "Item", "title", "year") == expected
        assert store.counts()["Item"] == 4

    def test_other_properties_stay(self, store: GraphStore) -> None:
        store.write_nodes("Item", nodes("a", title=["A"], duration_s=[1.5]))
        assert store.write_nodes("Item", nodes("a", title=["B"])) == Written(updated=1)
        assert store.write_nodes("Item", nodes("a")) == Written(unchanged=1)
        assert stored_nodes(store, "Item", "title", "duration_s") == {"a": ("B", 1.5)}

    def test_of_many_nodes_each_changes_what_differs_of_it(self, store: GraphStore) -> None:
        rng = np.random.default_rng(0)
        ids, names = [f"i{n}" for n in range(300)], ("title", "year", "duration_s")
        values = rng.integers(0, 3, (3, 300))
        store.write_nodes("Item", _items(ids, values))
        later = np.where(rng.random((3, 300)) < 0.2, values + 1, values)
        silent = rng.random((3, 300)) < 0.1
        differs = ((later != values) & ~silent).any(axis=0)
        order = rng.permutation(300)
        written = store.write_nodes("Item", _items(ids, later, silent).take(pa.array(order)))
        assert written == Written(updated=int(differs.sum()), unchanged=int((~differs).sum()))
        kept = np.where(silent, values, later).tolist()
        expected = {key: (f"t{a}", b, float(c)) for key, a, b, c in zip(ids, *kept, strict=True)}
        assert stored_nodes(store, "Item", *names) == expected

    def test_no_rows_change_nothing(self, store: GraphStore) -> None:
        before = store.versions(["Item", "RATED"])
        assert store.write_nodes("Item", nodes()) == Written()
        assert store.write_relationships("RATED", "User", "Item", edges(rating=[])) == Written()
        assert store.versions(["Item", "RATED"]) == before

    def test_values_come_back_as_they_were(self, store: GraphStore) -> None:
        big, text = 2**62 + 1, "tab\t quote\" nl\n 日本 🎬 '}) DETACH DELETE n"
        tiny = 5e-324
        table = nodes("c", text=[text], time_s=[tiny], posted_at=[-big], polarity=[-1 / 3])
        store.write_nodes("Comment", table)
        assert stored_nodes(store, "Comment", *table.column_names[1:]) == {"c": (text, tiny, -big, -1 / 3)}
        assert store.write_nodes("Comment", table) == Written(unchanged=1)

    def test_hostile_ids_are_ids(self, store: GraphStore) -> None:
        table = nodes(*HOSTILE, title=list(HOSTILE))
        assert store.write_nodes("Item", table) == Written(created=len(HOSTILE))
        assert store.write_nodes("Item", table) == Written(unchanged=len(HOSTILE))
        store.write_nodes("User", nodes(*HOSTILE))
        rated = edges(*((key, key) for key in HOSTILE), rating=[1.0] * len(HOSTILE))
        assert store.write_relationships("RATED", "User", "Item", rated) == Written(created=len(HOSTILE))
        again = edges(*((key, key) for key in HOSTILE), rating=[2.0] * len(HOSTILE))
        assert store.write_relationships("RATED", "User", "Item", again) == Written(updated=len(HOSTILE))
        assert stored_nodes(store, "Item", "title") == {key: (key,) for key in HOSTILE}
        expected = {(key, key): (2.0,) for key in HOSTILE}
        assert stored_edges(store, "RATED", "User", "Item", "rating") == expected
        vectors = np.eye(len(HOSTILE), dtype=np.float32)
        store.write_embeddings("Item", "emb", pa.array(HOSTILE, pa.string()), vectors)
        best = [store.nearest("Item", "emb", vector, 1)[0].id for vector in vectors]
        assert best == list(HOSTILE)

    def test_unknown_names_are_refused(self, store: GraphStore) -> None:
        with pytest.raises(NotFoundError, match="Item"):
            store.read_nodes("Itm")
        with pytest.raises(NotFoundError, match="title"):
            store.read_nodes("Item", ["titel"])
        with pytest.raises(NotFoundError, match="RATED"):
            store.read_relationships("RATES", "User", "Item")

    # Relationships

    def test_relationships_are_created_updated_or_left(self, rated: GraphStore) -> None:
        first = edges(("u", "i"), ("u", "j"), rating=[1.0, 2.0], at=[10, None])
        assert rated.write_relationships("RATED", "User", "Item", first) == Written(created=2)
        assert rated.write_relationships("RATED", "User", "Item", first) == Written(unchanged=2)
        second = edges(("v", "i"), ("u", "j"), ("u", "i"), rating=[5.0, 3.0, None], at=[1, 2, 10])
        expected = Written(created=1, updated=1, unchanged=1)
        assert rated.write_relationships("RATED", "User", "Item", second) == expected
        assert stored_edges(rated, "RATED", "User", "Item", "rating", "at") == {
            ("u", "i"): (1.0, 10), ("u", "j"): (3.0, 2), ("v", "i"): (5.0, 1),
        }  # fmt: skip
        assert rated.counts()["RATED"] == 3

    def test_relationships_need_none_of_their_properties(self, store: GraphStore) -> None:
        for rel in schema.RELATIONSHIPS.values():
            for source, target in rel.ends:
                store.write_nodes(source, nodes("a"))
                store.write_nodes(target, nodes("b"))
                pair, names = edges(("a", "b")), [p.name for p in rel.properties]
                assert store.write_relationships(rel.name, source, target, pair) == Written(created=1)
                assert store.write_relationships(rel.name, source, target, pair) == Written(unchanged=1)
                empty = {("a", "b"): (None,) * len(names)}
                assert stored_edges(store, rel.name, source, target, *names) == empty

    def test_the_newer_row_wins(self, rated: GraphStore) -> None:
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i"), rating=[3.0], at=[100]))
        older = edges(("u", "i"), rating=[1.0], at=[99])
        assert rated.write_relationships("RATED", "User", "Item", older) == Written(unchanged=1)
        newer = edges(("u", "i"), rating=[5.0], at=[101])
        assert rated.write_relationships("RATED", "User", "Item", newer) == Written(updated=1)
        undated = edges(("u", "i"), rating=[4.0])
        assert rated.write_relationships("RATED", "User", "Item", undated) == Written(updated=1)
        assert stored_edges(rated, "RATED", "User", "Item", "rating", "at") == {("u", "i"): (4.0, 101)}

    def test_blocks_of_one_transaction_know_of_each_other(self, rated: GraphStore) -> None:
        with rated.transaction():
            block = edges(("u", "i"), ("u", "j"), rating=[1.0, 1.0], at=[1, 1])
            assert rated.write_relationships("RATED", "User", "Item", block) == Written(created=2)
            assert rated.write_relationships("RATED", "User", "Item", block) == Written(unchanged=2)
            newer = edges(("u", "j"), ("v", "j"), rating=[2.0, 2.0], at=[2, 2])
            expected = Written(created=1, updated=1)
            assert rated.write_relationships("RATED", "User", "Item", newer) == expected
            assert rated.write_relationships("RATED", "User", "Item", newer) == Written(unchanged=2)
            rated.write_nodes("User", nodes("a", "w"))
            undated = edges(("w", "j"), ("v", "j"), ("a", "i"), rating=[3.0, 3.0, 3.0])
            expected = Written(created=2, updated=1)
            assert rated.write_relationships("RATED", "User", "Item", undated) == expected
            assert rated.write_relationships("RATED", "User", "Item", newer) == Written(
                updated=1, unchanged=1
            )
        assert stored_edges(rated, "RATED", "User", "Item", "rating", "at") == {
            ("u", "i"): (1.0, 1), ("u", "j"): (2.0, 2), ("v", "j"): (2.0, 2), ("w", "j"): (3.0, None),
            ("a", "i"): (3.0, None),
        }  # fmt: skip

    def test_missing_ends_are_named(self, rated: GraphStore) -> None:
        with pytest.raises(StoreError, match=r"no Item with id 'gone'"):
            rated.write_relationships(
                "RATED", "User", "Item", edges(("u", "i"), ("u", "gone"), rating=[1.0, 1.0])
            )
        with pytest.raises(StoreError, match=r"no User with id 'i'"):
            rated.write_relationships("RATED", "User", "Item", edges(("i", "i"), rating=[1.0]))
        assert rated.counts()["RATED"] == 0

    def test_wrong_ends_are_refused(self, rated: GraphStore) -> None:
        with pytest.raises(StoreError, match="does not go from Item to User"):
            rated.write_relationships("RATED", "Item", "User", edges(("i", "u")))
        with pytest.raises(StoreError, match="does not go"):
            rated.read_relationships("RATED", "User", "Frame")

    def test_pairs_of_one_type_stay_apart(self, rated: GraphStore) -> None:
        rated.write_nodes("Frame", nodes("i", "f"))
        rated.write_relationships("LIKED", "User", "Item", edges(("u", "i"), at=[1], split=["train"]))
        liked = edges(("u", "i"), ("u", "f"), at=[2, 3])
        assert rated.write_relationships("LIKED", "User", "Frame", liked) == Written(created=2)
        assert rated.write_relationships("LIKED", "User", "Frame", liked) == Written(unchanged=2)
        later = edges(("u", "i"), at=[9])
        assert rated.write_relationships("LIKED", "User", "Frame", later) == Written(updated=1)
        found = stored_edges(rated, "LIKED", "User", "Item", "at", "split")
        assert found == {("u", "i"): (1, "train")}
        assert stored_edges(rated, "LIKED", "User", "Frame", "at") == {("u", "i"): (9,), ("u", "f"): (3,)}
        assert rated.counts()["LIKED"] == 3

    def test_a_type_may_join_a_label_to_itself(self, rated: GraphStore) -> None:
        follows = edges(("u", "v"), ("v", "u"), ("u", "u"))
        assert rated.write_relationships("FOLLOWS", "User", "User", follows) == Written(created=3)
        assert rated.write_relationships("FOLLOWS", "User", "User", follows) == Written(unchanged=3)
        assert set(stored_edges(rated, "FOLLOWS", "User", "User")) == {("u", "v"), ("v", "u"), ("u", "u")}

    def test_many_relationships_find_their_rows(self, store: GraphStore) -> None:
        rng = np.random.default_rng(0)
        users, items = [f"u{n}" for n in range(70)], [f"i{n}" for n in range(50)]
        store.write_nodes("User", nodes(*users))
        store.write_nodes("Item", nodes(*items))
        pairs = [(users[p // 50], items[p % 50]) for p in rng.permutation(3500)[:2000]]
        ratings = rng.random(2000)
        store.write_relationships("RATED", "User", "Item", edges(*pairs[:1500], rating=list(ratings[:1500])))
        ratings[700:900] += 1
        mixed = rng.permutation(np.arange(500, 2000))
        block = edges(*(pairs[n] for n in mixed), rating=list(ratings[mixed]))
        written = store.write_relationships("RATED", "User", "Item", block)
        assert written == Written(created=500, updated=200, unchanged=800)
        expected = {pair: (rating,) for pair, rating in zip(pairs, ratings, strict=True)}
        assert stored_edges(store, "RATED", "User", "Item", "rating") == expected

    # Transactions

    def test_a_failed_transaction_leaves_no_trace(self, rated: GraphStore) -> None:
        before = rated.counts()
        with pytest.raises(ZeroDivisionError), rated.transaction():
            rated.write_nodes("User", nodes("new"))
            rated.write_nodes("Item", nodes("i", title=["changed"]))
            rated.write_relationships("RATED", "User", "Item", edges(("new", "i"), rating=[1.0]))
            rated.write_embeddings("Item", "emb", pa.array(["i"]), np.ones((1, 2), np.float32))
            rated.read_embeddings("Item", "emb")
            raise ZeroDivisionError
        assert rated.counts() == before
        assert stored_nodes(rated, "Item", "title") == {"i": (None,), "j": (None,)}
        assert len(rated.read_embeddings("Item", "emb")[0]) == 0
        again = edges(("u", "i"), rating=[1.0])
        assert rated.write_relationships("RATED", "User", "Item", again) == Written(created=1)

    def test_an_inner_transaction_belongs_to_the_outer(self, rated: GraphStore) -> None:
        def fail_inside() -> None:
            with rated.transaction():
                with rated.transaction():
                    rated.write_nodes("User", nodes("inner"))
                rated.write_nodes("User", nodes("outer"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_inside()
        assert set(stored_nodes(rated, "User")) == {"u", "v"}
        with rated.transaction(), rated.transaction():
            rated.write_nodes("User", nodes("inner"))
        assert set(stored_nodes(rated, "User")) == {"u", "v", "inner"}

    def test_a_refused_write_ends_the_transaction_when_it_leaves_it(self, rated: GraphStore) -> None:
        with pytest.raises(StoreError), rated.transaction():
            rated.write_nodes("User", nodes("new"))
            rated.write_relationships("RATED", "User", "Item", edges(("u", "gone"), rating=[1.0]))
        assert set(stored_nodes(rated, "User")) == {"u", "v"}

    # Versions

    def test_deleted_nodes_take_their_relationships_and_embeddings(self, store: GraphStore) -> None:
        store.write_nodes("User", nodes("u", "v"))
        store.write_nodes("Item", nodes("i", "j"))
        store.write_relationships("RATED", "User", "Item", edges(("u", "i"), ("v", "i"), ("v", "j")))
        store.write_relationships("FOLLOWS", "User", "User", edges(("u", "v"), ("v", "u")))
        store.write_embeddings("User", "emb", pa.array(["u", "v"]), np.ones((2, 3), np.float32))
        before = store.versions(["User", "RATED", "FOLLOWS", "Item"])
        assert store.owns("User")
        assert store.delete_nodes("User", pa.array(["u", "nobody"])) == 1
        assert stored_nodes(store, "User") == {"v": ()}
        assert set(stored_edges(store, "RATED", "User", "Item")) == {("v", "i"), ("v", "j")}
        assert stored_edges(store, "FOLLOWS", "User", "User") == {}
        assert store.read_embeddings("User", "emb")[0].to_pylist() == ["v"]
        after = store.versions(["User", "RATED", "FOLLOWS", "Item"])
        assert {name for name in before if after[name] != before[name]} == {"User", "RATED", "FOLLOWS"}
        assert store.delete_nodes("User", pa.array(["u"])) == 0
        assert store.delete_nodes("User", pa.array([], pa.string())) == 0

    def test_deleted_relationships_leave_their_ends_and_the_others(self, rated: GraphStore) -> None:
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i"), ("v", "i"), ("v", "j")))
        before = rated.versions(["User", "RATED", "FOLLOWS", "Item"])
        assert rated.delete_relationships("RATED", "User", "Item", edges(("u", "i"), ("u", "j"), ("x", "y"))) == 1
        assert set(stored_edges(rated, "RATED", "User", "Item")) == {("v", "i"), ("v", "j")}
        assert {"u", "v"} <= set(stored_nodes(rated, "User"))
        after = rated.versions(["User", "RATED", "FOLLOWS", "Item"])
        assert {name for name in before if after[name] != before[name]} == {"RATED"}
        assert rated.delete_relationships("RATED", "User", "Item", edges(("u", "i"))) == 0
        assert rated.delete_relationships("RATED", "User", "Item", edges(("u", "i")).slice(0, 0)) == 0

    def test_deleted_relationships_may_come_again_in_the_same_transaction(self, rated: GraphStore) -> None:
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i"), ("v", "i"), rating=[1.0, 2.0]))
        with rated.transaction():
            assert rated.delete_relationships("RATED", "User", "Item", edges(("u", "i"))) == 1
            again = edges(("u", "i"), ("u", "j"), rating=[4.0, 5.0])
            assert rated.write_relationships("RATED", "User", "Item", again) == Written(created=2)
            assert rated.delete_relationships("RATED", "User", "Item", edges(("u", "j"))) == 1
        found = stored_edges(rated, "RATED", "User", "Item", "rating")
        assert found == {("u", "i"): (4.0,), ("v", "i"): (2.0,)}

    def test_a_failed_deletion_of_relationships_leaves_all(self, rated: GraphStore) -> None:
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i")))
        with pytest.raises(RuntimeError), rated.transaction():
            rated.delete_relationships("RATED", "User", "Item", edges(("u", "i")))
            raise RuntimeError
        assert set(stored_edges(rated, "RATED", "User", "Item")) == {("u", "i")}
        again = rated.write_relationships("RATED", "User", "Item", edges(("u", "i")))
        assert again == Written(unchanged=1)

    def test_deleted_nodes_may_come_again_in_the_same_transaction(self, rated: GraphStore) -> None:
        with rated.transaction():
            rated.write_nodes("User", nodes("w"))
            rated.write_relationships("RATED", "User", "Item", edges(("u", "i"), ("v", "i"), rating=[3.0, 4.0]))
            assert rated.delete_nodes("User", pa.array(["u", "w"])) == 2
            rated.write_nodes("User", nodes("w", "u"))
            again = edges(("w", "i"), ("u", "j"), rating=[1.0, 2.0])
            assert rated.write_relationships("RATED", "User", "Item", again) == Written(created=2)
        found = stored_edges(rated, "RATED", "User", "Item", "rating")
        assert found == {("v", "i"): (4.0,), ("w", "i"): (1.0,), ("u", "j"): (2.0,)}

    def test_a_failed_deletion_leaves_all(self, rated: GraphStore) -> None:
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i")))
        with pytest.raises(RuntimeError), rated.transaction():
            rated.delete_nodes("User", pa.array(["u"]))
            raise RuntimeError
        assert set(stored_edges(rated, "RATED", "User", "Item")) == {("u", "i")}

    def test_versions_grow_with_content_only(self, rated: GraphStore) -> None:
        names = ["User", "Item", "RATED", "LIKED"]
        seen = rated.versions(names)

        def changed(write: Callable[[], object]) -> set[str]:
            nonlocal seen
            write()
            now = rated.versions(names)
            grown = {name for name in names if now[name] > seen[name]}
            assert all(now[name] >= seen[name] for name in names)
            seen = now
            return grown

        rating = edges(("u", "i"), rating=[1.0])
        assert changed(lambda: rated.write_nodes("Item", nodes("n"))) == {"Item"}
        assert changed(lambda: rated.write_nodes("Item", nodes("n"))) == set()
        assert changed(lambda: rated.write_nodes("Item", nodes("n", title=["N"]))) == {"Item"}
        assert changed(lambda: rated.write_relationships("RATED", "User", "Item", rating)) == {"RATED"}
        assert changed(lambda: rated.write_relationships("RATED", "User", "Item", rating)) == set()
        vectors = np.ones((1, 2), np.float32)
        assert changed(lambda: rated.write_embeddings("Item", "emb", pa.array(["i"]), vectors)) == set()
        assert changed(lambda: rated.read_nodes("Item")) == set()

    # Embeddings

    def test_embeddings_come_back_exactly(self, rated: GraphStore) -> None:
        vectors = np.array([[1 / 3, -0.0, 1e-38], [np.pi, 2.0, -1e38]], np.float32)
        rated.write_embeddings("Item", "emb", pa.array(["j", "i"]), vectors)
        assert self._embedded(rated) == {"j": vectors[0].tobytes(), "i": vectors[1].tobytes()}

    def test_nodes_without_an_embedding_are_left_out(self, rated: GraphStore) -> None:
        assert rated.read_embeddings("Item", "emb")[1].shape[0] == 0
        assert rated.nearest("Item", "emb", np.ones(3, np.float32), 5) == []
        assert not rated.has_embeddings("Item", "emb")
        rated.write_embeddings("Item", "emb", pa.array(["j"]), np.ones((1, 3), np.float32))
        assert list(self._embedded(rated)) == ["j"]
        assert rated.has_embeddings("Item", "emb")
        assert not rated.has_embeddings("Item", "other")
        assert not rated.has_embeddings("User", "emb")
        assert rated.read_embeddings("User", "emb")[1].shape[0] == 0

    def test_writing_embeddings_again(self, rated: GraphStore) -> None:
        rated.write_embeddings("Item", "emb", pa.array(["i", "j"]), np.zeros((2, 3), np.float32))
        rated.read_embeddings("Item", "emb")
        new = np.array([[1, 2, 3]], np.float32)
        rated.write_embeddings("Item", "emb", pa.array(["j"]), new)
        assert self._embedded(rated) == {"i": np.zeros(3, np.float32).tobytes(), "j": new.tobytes()}

    def test_another_dimension_replaces_all(self, rated: GraphStore) -> None:
        rated.write_embeddings("Item", "emb", pa.array(["i", "j"]), np.zeros((2, 3), np.float32))
        wide = np.arange(5, dtype=np.float32)[None]
        rated.write_embeddings("Item", "emb", pa.array(["j"]), wide)
        assert self._embedded(rated) == {"j": wide.tobytes()}

    def test_dropped_embeddings_are_gone_from_one_label(self, rated: GraphStore) -> None:
        one = np.ones((1, 3), np.float32)
        for label, key in (("Item", "i"), ("User", "u")):
            rated.write_embeddings(label, "emb", pa.array([key]), one)
            rated.write_embeddings(label, "other", pa.array([key]), one)
            rated.read_embeddings(label, "emb")
        rated.drop_embeddings("Item", "emb")
        rated.drop_embeddings("Item", "emb")
        assert self._embedded(rated) == {}
        assert not rated.has_embeddings("Item", "emb")
        assert len(rated.read_embeddings("User", "emb")[0]) == 1
        assert len(rated.read_embeddings("Item", "other")[0]) == 1
        rated.write_embeddings("Item", "emb", pa.array(["j"]), one)
        assert list(self._embedded(rated)) == ["j"]

    def test_a_drop_belongs_to_its_transaction(self, rated: GraphStore) -> None:
        old, new = np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)
        rated.write_embeddings("Item", "emb", pa.array(["i"]), old)
        with pytest.raises(ZeroDivisionError), rated.transaction():
            rated.drop_embeddings("Item", "emb")
            rated.write_embeddings("Item", "emb", pa.array(["j"]), new)
            assert self._embedded(rated) == {"j": new.tobytes()}
            raise ZeroDivisionError
        assert self._embedded(rated) == {"i": old.tobytes()}
        with rated.transaction():
            rated.drop_embeddings("Item", "emb")
            rated.write_embeddings("Item", "emb", pa.array(["j"]), new)
        assert self._embedded(rated) == {"j": new.tobytes()}

    def test_embeddings_have_names_of_their_own(self, rated: GraphStore) -> None:
        rated.write_nodes("Item", nodes("i", title=["four"]))
        vectors = np.zeros((1, 3), np.float32)
        for name in ("title", "Title", "id", "no good", "x; DROP"):
            with pytest.raises(StoreError):
                rated.write_embeddings("Item", name, pa.array(["i"]), vectors)
            with pytest.raises(StoreError):
                rated.drop_embeddings("Item", name)
        assert stored_nodes(rated, "Item", "title")["i"] == ("four",)
        for name in ("order", "match", "transgrec"):
            rated.write_embeddings("Item", name, pa.array(["i"]), vectors)
            assert len(rated.read_embeddings("Item", name)[0]) == 1

    def test_embeddings_that_fit_nothing_are_refused(self, rated: GraphStore) -> None:
        with pytest.raises(StoreError, match="'gone'"):
            rated.write_embeddings("Item", "emb", pa.array(["i", "gone"]), np.zeros((2, 3), np.float32))
        with pytest.raises(StoreError, match="shape"):
            rated.write_embeddings("Item", "emb", pa.array(["i", "j"]), np.zeros((1, 3), np.float32))
        assert len(rated.read_embeddings("Item", "emb")[0]) == 0

    # Nearest

    @pytest.mark.parametrize("metric", ["dot", "cosine"])
    def test_nearest_is_exact(self, store: GraphStore, metric: str) -> None:
        rng = np.random.default_rng(1)
        ids = [f"i{n}" for n in range(300)]
        vectors = (rng.normal(size=(300, 8)) * rng.uniform(0.1, 9, (300, 1))).astype(np.float32)
        wanted = rng.normal(size=8).astype(np.float32)
        store.write_nodes("Item", nodes(*ids))
        store.write_embeddings("Item", "emb", pa.array(ids), vectors)
        scores = vectors.astype(np.float64) @ wanted
        if metric == "cosine":
            scores /= np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
        order = np.argsort(-scores)

        def check(
            expected: list[int], k: int, among: list[str] | None = None, without: tuple[str, ...] = ()
        ) -> None:
            found = store.nearest("Item", "emb", wanted, k, among=among, without=without, metric=metric)
            assert [n.id for n in found] == [ids[row] for row in expected]
            np.testing.assert_allclose([n.score for n in found], scores[expected], rtol=1e-4, atol=1e-5)

        check(list(order[:10]), 10)
        check(list(order), 1000)
        best = [ids[row] for row in order[:5]]
        check(list(order[5:15]), 10, without=(*best, "unknown"))
        check(list(order[3:5]), 2, among=[*best, "unknown"], without=tuple(best[:3]))
        check(list(order[:5]), 50, among=best)
        check([], 5, among=[])
        check([], 5, among=["unknown"])

    def test_nearest_refuses_what_cannot_be_compared(self, rated: GraphStore) -> None:
        rated.write_embeddings("Item", "emb", pa.array(["i"]), np.ones((1, 3), np.float32))
        one = np.ones(3, np.float32)
        with pytest.raises(ConfigError, match="4"):
            rated.nearest("Item", "emb", np.ones(4, np.float32), 1)
        with pytest.raises(ConfigError, match="cosine"):
            rated.nearest("Item", "emb", one, 1, metric="cosin")
        with pytest.raises(ConfigError, match="k must"):
            rated.nearest("Item", "emb", one, 0)

    def test_the_null_vector_has_no_direction(self, rated: GraphStore) -> None:
        rated.write_embeddings("Item", "emb", pa.array(["i", "j"]), np.array([[0, 0], [-1, 0]], np.float32))
        found = rated.nearest("Item", "emb", np.array([1, 0], np.float32), 2, metric="cosine")
        assert [(n.id, n.score) for n in found] == [("i", 0.0), ("j", -1.0)]

    # Queries

    def test_queries_read(self, rated: GraphStore) -> None:
        self._needs_cypher()
        rated.write_nodes("Item", nodes("i", title=["T"]))
        found = rated.query("MATCH (n:Item) WHERE n.id = $id RETURN n.title AS title", id="i")
        assert found.to_pylist() == [{"title": "T"}]
        assert rated.query("// a comment\n/* and\nanother */ RETURN 1 AS one;").to_pylist() == [{"one": 1}]

    def test_parameters_are_values(self, rated: GraphStore) -> None:
        self._needs_cypher()
        for key in HOSTILE:
            assert rated.query("MATCH (n:Item) WHERE n.id = $id RETURN n.id AS id", id=key).num_rows == 0
            assert rated.query("RETURN $text AS text", text=key)["text"].to_pylist() == [key]
        assert rated.counts()["Item"] == 2

    def test_anything_but_one_reading_query_is_refused(self, rated: GraphStore) -> None:
        for text in REFUSED:
            with pytest.raises(QueryError) as caught:
                rated.query(text)
            assert "\n" not in str(caught.value)
            assert rated.counts()["Item"] == 2, text
        assert rated.write_nodes("Item", nodes("after")) == Written(created=1)

    def test_missing_parameters_are_named(self, rated: GraphStore) -> None:
        with pytest.raises(QueryError, match="who" if self.speaks_cypher else "Cypher"):
            rated.query("MATCH (n:User) WHERE n.id = $who RETURN n.id")

    def test_a_persons_query_gives_values_nodes_and_relationships(self, rated: GraphStore) -> None:
        asked = self._console(rated)
        rated.write_nodes("Item", nodes("i", title=["T"]))
        rated.write_relationships("RATED", "User", "Item", edges(("u", "i"), rating=[4.0], at=[7]))
        text = "MATCH p = (u:User)-[e:RATED]->(i:Item) WHERE i.id = $id RETURN u, e, i, p, [u] AS list, e.at AS at"
        found = asked.ask(text, {"id": "i"}, Limits())
        assert found.columns == ("u", "e", "i", "p", "list", "at")
        assert not found.cut
        ((user, edge, item, path, listed, at),) = found.rows
        assert (user.label, user.properties["id"]) == ("User", "u")
        assert (item.label, item.properties["title"]) == ("Item", "T")
        assert (edge.type, edge.start, edge.end) == ("RATED", user.key, item.key)
        assert (edge.properties["rating"], at) == (4.0, 7)
        assert [node.key for node in path.nodes] == [user.key, item.key]
        assert [one.key for one in path.relationships] == [edge.key]
        assert listed[0].key == user.key

    def test_a_persons_query_is_cut_after_its_rows(self, rated: GraphStore) -> None:
        asked = self._console(rated)
        text = "UNWIND range(1, 5) AS n RETURN n ORDER BY n"
        for rows, cut in ((4, True), (5, False), (6, False)):
            found = asked.ask(text, {}, Limits(rows=rows))
            assert ([n for (n,) in found.rows], found.cut) == (list(range(1, min(rows, 5) + 1)), cut)

    def test_a_persons_query_ends_with_its_time(self, rated: GraphStore) -> None:
        asked = self._console(rated)
        for text in ENDLESS:
            started = time.monotonic()
            with pytest.raises(QueryError, match=r"ended after 0\.5 s"):
                asked.ask(text, {}, Limits(rows=1 << 60, seconds=0.5))
            assert time.monotonic() - started < PROMPT_S, text
        assert asked.ask("RETURN 1 AS one", {}, Limits()).rows == [(1,)]

    def test_many_rows_that_nobody_wants_are_not_waited_for(self, rated: GraphStore) -> None:
        started = time.monotonic()
        assert self._console(rated).ask(ENDLESS[1], {}, Limits(rows=3, seconds=ENDLESS_S)).cut
        assert time.monotonic() - started < PROMPT_S

    def test_a_persons_query_can_be_stopped(self, rated: GraphStore) -> None:
        started = time.monotonic()
        with pytest.raises(QueryError, match="was stopped"):
            self._console(rated).ask(ENDLESS[0], {}, Limits(seconds=ENDLESS_S, stop=_Stop()))
        assert time.monotonic() - started < PROMPT_S

    def test_a_persons_query_does_not_write(self, rated: GraphStore) -> None:
        asked = self._console(rated)
        for text in REFUSED:
            for attempt in (lambda text: asked.ask(text, {}, Limits()), lambda text: asked.plan(text, {})):
                with pytest.raises(QueryError) as caught:
                    attempt(text)
                    pytest.fail(f"{text!r} was not refused")
                assert "\n" not in str(caught.value)
            assert rated.counts()["Item"] == 2, text

    def test_a_plan_is_told_and_not_run(self, rated: GraphStore) -> None:
        asked = self._console(rated)
        assert "u.id" in asked.plan("MATCH (u:User) WHERE u.id = $id RETURN u.id", {"id": "u"})
        assert asked.plan(ENDLESS[0], {})
        with pytest.raises(QueryError):
            asked.plan("MATCH (u:User RETURN u", {})

    @pytest.fixture
    def rated(self, store: GraphStore, _initialised: None) -> GraphStore:
        """Return the store with users u, v and items i, j."""
        store.write_nodes("User", nodes("u", "v"))
        store.write_nodes("Item", nodes("i", "j"))
        return store

    def _console(self, store: GraphStore) -> ConsoleStore:
        self._needs_cypher()
        assert isinstance(store, ConsoleStore)
        return store

    def _needs_cypher(self) -> None:
        if not self.speaks_cypher:
            pytest.skip("this store speaks no Cypher")

    @staticmethod
    def _embedded(store: GraphStore) -> dict[str, bytes]:
        ids, vectors = store.read_embeddings("Item", "emb")
        assert vectors.dtype == np.float32
        rows: list[Floats] = list(vectors)
        return {key: row.tobytes() for key, row in zip(ids.to_pylist(), rows, strict=True)}


def _type(name: str) -> pa.DataType:
    known = [p for label in schema.LABELS.values() for p in label.properties]
    known += [p for rel in schema.RELATIONSHIPS.values() for p in rel.properties]
    return ARROW[next(p.type for p in known if p.name == name)]
