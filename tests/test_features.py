"""Feature matrices: kept exactly, appended to, refused where they cannot be right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import DataError, NotFoundError
from graphrec.features import SCANS, FeatureStore, sibling

RNG = np.random.default_rng(0)


@pytest.fixture
def features(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "features")


def matrix(rows: int, width: int = 4) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return RNG.normal(size=(rows, width)).astype(np.float32)


def test_vectors_come_back_in_the_order_asked_for(features: FeatureStore) -> None:
    vectors = matrix(3)
    assert features.write("image", "Item", ["a", "b", "c"], vectors) == 3
    found, present = features.read("image", ["c", "gone", "a"])
    assert np.array_equal(found, np.stack([vectors[2], np.zeros(4, np.float32), vectors[0]]))
    assert present.tolist() == [True, False, True]
    assert found.dtype == np.float32
    assert np.array_equal(features.read("image", pa.array(["b"]))[0], vectors[1:2])


def test_whole_numbers_as_ids_are_their_digits(features: FeatureStore) -> None:
    vectors = matrix(3)
    assert features.write("image", "Item", [7, np.int64(8), "9"], vectors) == 3
    assert features.write("image", "Item", ["7", "8", 9], vectors) == 0
    for ids in (["9", "7"], [9, 7], np.array([9, 7]), pa.array([9, 7])):
        found, present = features.read("image", ids)
        assert present.all()
        assert np.array_equal(found, vectors[[2, 0]])
    with pytest.raises(DataError, match="an id appears twice"):
        features.write("image", "Item", [7, "7"], vectors[:2])
    with pytest.raises(TypeError, match=r"not 1\.5"):
        features.write("image", "Item", [1.5], vectors[:1])
    assert features.remove("Item", [8]) == {"image": 1}
    assert features.read("image", ["8"])[1].tolist() == [False]


def test_new_and_changed_vectors_are_appended(features: FeatureStore) -> None:
    first = matrix(2)
    features.write("image", "Item", ["a", "b"], first)
    before = features.info("image")
    changed = matrix(3)
    changed[0] = first[1]
    assert features.write("image", "Item", ["b", "a", "c"], changed) == 2
    after = features.info("image")
    assert before.fingerprint != after.fingerprint
    assert (after.width, after.label, after.name) == (4, "Item", "image")
    assert np.array_equal(features.read("image", ["a", "b", "c"])[0], changed[[1, 0, 2]])


def test_the_same_again_changes_nothing(features: FeatureStore) -> None:
    vectors = matrix(2)
    features.write("image", "Item", ["a", "b"], vectors)
    before = features.info("image"), sorted(features.folder.rglob("*"))
    assert features.write("image", "Item", ["b", "a"], vectors[::-1]) == 0
    assert (features.info("image"), sorted(features.folder.rglob("*"))) == before


def test_going_back_to_an_older_vector(features: FeatureStore) -> None:
    old, new = matrix(1), matrix(1)
    for vector in (old, new, old):
        assert features.write("image", "Item", ["a"], vector) == 1
        assert np.array_equal(features.read("image", ["a"])[0], vector)


def test_half_precision_is_widened(features: FeatureStore) -> None:
    vectors = matrix(2).astype(np.float16)
    features.write("image", "Item", ["a", "b"], vectors)
    assert np.array_equal(features.read("image", ["a", "b"])[0], vectors.astype(np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_vector_that_is_not_finite_is_named(features: FeatureStore, value: float) -> None:
    vectors = matrix(3).astype(np.float64)
    vectors[1, 2] = value
    with pytest.raises(DataError, match=r"vector of 'b' \(row 1\) holds NaN or infinity"):
        features.write("image", "Item", ["a", "b", "c"], vectors)
    assert features.names() == []


def test_ids_and_rows_must_match(features: FeatureStore) -> None:
    with pytest.raises(DataError, match=r"3 ids but an array of shape \(2, 4\)"):
        features.write("image", "Item", ["a", "b", "c"], matrix(2))
    with pytest.raises(DataError, match=r"shape \(4,\)"):
        features.write("image", "Item", ["a"] * 4, matrix(1)[0])
    with pytest.raises(DataError, match="twice"):
        features.write("image", "Item", ["a", "a"], matrix(2))


def test_width_and_label_stay(features: FeatureStore) -> None:
    features.write("image", "Item", ["a"], matrix(1))
    with pytest.raises(DataError, match="holds 4 numbers per Item, not 5 per Item"):
        features.write("image", "Item", ["b"], matrix(1, 5))
    with pytest.raises(DataError, match="not 4 per Segment"):
        features.write("image", "Segment", ["b"], matrix(1))
    assert features.info("image").rows == 1


def test_unknown_names(features: FeatureStore) -> None:
    features.write("image", "Item", ["a"], matrix(1))
    with pytest.raises(NotFoundError, match="did you mean 'image'"):
        features.info("imge")
    with pytest.raises(NotFoundError):
        features.read("audio", ["a"])
    for name in ("", "../image", "a/b", "."):
        with pytest.raises(DataError, match="cannot name"):
            features.write(name, "Item", ["a"], matrix(1))


def test_hostile_ids(features: FeatureStore) -> None:
    ids = ["'", "\n", "🎬", "x" * 10_000, "a\0b"]
    vectors = matrix(len(ids))
    features.write("image", "Item", ids, vectors)
    assert np.array_equal(features.read("image", ids)[0], vectors)


def content(features: FeatureStore) -> dict[str, list[float]]:
    ids = [f"n{number}" for number in range(40)]
    vectors, present = FeatureStore(features.folder).read("image", ids)
    return {key: vector.tolist() for key, vector, known in zip(ids, vectors, present, strict=True) if known}


def test_many_small_writes_leave_few_parts_and_the_newest_vectors(features: FeatureStore) -> None:
    expected, prints = {}, set()
    for number in range(60):
        ids = [f"n{n}" for n in RNG.choice(40, 2, replace=False)]
        vectors = matrix(2)
        expected |= dict(zip(ids, vectors.tolist(), strict=True))
        assert features.write("image", "Item", ids, vectors) == 2
        assert features.write("image", "Item", ids, vectors) == 0
        assert content(features) == expected
        assert number == 0 or len(list(features.folder.glob("image/*.npy"))) <= np.log2(number) + 2
        prints.add(features.info("image").fingerprint)
    assert len(prints) == 60


def test_a_large_part_is_not_copied_again(features: FeatureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphrec.features.MERGED_BYTES", 100)
    features.write("image", "Item", [f"n{n}" for n in range(10)], matrix(10))
    (large,) = features.folder.glob("image/*.npy")
    for number in range(10, 40):
        features.write("image", "Item", [f"n{number}"], matrix(1))
    assert large.exists()
    assert len(content(features)) == 40


def test_two_stores_see_what_the_other_wrote(features: FeatureStore) -> None:
    other, vectors = FeatureStore(features.folder), matrix(4)
    for number in range(4):
        writer = features if number % 2 else other
        assert writer.write("image", "Item", [f"n{number}"], vectors[number : number + 1]) == 1
    assert features.write("image", "Item", [f"n{number}" for number in range(4)], vectors) == 0
    assert len(content(features)) == 4


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from graphrec import features, files

def kill(*given):
    os.kill(os.getpid(), 9)

step = sys.argv[2]
if step == "meta":
    features.write_json = kill
elif step == "drop":
    features.FeatureStore._drop_unused = kill
else:
    features._write_part = kill
features.FeatureStore(Path(sys.argv[1])).write("image", "Item", ["n1"], np.full((1, 4), 2, np.float32))
"""


