"""Snapshots: canonical, immutable, made again when the content changes and only then."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import DataError, NotFoundError, TrainingError
from graphrec.features import FeatureStore
from graphrec.graph.build import snapshot
from graphrec.graph.columns import Numbers, Words
from graphrec.graph.content import Mapped
from graphrec.graph.ids import Ids
from graphrec.graph.projection import PROJECTIONS, Projection
from graphrec.graph.snapshot import FORMAT, SPLITS, Snapshot, open_snapshot
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

LIKES, RATINGS, HIGHLIGHTS = (PROJECTIONS[name] for name in ("likes", "ratings", "highlights"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


class ReadsNothing(MemoryStore):
    """A store that tells its versions and refuses to be read."""

    def read_nodes(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("the database was read")

    read_relationships = read_nodes


def liked(store: GraphStore, order: slice = slice(None)) -> GraphStore:
    """Users b, a, c and items z, x, y; a likes y at 1, x at 2 and 3 things more."""
    store.initialise()
    rows = [("a", "y", 1, "train"), ("a", "x", 2, "valid"), ("b", "z", 3, "test"), ("b", "x", 3, None)][order]
    store.write_nodes("User", nodes(*["b", "a", "c"][order]))
    store.write_nodes("Item", nodes(*["z", "x", "y"][order]))
    table = edges(
        *((u, i) for u, i, _, _ in rows), at=[at for *_, at, _ in rows], split=[s for *_, s in rows]
    )
    store.write_relationships("LIKED", "User", "Item", table)
    return store


def all_of(found: Snapshot) -> list[list[float]]:
    return found.content.rows(slice(0, len(found.items))).tolist()


def frozen(store: MemoryStore) -> ReadsNothing:
    double = ReadsNothing()
    double.__dict__.update(store.__dict__)
    return double


def pairs(found: Snapshot) -> list[tuple[str, str]]:
    return [
        (found.users[u], found.items[i])
        for u, i in zip(found.records.user, found.records.item, strict=True)
    ]


def test_content_in_canonical_order(workspace: Workspace) -> None:
    found = snapshot(liked(MemoryStore()), LIKES, workspace)
    assert found.users.values.to_pylist() == ["a", "b", "c"]
    assert found.items.values.to_pylist() == ["x", "y", "z"]
    assert pairs(found) == [("a", "y"), ("a", "x"), ("b", "x"), ("b", "z")]
    assert found.records.order.tolist() == [1, 2, 3, 3]
    assert [SPLITS[code] for code in found.records.split] == ["train", "valid", "", "test"]
    assert (len(found.records), found.item_label, len(found.groups)) == (4, "Item", 0)
    assert not found.videos
    assert found.content.width == 0
    assert found.content.rows(slice(0, 3)).shape == (3, 0)
    assert not found.described.any()


def test_the_order_of_insertion_and_the_database_do_not_matter(tmp_path: Path) -> None:
    prints = set()
    for number, order in enumerate((slice(None), slice(None, None, -1))):
        prints.add(
            snapshot(liked(MemoryStore(), order), LIKES, Workspace(tmp_path / str(number))).fingerprint
        )
    workspace = Workspace(tmp_path / "ladybug")
    with closing(LadybugStore(workspace, write=True)) as store:
        prints.add(snapshot(liked(store), LIKES, workspace).fingerprint)
    assert len(prints) == 1


def test_another_projection_or_content_is_another_snapshot(tmp_path: Path) -> None:
    def print_of(number: int, projection: Projection = LIKES, extra: str | None = None) -> str:
        store = liked(MemoryStore())
        if extra:
            store.write_nodes("User", nodes(extra))
        return snapshot(store, projection, Workspace(tmp_path / str(number))).fingerprint

    prints = {
        print_of(0),
        print_of(1, LIKES.asking(values=("at",))),
        print_of(2, LIKES.asking(fields=("Item.year",))),
        print_of(3, extra="d"),
        print_of(4, extra="e"),
    }
    assert len(prints) == 5


def test_warm_open_reads_no_database(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    cold = snapshot(store, LIKES, workspace)
    warm = snapshot(frozen(store), LIKES, workspace)
    assert warm.fingerprint == cold.fingerprint
    assert pairs(warm) == pairs(cold)
    with pytest.raises(ValueError, match="read-only"):
        warm.records.item[0] = 1
    with pytest.raises(AssertionError, match="was read"):
        snapshot(frozen(store), LIKES.asking(values=("at",)), workspace)


def test_new_rows_are_noticed(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    before = snapshot(store, LIKES, workspace)
    store.write_relationships("LIKED", "User", "Item", edges(("c", "z"), at=[9]))
    after = snapshot(store, LIKES, workspace)
    assert before.fingerprint != after.fingerprint
    assert (len(before.records), len(after.records)) == (4, 5)
    store.write_nodes("Item", nodes("new"))
    assert len(snapshot(store, LIKES, workspace).items) == 4


def test_what_the_projection_does_not_use_is_not_noticed(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    snapshot(store, LIKES, workspace)
    store.write_relationships("RATED", "User", "Item", edges(("a", "x"), rating=[5.0]))
    store.write_embeddings("Item", "emb", pa.array(["x"]), np.ones((1, 2), np.float32))
    snapshot(frozen(store), LIKES, workspace)


def test_features_are_read_and_their_growth_is_noticed(workspace: Workspace) -> None:
    store, features = liked(MemoryStore()), FeatureStore(workspace.features)
    features.write("b", "Item", ["z", "x"], np.array([[1, 2], [3, 4]], np.float32))
    features.write("a", "Item", ["x", "y", "z"], np.array([[7], [8], [9]], np.float32))
    features.write("c", "Segment", ["x"], np.ones((1, 5), np.float32))
    found = snapshot(store, LIKES, workspace)
    # Of what y lacks the mean stands in.
    assert all_of(found) == [[7, 3, 4], [8, 2, 3], [9, 1, 2]]
    assert (found.described.all(), found.content.partial.tolist()) == (True, [False, True, False])
    features.write("b", "Item", ["y"], np.array([[5, 6]], np.float32))
    grown = snapshot(store, LIKES, workspace)
    assert grown.fingerprint != found.fingerprint
    assert all_of(grown) == [[7, 3, 4], [8, 5, 6], [9, 1, 2]]
    assert grown.described.all()
    chosen = snapshot(store, replace(LIKES, features=("b",)), workspace)
    assert all_of(chosen) == [[3, 4], [5, 6], [1, 2]]


def test_unknown_or_unfitting_features(workspace: Workspace) -> None:
    store, features = liked(MemoryStore()), FeatureStore(workspace.features)
    features.write("place", "Segment", ["s"], np.ones((1, 5), np.float32))
    with pytest.raises(NotFoundError, match="did you mean 'place'"):
        snapshot(store, replace(LIKES, features=("plce",)), workspace)
    with pytest.raises(DataError, match="describes Segment nodes, not Item"):
        snapshot(store, replace(LIKES, features=("place",)), workspace)


def test_genres_are_a_feature(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    store.write_nodes("Genre", nodes("war", "art"))
    store.write_relationships("IN_GENRE", "Item", "Genre", edges(("x", "war"), ("z", "war"), ("z", "art")))
    found = snapshot(store, LIKES, workspace)
    assert all_of(found) == [[0, 1], [0, 0], [1, 1]]
    assert found.described.tolist() == [True, False, True]


def test_features_are_never_joined_on_disk(workspace: Workspace) -> None:
    store, features = liked(MemoryStore()), FeatureStore(workspace.features)
    features.write("a", "Item", ["x", "y"], np.array([[7], [8]], np.float32))
    features.write("b", "Item", ["z"], np.array([[1, 2]], np.float32))
    found = snapshot(store, LIKES, workspace)
    assert list(found.features) == ["a", "b", "genres"]
    for name, present in (("a", [True, True, False]), ("b", [False, False, True])):
        one = found.features[name]
        assert isinstance(one, Mapped)
        assert isinstance(one.values.base, np.memmap)
        assert one.present.tolist() == present
    assert found.features["b"].rows(np.array([2, 0])).tolist() == [[1, 2], [0, 0]]


def test_every_record_keeps_its_value(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    rated = edges(("a", "x"), ("a", "y"), ("b", "y"), ("c", "z"), rating=[3.9, 4.0, 5.0, None])
    store.write_relationships("RATED", "User", "Item", rated)
    found = snapshot(store, RATINGS, workspace)
    assert pairs(found) == [("a", "x"), ("a", "y"), ("b", "y"), ("c", "z")]
    assert found.records.values["rating"].tolist() == pytest.approx([3.9, 4, 5, np.nan], nan_ok=True)
    kept = found.where(found.records.values["rating"] >= 4)
    assert pairs(kept) == [("a", "y"), ("b", "y")]
    assert kept.records.values["rating"].tolist() == [4, 5]


def commented(store: GraphStore) -> GraphStore:
    """Users a and b wrote over frames f and g; c2 is about both; c4 has no words and no polarity."""
    store.initialise()
    store.write_nodes("User", nodes("b", "a"))
    store.write_nodes("Frame", nodes("g", "f"))
    words = ["so good", "good", "bad so bad", None]
    store.write_nodes(
        "Comment",
        nodes("c1", "c2", "c3", "c4", words=words, polarity=[1.0, 1.0, 0.0, None], posted_at=[4, 3, 2, 1]),
    )
    store.write_relationships(
        "WROTE", "User", "Comment", edges(("a", "c1"), ("a", "c2"), ("b", "c3"), ("b", "c4"))
    )
    about = edges(("c1", "f"), ("c2", "f"), ("c2", "g"), ("c3", "g"), ("c4", "f"))
    store.write_relationships("ON", "Comment", "Frame", about)
    return store


def test_a_path_is_a_record_with_value_time_and_text(tmp_path: Path) -> None:
    prints = set()
    for number in range(2):
        workspace = Workspace(tmp_path / str(number))
        store = MemoryStore() if number else LadybugStore(workspace, write=True)
        with closing(commented(store)):
            found = snapshot(store, PROJECTIONS["comments"], workspace)
        prints.add(found.fingerprint)
        assert pairs(found) == [("a", "f"), ("a", "g"), ("a", "f"), ("b", "f"), ("b", "g")]
        assert found.records.order.tolist() == [3, 3, 4, 1, 2]
        assert found.records.values["polarity"].tolist() == pytest.approx([1, 1, 1, np.nan, 0], nan_ok=True)
        assert found.records.text is not None
        words = found.ids["word"]
        said = [words.take(found.lists["Comment>word"][row]) for row in found.records.text]
        assert said == [["good"], ["good"], ["so", "good"], [], ["bad", "so", "bad"]]
    assert len(prints) == 1


def test_lists_and_fields_by_name_and_type(tmp_path: Path) -> None:
    prints = set()
    asked = LIKES.asking(
        lists=("Item>Genre", "User>User"), fields=("Item.year", "Item.kind", "Item.audio", "Genre.name")
    )
    for number in range(2):
        workspace = Workspace(tmp_path / str(number))
        store = MemoryStore() if number else LadybugStore(workspace, write=True)
        with closing(liked(store)):
            known = nodes("z", "x", year=[1999, None], kind=["movie", "video"], audio=[True, None])
            store.write_nodes("Item", known)
            store.write_nodes("Genre", nodes("war", "art", name=["War", "Art"]))
            store.write_relationships("IN_GENRE", "Item", "Genre", edges(("z", "war"), ("z", "art"), ("x", "art")))
            store.write_relationships("FOLLOWS", "User", "User", edges(("c", "a"), ("c", "b"), ("a", "c")))
            found = snapshot(store, asked, workspace)
        prints.add(found.fingerprint)
        assert [found.lists["Item>Genre"][row].tolist() for row in range(3)] == [[0], [], [0, 1]]
        assert [found.lists["User>User"][row].tolist() for row in range(3)] == [[2], [], [0, 1]]
        year, kind, audio = (found.fields[f"Item.{name}"] for name in ("year", "kind", "audio"))
        assert isinstance(year, Numbers)
        assert year.values.tolist() == pytest.approx([np.nan, np.nan, 1999], nan_ok=True)
        assert isinstance(audio, Numbers)
        assert audio.values.tolist() == pytest.approx([np.nan, np.nan, 1], nan_ok=True)
        assert isinstance(kind, Words)
        assert kind.codes.tolist() == [1, -1, 0]
        assert kind.vocabulary.values.to_pylist() == ["movie", "video"]
        assert isinstance(found.fields["Genre.name"], Words)
    assert len(prints) == 1


def test_another_format_is_refused_with_the_cure(workspace: Workspace) -> None:
    found = snapshot(liked(MemoryStore()), LIKES, workspace)
    meta = workspace.snapshots / found.fingerprint / "meta.json"
    meta.write_text(meta.read_text().replace(f'"format": {FORMAT}', '"format": 1'))
    with pytest.raises(TrainingError, match="made by another version of graphrec; train again"):
        open_snapshot(meta.parent)


def test_nothing_to_learn_from(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    with pytest.raises(DataError, match=r"no HIGHLIGHTED relationships from User to Segment"):
        snapshot(store, HIGHLIGHTS, workspace)
    with pytest.raises(DataError):
        snapshot(MemoryStore(), LIKES, workspace)
    assert not (workspace.snapshots / "known").exists()
    assert not list(workspace.snapshots.glob(".*"))


def segmented(sequence: bool) -> MemoryStore:
    """Videos v (2 segments) and w (3); segment lone belongs to none."""
    store = MemoryStore()
    store.write_nodes("User", nodes("a"))
    store.write_nodes("Item", nodes("w", "v", "empty"))
    keys = ["w#2", "v#0", "w#0", "v#1", "w#1", "lone"]
    store.write_nodes("Segment", nodes(*keys, position=[2, 0, 0, 1, 1, None]))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", edges(*((key[0], key) for key in keys[:5])))
    order = {"sequence": [1, 0, 2]} if sequence else {"at": [1, 0, 2]}
    liked = edges(("a", "v#1"), ("a", "w#2"), ("a", "lone"), **order)
    store.write_relationships("HIGHLIGHTED", "User", "Segment", liked)
    return store


@pytest.mark.parametrize("sequence", [True, False])
def test_segments_know_their_video_and_place(workspace: Workspace, sequence: bool) -> None:
    found = snapshot(segmented(sequence), HIGHLIGHTS, workspace)
    assert found.items.values.to_pylist() == ["lone", "v#0", "v#1", "w#0", "w#1", "w#2"]
    videos = found.groups.values.to_pylist()
    assert [videos[g] if g >= 0 else None for g in found.videos.group] == [None, "v", "v", "w", "w", "w"]
    assert found.videos.position == pytest.approx([0, 0.25, 0.75, 1 / 6, 0.5, 5 / 6])
    assert pairs(found) == [("a", "w#2"), ("a", "v#1"), ("a", "lone")]
    assert [found.videos.members[g].tolist() for g in range(len(videos)) if videos[g] != "empty"] == [
        [1, 2],
        [3, 4, 5],
    ]


@pytest.mark.parametrize(("name", "least"), [("sequence", -1), ("at", 0)])
def test_what_has_no_place_in_an_order_is_the_earliest(workspace: Workspace, name: str, least: int) -> None:
    store = segmented(True)
    store.write_nodes("User", nodes("b"))
    edge = edges(("b", "v#0"), ("b", "w#0"), ("b", "w#1"), **{name: [0, None, 7]})
    store.write_relationships("HIGHLIGHTED", "User", "Segment", edge)
    if name == "at":
        times = edges(("a", "v#1"), ("a", "w#2"), ("a", "lone"), at=[5, 6, 8])
        store.write_relationships("HIGHLIGHTED", "User", "Segment", times)
    found = snapshot(store, HIGHLIGHTS, workspace)
    own = found.records.of_users(np.array([1]))
    assert np.asarray(own.order).tolist() == [least, 0, 7]


def test_a_snapshot_cut_off_is_made_again(workspace: Workspace) -> None:
    store = liked(MemoryStore())
    found = snapshot(store, LIKES, workspace)
    (workspace.snapshots / found.fingerprint / "meta.json").unlink()
    shutil.rmtree(workspace.snapshots / found.fingerprint)
    assert pairs(snapshot(store, LIKES, workspace)) == pairs(found)


def test_hostile_ids_come_back(workspace: Workspace) -> None:
    store = MemoryStore()
    keys = ["'", "\n", "🎬", "x" * 10_000, "", "a\0b"]
    store.write_nodes("User", nodes(*keys))
    store.write_nodes("Item", nodes("i"))
    store.write_relationships("LIKED", "User", "Item", edges(*((key, "i") for key in keys)))
    found = snapshot(store, LIKES, workspace)
    assert sorted(found.users.take(np.arange(len(keys)))) == sorted(keys)
    assert found.users.take(found.users.index(keys)) == keys


def test_ids() -> None:
    ids = Ids(pa.array(["a", "b", "c"]))
    assert ids.index(["c", "gone", "a"]).tolist() == [2, -1, 0]
    assert ids.index([]).tolist() == []
    assert (ids[1], len(ids), ids.take(np.array([2, 0]))) == ("b", 3, ["c", "a"])
