"""What a store must keep of properties of a graph's own; part of ``StoreContract``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import DataError, NotFoundError, StoreError
from graphrec.rows import ARROW
from graphrec.schema import Property, PropertyType
from graphrec.store.base import GraphStore, Written, closing

OWN = (
    Property("country", "string"),
    Property("age", "int64"),
    Property("größe", "float64"),
    Property("premium", "bool"),
    Property("tags", "list"),
    Property("joined_at", "int64"),
)
VALUES: dict[str, list[object]] = {
    "country": ["de", None, ""],
    "age": [7, None, -1],
    "größe": [1.5, None, 0.0],
    "premium": [True, None, False],
    "tags": [["a", "b c", "|"], None, ["ö"]],
    "joined_at": [1_600_000_000_000, None, 0],
}


def rows(keys: dict[str, list[str]], **values: list[object]) -> pa.Table:
    """Return a table of ``keys``, and values in the types of ``OWN``."""
    kinds = {one.name: ARROW[one.type] for one in OWN}
    columns = {name: pa.array(ids, pa.string()) for name, ids in keys.items()}
    return pa.table(columns | {name: pa.array(column, kinds[name]) for name, column in values.items()})


class OwnPropertiesContract(ABC):
    """Tests of properties that are not in the schema."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> GraphStore:
        """Return an empty store, open for writing."""

    @pytest.fixture
    def declared(self, store: GraphStore) -> GraphStore:
        """Return the store with properties of its own, and users u, v, w and an item i."""
        store.initialise()
        store.declare("User", OWN)
        store.declare("VIEWED", OWN)
        store.write_nodes("User", rows({"id": ["u", "v", "w"]}))
        store.write_nodes("Item", rows({"id": ["i"]}))
        return store

    def reopened(self, store: GraphStore) -> GraphStore:
        """Close ``store`` and return it opened anew; one that is only in memory stays as it is."""
        return store

    def test_there_is_one_of_every_type(self) -> None:
        assert {one.type for one in OWN} == set(get_args(PropertyType))

    @pytest.mark.parametrize("prop", OWN, ids=lambda prop: str(prop.type))
    def test_what_is_declared_is_known_when_the_graph_is_opened_again(
        self, declared: GraphStore, prop: Property
    ) -> None:
        values = VALUES[prop.name]
        declared.write_nodes("User", rows({"id": ["u", "v", "w"]}, **{prop.name: values}))
        views = rows({"from": ["u", "v", "w"], "to": ["i", "i", "i"]}, **{prop.name: values})
        declared.write_relationships("VIEWED", "User", "Item", views)
        with closing(self.reopened(declared)) as again:
            for of in ("User", "VIEWED"):
                assert again.properties.find(of, prop.name) == prop
            users = again.read_nodes("User", [prop.name]).sort_by("id")
            views = again.read_relationships("VIEWED", "User", "Item", [prop.name]).table().sort_by("from")
            assert users[prop.name].to_pylist() == views[prop.name].to_pylist() == values
            again.declare("User", [prop])

    def test_own_properties_of_nodes_come_back(self, declared: GraphStore) -> None:
        users = rows({"id": ["u", "v", "x"]}, **VALUES)
        assert declared.write_nodes("User", users) == Written(1, 1, 1)
        found = declared.read_nodes("User", list(VALUES)).sort_by("id")
        assert found.select(VALUES).schema.types == [ARROW[one.type] for one in OWN]
        for name, (first, _, last) in VALUES.items():
            assert found[name].to_pylist() == [first, None, None, last], name

    def test_own_properties_of_relationships_come_back(self, declared: GraphStore) -> None:
        views = rows({"from": ["u", "v", "w"], "to": ["i", "i", "i"]}, **VALUES)
        assert declared.write_relationships("VIEWED", "User", "Item", views) == Written(3, 0, 0)
        assert declared.write_relationships("VIEWED", "User", "Item", views) == Written(0, 0, 3)
        found = declared.read_relationships("VIEWED", "User", "Item", list(VALUES)).table().sort_by("from")
        assert found.drop_columns(["from", "to"]).to_pydict() == VALUES

    def test_own_properties_are_updated_or_left(self, declared: GraphStore) -> None:
        declared.write_nodes("User", rows({"id": ["u", "v"]}, tags=[["a", "b"], ["a"]], country=["de", "fr"]))
        news = rows({"id": ["u", "v", "w"]}, tags=[["a", "b"], None, ["x"]], country=["de", "it", None])
        assert declared.write_nodes("User", news) == Written(0, 2, 1)
        found = declared.read_nodes("User", ["tags", "country"]).sort_by("id").to_pydict()
        assert found["tags"] == [["a", "b"], ["a"], ["x"]]
        assert found["country"] == ["de", "it", None]
        assert declared.write_nodes("User", rows({"id": ["u"]}, tags=[["a", "c"]])) == Written(0, 1, 0)

    def test_rows_need_no_own_properties(self, declared: GraphStore) -> None:
        declared.declare("HAS_TRAILER", [Property("note", "string")])
        declared.write_nodes("Trailer", rows({"id": ["t"]}))
        ends = rows({"from": ["i"], "to": ["t"]})
        assert declared.write_relationships("HAS_TRAILER", "Item", "Trailer", ends) == Written(1, 0, 0)
        found = declared.read_relationships("HAS_TRAILER", "Item", "Trailer", ["note"])
        assert found.table()["note"].to_pylist() == [None]

    def test_what_is_declared_is_told(self, declared: GraphStore) -> None:
        assert set(declared.properties.own("User")) == set(OWN)
        assert declared.properties.own("Item") == ()
        declared.declare("User", OWN[:1])
        assert set(declared.properties.own("User")) == set(OWN)
        with pytest.raises(NotFoundError, match="country"):
            declared.read_nodes("User", ["countr"])
        with pytest.raises(NotFoundError):
            declared.read_nodes("Item", ["country"])

    @pytest.mark.parametrize("name", ["id", "Title", "from", "no good", "1st", "a`b", ""])
    def test_names_that_cannot_be_declared(self, declared: GraphStore, name: str) -> None:
        with pytest.raises(DataError):
            declared.declare("Item", [Property(name, "string")])
        assert declared.properties.own("Item") == ()

    def test_a_property_has_one_type(self, declared: GraphStore) -> None:
        for other in (Property("age", "string"), Property("AGE", "int64")):
            with pytest.raises(StoreError, match=r"User\.age holds whole numbers"):
                declared.declare("User", [other])
        with pytest.raises(DataError, match="time"):
            declared.declare("User", [Property("left_at", "string")])

    def test_embeddings_and_own_properties_have_names_apart(self, declared: GraphStore) -> None:
        vectors = np.zeros((1, 3), np.float32)
        with pytest.raises(StoreError, match="age"):
            declared.write_embeddings("User", "age", pa.array(["u"]), vectors)
        declared.write_embeddings("User", "emb", pa.array(["u"]), vectors)
        with pytest.raises(StoreError, match="emb"):
            declared.declare("User", [Property("emb", "float64")])
        assert "emb" not in {one.name for one in declared.properties.of("User")}

    def test_a_failed_transaction_takes_a_declaration_back(self, declared: GraphStore) -> None:
        table = pa.table({"id": ["i"], "mood": ["sad"]})
        with pytest.raises(ZeroDivisionError), declared.transaction():
            declared.declare("Item", [Property("mood", "string")])
            assert declared.write_nodes("Item", table) == Written(0, 1, 0)
            raise ZeroDivisionError
        assert declared.properties.own("Item") == ()
        declared.declare("Item", [Property("mood", "string")])
        assert declared.write_nodes("Item", table) == Written(0, 1, 0)
