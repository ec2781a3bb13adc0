"""Comments on frames of equal shots, which have a time and no picture."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graphrec.loading.resolve.placing import Placing, placing
from graphrec.store.base import GraphStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import edges, nodes, stored_edges, stored_nodes

VIDEOS = {"c0": "long", "c1": "long", "c2": "long", "c3": "new", "c4": "new", "c5": "filmed", "c6": ""}
TIMES = [0.0, 99.9, 120.0, 2.0, 8.0, 7.0, 1.0]


@pytest.fixture
def store(empty_store: GraphStore) -> GraphStore:
    """Return a video of 100 s, one of unknown length, and one with a frame, all with comments on the whole of them."""
    store = empty_store
    store.write_nodes("User", nodes("u"))
    store.write_nodes("Item", nodes("long", "new", "filmed", "silent", duration_s=[100.0, None, 50.0, 50.0]))
    store.write_nodes("Frame", pa.table({"id": ["filmed@5000"], "time_s": [5.0], "uri": ["a.jpg"]}))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("filmed", "filmed@5000")))
    store.write_nodes("Comment", nodes(*VIDEOS))
    on = [(comment, video) for comment, video in VIDEOS.items() if video]
    store.write_relationships("ON", "Comment", "Item", edges(*on))
    return store


def placed(store: GraphStore, shots: int | None, times: list[float] = TIMES, on: str | None = None) -> Placing:
    table = {"id": [*VIDEOS], "video": [*VIDEOS.values()], "moment_s": times, "time_s": TIMES}
    found = placing(pa.table(table), store, "Frame" if shots else on, shots)
    found.write(store)
    found.shots.clear(store)
    return found


def on_frames(store: GraphStore) -> dict[str, str]:
    """Return which frame each comment is ON, and no comment ON anything else."""
    found = [*stored_edges(store, "ON", "Comment", "Frame")]
    assert len(dict(found)) == len(found) == store.counts()["ON"]
    return dict(found)


def test_each_commented_shot_has_a_frame(store: GraphStore) -> None:
    found = placed(store, 10)
    assert found.counts == {
        "moved": 6, "stayed": 0, "on whole videos": 0, "on nothing": 1, "videos in equal shots": 2,
        "of unknown length": 1, "commented shots": 4, "videos with frames": 1,
    }  # fmt: skip
    assert on_frames(store) == {
        "c0": "long@0", "c1": "long@90000", "c2": "long@90000", "c3": "new@1600", "c4": "new@7200", "c5": "filmed@5000",
    }  # fmt: skip
    assert stored_nodes(store, "Frame", "time_s", "shots", "uri") == {
        "long@0": (0.0, 10, None), "long@90000": (90.0, 10, None), "new@1600": (pytest.approx(1.6), 10, None),
        "new@7200": (pytest.approx(7.2), 10, None), "filmed@5000": (5.0, None, "a.jpg"),
    }  # fmt: skip
    owned = {frame: video for video, frame in stored_edges(store, "HAS_FRAME", "Item", "Frame")}
    assert owned == {frame: frame.partition("@")[0] for frame in stored_nodes(store, "Frame")}
    assert placed(store, 10).counts["moved"] == 0


def test_other_numbers_of_shots_and_other_moments_take_the_place_of_those_before(store: GraphStore) -> None:
    placed(store, 10)
    store.write_relationships("LIKED", "User", "Frame", edges(("u", "long@90000")))
    placed(store, 4)
    assert set(on_frames(store).values()) == {"long@0", "long@75000", "new@2000", "new@6000", "filmed@5000"}
    # What somebody likes stays; what nobody speaks of goes.
    assert set(stored_nodes(store, "Frame")) == {*on_frames(store).values(), "long@90000"}
    # Moments of other shots of which there was no frame, with as many shots as before.
    placed(store, None, [30.0, *TIMES[1:]])
    assert on_frames(store)["c0"] == "long@25000"


def test_frames_with_pictures_take_the_place_of_equal_shots(store: GraphStore) -> None:
    placed(store, 10)
    store.write_nodes("Frame", pa.table({"id": ["long@7"], "time_s": [0.007], "uri": ["b.jpg"]}))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("long", "long@7")))
    for shots in (None, 10):
        placed(store, shots)
        assert {on_frames(store)[one] for one in ("c0", "c1", "c2")} == {"long@7"}
        assert set(stored_nodes(store, "Frame")) == {"long@7", "new@1600", "new@7200", "filmed@5000"}


def test_every_comment_is_in_the_shot_of_its_frame() -> None:
    store = MemoryStore()
    count, length = 2_000, 1234.567
    store.write_nodes("Item", nodes("v", duration_s=[length]))
    times = [length * n / count for n in range(count)]
    ids = [f"c{n}" for n in range(count)]
    comments = pa.table({"id": ids, "video": ["v"] * count, "moment_s": times, "time_s": times})
    store.write_nodes("Comment", comments.select(["id"]))
    placing(comments, store, "Frame", 700).write(store)
    begins = {key: row[0] for key, row in stored_nodes(store, "Frame", "time_s").items()}
    of = on_frames(store)
    # Both ends as exact as numbers are.
    assert all(0 <= moment - begins[of[f"c{n}"]] < length / 700 + 1e-9 for n, moment in enumerate(times))
    assert len(begins) == len(set(of.values())) == 700
    # Shots of less than a millisecond are none.
    store.write_nodes("Item", nodes("v", duration_s=[0.01]))
    assert placing(comments, store, "Frame", 700).shots.frames["shots"].unique().to_pylist() == [10]
