"""Stored comments placed anew."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graphrec.loading.resolve.placing import Placing, placing
from graphrec.store.base import GraphStore
from graphrec.testing.source_files import write_segmented_videos
from graphrec.testing.store_contract import edges, nodes, stored_edges

LABELS = ("Segment", "Frame", "Item")


@pytest.fixture
def store(empty_store: GraphStore) -> GraphStore:
    """Return comments on a segment, on a frame, on whole videos, on a trailer's frame, and on nothing."""
    store = empty_store
    write_segmented_videos(store)
    store.write_nodes("Trailer", nodes("t"))
    store.write_nodes("Frame", pa.table({"id": ["t0"], "time_s": [0.0]}))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", edges(("v", "t")))
    store.write_relationships("HAS_FRAME", "Trailer", "Frame", edges(("t", "t0")))
    store.write_nodes("Comment", nodes("cut", "still", "whole", "bare", "trailer", "lost"))
    store.write_relationships("ON", "Comment", "Segment", edges(("cut", "v#2")))
    store.write_relationships("ON", "Comment", "Frame", edges(("still", "f8"), ("trailer", "t0")))
    store.write_relationships("ON", "Comment", "Item", edges(("whole", "v"), ("bare", "bare")))
    return store


def moments(second: float) -> pa.Table:
    videos = {"cut": "v", "still": "v", "whole": "v", "bare": "bare", "trailer": "v", "lost": ""}
    times = [second] * len(videos)
    return pa.table({"id": [*videos], "video": [*videos.values()], "moment_s": times, "time_s": times})


def on(store: GraphStore) -> dict[str, str]:
    """Return what each comment is ON, one thing each."""
    found = [ends for label in LABELS for ends in stored_edges(store, "ON", "Comment", label)]
    assert len(dict(found)) == len(found)
    return dict(found)


def counts(done: Placing) -> tuple[int, ...]:
    return done.moved, done.stayed, done.on_videos, done.nowhere


THERE = {"trailer": "t0", "bare": "bare"}


def test_each_goes_to_what_plays_at_its_moment_of_the_kind_that_it_is_on(store: GraphStore) -> None:
    found = placing(moments(6), store)
    assert counts(found) == (2, 1, 2, 1)
    assert on(store) == {**THERE, "cut": "v#2", "still": "f8", "whole": "v"}
    found.write(store)
    assert on(store) == {**THERE, "cut": "v#1", "still": "f4", "whole": "v"}
    assert counts(placing(moments(6), store)) == (0, 3, 2, 1)


@pytest.mark.parametrize(("label", "target"), [("Segment", "v#1"), ("Frame", "f4")])
def test_all_go_to_the_kind_that_is_asked_for_where_the_video_has_any(
    store: GraphStore, label: str, target: str
) -> None:
    found = placing(moments(6), store, label)
    assert counts(found) == (3, 1, 1, 1)
    found.write(store)
    assert on(store) == {**THERE, "cut": target, "still": target, "whole": target}
    assert counts(placing(moments(6), store, label)) == (0, 4, 1, 1)


def test_what_was_cut_off_is_finished_by_doing_it_again(store: GraphStore) -> None:
    # As on a server, which commits in parts: what is new is written, and nothing deleted yet.
    for label, rows in placing(moments(6), store, "Frame").new.items():
        store.write_relationships("ON", "Comment", label, rows)
    found = placing(moments(6), store, "Frame")
    assert counts(found) == (3, 1, 1, 1)
    found.write(store)
    assert on(store) == {**THERE, "cut": "f4", "still": "f4", "whole": "f4"}