@pytest.mark.parametrize(("step", "count"), [("part", 1), ("meta", 1), ("drop", 2)])
def test_killed_in_the_middle_and_repeated(features: FeatureStore, step: str, count: int) -> None:
    """The second write merges; killed before the part, before its entry, and before the old part is removed."""
    features.write("image", "Item", ["n0"], np.ones((1, 4), np.float32))
    command = [sys.executable, "-c", KILLED, str(features.folder), step]
    assert subprocess.run(command, check=False).returncode == -9
    assert len(content(features)) == count
    assert features.write("image", "Item", ["n1", "n2"], np.full((2, 4), 2, np.float32)) == 3 - count
    assert content(features) == {"n0": [1.0] * 4, "n1": [2.0] * 4, "n2": [2.0] * 4}
    parts = json.loads((features.folder / "image" / "meta.json").read_text())["parts"]
    kept = {path.stem for path in features.folder.glob("image/*")}
    assert kept == {"meta", *(part["digest"] for part in parts)}


def test_nothing_to_write(features: FeatureStore) -> None:
    assert features.write("image", "Item", [], np.empty((0, 4), np.float32)) == 0
    assert features.names() == []


@pytest.mark.parametrize(
    ("name", "label", "other", "expected"),
    [
        ("look", "Segment", "Frame", "look-frame"),
        ("look-item", "Item", "Segment", "look"),
        ("look-item", "Item", "Frame", "look-frame"),
        ("look-frame", "Frame", "Trailer", "look-trailer"),
        ("look", "Segment", "Segment", "look"),
        ("posters", "Item", "Segment", None),
        ("look", "Segment", "User", None),
        ("look", "User", "Segment", None),
    ],
)
def test_matrices_of_one_space_are_named_alike(
    name: str, label: str, other: str, expected: str | None
) -> None:
    assert sibling(name, label, other) == expected


