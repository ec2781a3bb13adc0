"""Columns as typed properties of a graph's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec import schema
from graphrec.errors import BadRows, DataError, NotFoundError, StoreError, UsageError
from graphrec.loaders.asked_properties import AskedProperty, read_property
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.testing.memory_store import MemoryStore
from graphrec.workspace import Workspace

ITEM = schema.properties("Item")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("title", AskedProperty("title", "title")),
        ("title:int", AskedProperty("title", "int")),
        ("year:a:b", AskedProperty("year", "a:b")),
        ("country", AskedProperty("country", "country")),
        ("country:land", AskedProperty("country", "land")),
        ("age:int", AskedProperty("age", "age", "int64")),
        ("age:int:int", AskedProperty("age", "int", "int64")),
        ("age:Alter in Jahren:float", AskedProperty("age", "Alter in Jahren", "float64")),
        ("tags:list", AskedProperty("tags", "tags", "list")),
        ("tags:list:';'", AskedProperty("tags", "tags", "list", ";")),
        ("tags:list::", AskedProperty("tags", "tags", "list", ":")),
        ("tags:words:list:, ", AskedProperty("tags", "words", "list", ", ")),
        ("tags:list:list", AskedProperty("tags", "list", "list")),
        ("seen_at:time", AskedProperty("seen_at", "seen_at", "int64")),
    ],
)
def test_what_is_asked_for_is_read(text: str, wanted: AskedProperty) -> None:
    assert read_property(text, "Item", ITEM) == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:b:c", "cannot be read"),
        ("a:b:int:x", "cannot be read"),
        ("a::int", "cannot be read"),
        ("seen:time", "seen_at:seen:time"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_property(text, "Item", ITEM)


def test_a_slip_is_not_taken_for_a_property_of_ones_own() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean 'title'.*--property titel:text"):
        read_property("titel", "Item", ITEM)
    with pytest.raises(NotFoundError, match="did you mean 'rating'"):
        read_property("rate:stars", "RATED", schema.properties("RATED"))
    assert read_property("rate:stars:float", "RATED", schema.properties("RATED")).type == "float64"


@pytest.mark.parametrize("name", ["id", "from", "TITLE:text", "no good:text"])
def test_names_that_graphrec_uses_itself_stay(name: str) -> None:
    with pytest.raises(DataError):
        read_property(name, "Item", ITEM)


def test_a_table_brings_properties_of_its_own(tmp_path: Path) -> None:
    store = MemoryStore()
    text = "id,country,age,tags,vip,seen\nu,de,7,a| b||c,true,2024-01-01\nv,,,,,\nw,fr,8,|,false,2024-01-02\n"
    report = _load(store, tmp_path, text, "country", "age:int", "tags:list", "vip:bool", "seen_at:seen:time")
    assert store.read_nodes("User", ["country", "age", "tags", "vip", "seen_at"]).to_pylist() == [
        {"id": "u", "country": "de", "age": 7, "tags": ["a", "b", "c"], "vip": True, "seen_at": 1704067200000},
        {"id": "v", "country": None, "age": None, "tags": None, "vip": None, "seen_at": None},
        {"id": "w", "country": "fr", "age": 8, "tags": None, "vip": False, "seen_at": 1704153600000},
    ]
    assert report.own["User.country"] == "text"
    assert report.own["User.tags"] == "lists of texts"


def test_a_value_of_another_type_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="line 3: age 'old' is not a whole number"):
        _load(MemoryStore(), tmp_path, "id,age\nu,7\nv,old\n", "age:int")


def test_a_stored_property_keeps_its_type(tmp_path: Path) -> None:
    store = MemoryStore()
    _load(store, tmp_path, "id,age\nu,7\n", "age:int")
    with pytest.raises(StoreError, match=r"User\.age holds whole numbers"):
        _load(store, tmp_path, "id,age\nv,8\n", "age")
    assert len(store.read_nodes("User")) == 1


def test_rows_that_say_different_things_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="contradicts"):
        _load(MemoryStore(), tmp_path, "id,tags\nu,a|b\nu,a|c\n", "tags:list")
    report = _load(MemoryStore(), tmp_path, "id,tags\nu,a|b\nu,a| b\n", "tags:list")
    assert (report.tallies["User"].created, report.tallies["User"].unchanged) == (1, 1)


def test_columns_of_parquet_have_types_already(tmp_path: Path) -> None:
    path = tmp_path / "u.parquet"
    tags = pa.array([["x", "y"], []], pa.list_(pa.string()))
    pq.write_table(pa.table({"id": ["u", "v"], "age": [1, 2], "share": [0.5, 1.0], "tags": tags}), path)
    store = MemoryStore()
    _load_file(store, tmp_path, path, "age", "share", "tags")
    assert store.read_nodes("User", ["age", "share", "tags"]).to_pylist() == [
        {"id": "u", "age": 1, "share": 0.5, "tags": ["x", "y"]},
        {"id": "v", "age": 2, "share": 1.0, "tags": None},
    ]


def test_relationships_have_them_too(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("u,i,watch_s\na,x,1.5\n")
    store = MemoryStore()
    options = TableOptions(rels="VIEWED", from_="User:u", to="Item:i", property=["watch_s:float"])
    load(store, TableLoader(), [path], options, Workspace(tmp_path))
    found = store.read_relationships("VIEWED", "User", "Item", ["watch_s"])
    assert found.table().to_pylist() == [{"from": "a", "to": "x", "watch_s": 1.5}]


def test_a_property_is_asked_for_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        _load(MemoryStore(), tmp_path, "id,a,b\nu,1,2\n", "x:a:int", "x:b:int")


def _load(store: MemoryStore, folder: Path, text: str, *properties: str) -> LoadReport:
    path = folder / "users.csv"
    path.write_text(text)
    return _load_file(store, folder, path, *properties)


def _load_file(store: MemoryStore, folder: Path, path: Path, *properties: str) -> LoadReport:
    options: Any = TableOptions(nodes="User:id", property=list(properties))
    return load(store, TableLoader(), [path], options, Workspace(folder))
