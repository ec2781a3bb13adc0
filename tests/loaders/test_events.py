"""Event logs: what is an event, what weighs, what is left out, and on which line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from graphrec.errors import BadRows, NotFoundError, UsageError
from graphrec.loaders.events import EventOptions, Events
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace

TYPES = ["like=LIKED:3", "share=LIKED:5", "view=VIEWED", "ad="]
LOG = """\
user,item,event,at
u,a,view,1600000000000
u,a,like,1600000001000
v,b,ad,1600000001000
v,b,share,1600000002000
u,b,share,1600000003000
v,a,view,1600000004000
v,b,like,1600000009000
"""


def loaded(
    store: MemoryStore, folder: Path, text: str, types: list[str], bad: Literal["stop", "skip"] = "stop"
) -> LoadReport:
    path = folder / "log.csv"
    path.write_text(text)
    options: Any = EventOptions(type=types)
    return load(store, Events(), [path], options, Workspace(folder), on_bad_row=bad)


def liked(store: MemoryStore) -> dict[tuple[str, str], float]:
    rows = store.read_relationships("LIKED", "User", "Item", ["weight"]).table().to_pylist()
    return {(row["from"], row["to"]): row["weight"] for row in rows}


def test_events_become_relationships_with_their_weights(tmp_path: Path) -> None:
    store = MemoryStore()
    report = loaded(store, tmp_path, LOG, TYPES)
    # What v did last with b was to like it.
    assert liked(store) == {("u", "a"): 3.0, ("u", "b"): 5.0, ("v", "b"): 3.0}
    views = store.read_relationships("VIEWED", "User", "Item", ["at"]).table().to_pylist()
    assert [(row["from"], row["to"], row["at"]) for row in views] == [
        ("u", "a", 1600000000000),
        ("v", "a", 1600000004000),
    ]
    assert store.properties.own("VIEWED") == ()
    told = {name: (t.read, t.created, t.unchanged, t.left_out) for name, t in report.tallies.items()}
    assert told["LIKED"] == (4, 3, 1, 0)
    assert told["VIEWED"] == (2, 2, 0, 0)
    assert told["events of no type"] == (1, 0, 0, 1)


def test_an_event_without_a_type_is_refused_on_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match=r"line 4: event 'ad' has no type: --type ad=TYPE, or --type ad= to leave it out"):
        loaded(MemoryStore(), tmp_path, LOG, TYPES[:3])
    report = loaded(MemoryStore(), tmp_path, LOG, TYPES[:3], "skip")
    assert sum(t.rejected for t in report.tallies.values() if t.rejected) == 1
    with pytest.raises(BadRows, match="line 3: its event is empty"):
        loaded(MemoryStore(), tmp_path, "user,item,event\nu,a,view\nu,b,\n", TYPES)


def test_a_wrong_row_is_named_by_its_line_whichever_type_it_is_of(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match=r"line 5: .*soon.* is not a time"):
        loaded(MemoryStore(), tmp_path, LOG.replace("1600000002000", "soon"), TYPES)
    with pytest.raises(BadRows, match=r"line 7: .*soon.* is not a time"):
        loaded(MemoryStore(), tmp_path, LOG.replace("1600000004000", "soon"), TYPES)


def test_only_rows_that_are_left_out(tmp_path: Path) -> None:
    report = loaded(MemoryStore(), tmp_path, "user,item,event\nu,a,ad\nu,b,ad\n", TYPES)
    assert "LIKED" not in report.tallies or report.tallies["LIKED"].read == 0
    rest = report.tallies["events of no type"]
    assert (rest.read, rest.left_out) == (2, 2)


@pytest.mark.parametrize(
    ("types", "error", "told"),
    [
        ([], UsageError, "say what the events are"),
        (["ad="], UsageError, "say what the events are"),
        (["like"], UsageError, "'like' is none"),
        (["like=LIKD"], NotFoundError, "did you mean 'LIKED'"),
        (["like=HIGHLIGHTED"], UsageError, "does not go from User to Item"),
        (["like=LIKED:much"], UsageError, "'much' is no weight"),
        (["like=LIKED:-1"], UsageError, "'-1' is no weight"),
    ],
)
def test_types_that_are_none(tmp_path: Path, types: list[str], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        loaded(MemoryStore(), tmp_path, LOG, types)


@pytest.mark.parametrize("kind", ["memory", "embedded"])
def test_relationships_keep_the_properties_that_are_asked_for(kind: str, tmp_path: Path) -> None:
    store = MemoryStore() if kind == "memory" else LadybugStore(Workspace(tmp_path), write=True)
    keeps_what_is_asked_for(store, tmp_path)


@pytest.mark.neo4j
def test_relationships_on_a_server_keep_them_too(neo4j_empty: Neo4jServer, neo4j_login: Login, tmp_path: Path) -> None:
    keeps_what_is_asked_for(Neo4jStore(neo4j_empty.uri, neo4j_login, write=True), tmp_path)


def keeps_what_is_asked_for(store: GraphStore, folder: Path) -> None:
    """Load views that say how long and on what, and a like that says neither."""
    path = folder / "log.csv"
    path.write_text(
        "user,item,event,at,seconds,device\nu,a,view,2024-01-01,3.5,tv\nu,b,view,2024-01-01,,phone\nu,a,like,2024-01-02,,\n"
    )
    options = EventOptions(type=TYPES, property=["watch_s:seconds:float", "device"])
    with closing(store):
        report = load(store, Events(), [path], options, Workspace(folder))
        for kind, told in (("VIEWED", [("a", 3.5, "tv"), ("b", None, "phone")]), ("LIKED", [("a", None, None)])):
            rows = store.read_relationships(kind, "User", "Item", ["watch_s", "device"]).table().sort_by("to")
            assert list(zip(*(rows[name].to_pylist() for name in ("to", "watch_s", "device")), strict=True)) == told
    assert report.own["VIEWED.watch_s"] == "numbers"
    with pytest.raises(BadRows, match="line 2: seconds 'long' is not a number"):
        path.write_text("user,item,event,seconds,device\nu,a,view,long,tv\n")
        load(MemoryStore(), Events(), [path], options, Workspace(folder))