def test_a_dropped_matrix_is_gone_and_may_come_again(features: FeatureStore) -> None:
    features.write("text", "Item", ["a"], matrix(1))
    features.write("image", "Item", ["a"], matrix(1))
    features.drop("text")
    assert features.names() == ["image"]
    assert not (features.folder / "text").exists()
    with pytest.raises(NotFoundError):
        features.drop("text")
    wide = matrix(2, 7)
    features.write("text", "Segment", ["b", "a"], wide)
    np.testing.assert_array_equal(features.read("text", ["a"])[0], wide[1:])


def test_ids_are_found_alike_by_scan_and_by_dictionary(tmp_path: Path) -> None:
    ids = [f"s{n}" for n in range(50)]
    vectors = np.arange(100, dtype=np.float32).reshape(50, 2)
    FeatureStore(tmp_path).write("look", "Segment", ids, vectors)
    asked = ["s7", "nobody", "s7", "s0", "s49"]
    store = FeatureStore(tmp_path)
    for _ in range(SCANS + 2):
        found, present = store.read("look", asked)
        assert present.tolist() == [True, False, True, True, True]
        assert found[[0, 2, 3, 4]].tolist() == vectors[[7, 7, 0, 49]].tolist()
    assert store.read("look", [])[0].shape == (0, 2)


def test_removed_vectors_are_nowhere_and_the_others_stay(features: FeatureStore) -> None:
    vectors, later = matrix(50), matrix(2)
    keys = [f"i{n}" for n in range(50)]
    features.write("look", "Item", keys, vectors)
    features.write("look", "Item", ["i1", "new"], later)
    features.write("users", "User", ["i1"], matrix(1))
    before = features.info("look").fingerprint
    assert features.remove("Item", ["i1", "i7", "absent"], dry_run=True) == {"look": 2}
    assert features.info("look").fingerprint == before
    assert features.remove("Item", ["i1", "i7", "absent"]) == {"look": 2}
    assert features.info("look").fingerprint != before
    found, known = FeatureStore(features.folder).read("look", [*keys, "new"])
    assert known.tolist() == [key not in ("i1", "i7") for key in keys] + [True]
    assert (found[known] == np.concatenate([np.delete(vectors, [1, 7], 0), later[1:]])).all()
    assert not any(b"i7" in path.read_bytes() for path in (features.folder / "look").glob("*.arrow"))
    assert features.remove("Item", ["i1"]) == {}
    assert features.read("users", ["i1"])[1].all()


def test_a_matrix_may_lose_all_its_vectors(features: FeatureStore) -> None:
    features.write("look", "Item", ["a"], matrix(1))
    assert features.remove("Item", ["a"]) == {"look": 1}
    assert features.info("look").rows == 0
    assert not features.read("look", ["a"])[1].any()
    assert features.write("look", "Item", ["a"], matrix(1)) == 1
