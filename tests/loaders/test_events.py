"""Event logs: what is an event, what weighs, what is left out, and on which line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from graphrec.errors import BadRows, NotFoundError, UsageError
from graphrec.loaders.events import EventOptions, Events
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.testing.memory_store import MemoryStore
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
    assert told["LIKED"] == (5, 3, 1, 1)
    assert told["VIEWED"] == (2, 2, 0, 0)


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
    assert (report.tallies["LIKED"].read, report.tallies["LIKED"].left_out) == (2, 2)


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
