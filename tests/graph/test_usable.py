"""Comments that are left out are learned nothing from."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from graphrec.api.ground import read_ground
from graphrec.api.plan import Plan
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace


def commented(store: GraphStore, *left_out: str | None) -> GraphStore:
    """Return a store in which user u wrote a comment on each of the frames f0, f1, ..., and a tag."""
    numbers = range(len(left_out))
    store.initialise()
    store.write_nodes("User", nodes("u"))
    store.write_nodes("Frame", nodes(*(f"f{n}" for n in numbers)))
    said = pa.array(left_out, pa.string())
    table = {"id": [f"c{n}" for n in numbers], "words": ["so"] * len(numbers), "time_s": [9.0] * len(numbers)}
    store.write_nodes("Comment", pa.table({**table, "polarity": [1.0] * len(numbers), "left_out": said}))
    store.write_nodes("Comment", nodes("tag"))
    store.write_relationships("WROTE", "User", "Comment", edges(*(("u", f"c{n}") for n in numbers)))
    store.write_relationships("ON", "Comment", "Frame", edges(*((f"c{n}", f"f{n}") for n in numbers)))
    return store


def test_a_snapshot_holds_what_is_not_left_out(tmp_path: Path) -> None:
    prints = set()
    for number in range(2):
        workspace = Workspace(tmp_path / str(number))
        store = MemoryStore() if number else LadybugStore(workspace, write=True)
        with closing(commented(store, "opening", "", None, "no words")):
            found = snapshot(store, PROJECTIONS["comments"], workspace)
            assert [found.items[item] for item in found.records.item] == ["f1", "f2"]
            assert len(found.items) == 4
            prints.add(found.fingerprint)
            # What is prepared with other settings is another snapshot.
            store.write_nodes("Comment", nodes("c1", "c2", "c3", left_out=["greeting", "", ""]))
            found = snapshot(store, PROJECTIONS["comments"], workspace)
            assert [found.items[item] for item in found.records.item] == ["f2", "f3"]
    assert len(prints) == 1


def test_a_training_says_what_is_left_out_and_what_nobody_has_prepared(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    plan = Plan("popularity", {}, projection="comments")
    with closing(commented(LadybugStore(workspace, write=True), "opening", "", None)):
        pass
    gone, unprepared = read_ground(workspace, plan).notes
    assert gone.startswith("Learns nothing from 1 of 3 comments, which `graphrec prepare comments` leaves out")
    assert unprepared.startswith("1 of 3 comments are as they were written")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("Comment", nodes("c0", "c2", left_out=["", ""]))
    assert read_ground(workspace, plan).notes == []
