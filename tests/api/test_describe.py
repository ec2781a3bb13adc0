"""Texts of a graph: described once, later nodes in the same space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.describe import DescribedValues, describe
from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.schema import Property
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import nodes
from graphrec.workspace import Workspace

TITLES = ["Toy Story", "Toy Story 2", "Alien", "Aliens", None, " "]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.write_nodes("Item", nodes(*"abcdef", title=TITLES, year=[1, 2, 3, 4, 5, 6]))
    return store


def vectors(workspace: Workspace, ids: str, name: str = "item-title") -> tuple[np.ndarray, list[bool]]:
    found, known = FeatureStore(workspace.features).read(name, list(ids))
    return found, known.tolist()


def test_what_has_a_text_gets_a_vector_and_later_nodes_one_in_the_same_space(store, workspace) -> None:
    done = describe(store, workspace, "Item.title")
    assert done == DescribedValues("item-title", "Item", 128, True, 4, 0, 2, encoder="tfidf")
    before, known = vectors(workspace, "abcdef")
    assert known == [True] * 4 + [False] * 2
    assert before[0] @ before[1] > before[0] @ before[2] + 0.3
    store.write_nodes("Item", nodes("g", title=["Toy Story 3"]))
    done = describe(store, workspace, "Item.title")
    assert done == DescribedValues("item-title", "Item", 128, False, 1, 4, 2, encoder="tfidf")
    after, _ = vectors(workspace, "abcdefg")
    np.testing.assert_array_equal(after[:6], before)
    assert after[6] @ after[0] > after[6] @ after[2] + 0.3
    assert describe(store, workspace, "Item.title").described == 0


def test_a_refit_describes_all_anew(store, workspace) -> None:
    describe(store, workspace, "Item.title", dimension=2)
    store.write_nodes("Item", nodes("g", title=["料理の作り方"]))
    describe(store, workspace, "Item.title")
    assert not vectors(workspace, "g")[0].any()
    done = describe(store, workspace, "Item.title", dimension=8, refit=True)
    assert done == DescribedValues("item-title", "Item", 8, True, 5, 0, 2, encoder="tfidf")
    found, known = vectors(workspace, "abcdefg")
    assert (found.shape, known) == ((7, 8), [True] * 4 + [False] * 2 + [True])
    assert found[6].any()


def test_two_properties_have_matrices_of_their_own(store, workspace) -> None:
    store.write_nodes("Comment", nodes("c", "d", text=["great", "terrible"]))
    assert describe(store, workspace, "Comment.text").name == "comment-text"
    assert describe(store, workspace, "Item.title", name="titles").name == "titles"
    info = FeatureStore(workspace.features).info("comment-text")
    assert (info.label, info.rows) == ("Comment", 2)
    with pytest.raises(ConfigError, match=r"'titles' describes Item.title, not Comment.text; .*--name"):
        describe(store, workspace, "Comment.text", name="titles")


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"what": "title"}, ConfigError, "write one like Item.title"),
        ({"what": "Itme.title"}, NotFoundError, "did you mean 'Item'"),
        ({"what": "Item.titel"}, NotFoundError, "did you mean 'title'"),
        ({"what": "Item.year", "encoder": "tfidf"}, ConfigError, "holds whole numbers, which tfidf does not describe"),
        ({"what": "Item.title", "encoder": "number"}, ConfigError, "leave --encoder out for tfidf"),
        ({"what": "Item.width"}, DataError, "Item.width has no value yet"),
        ({"what": "Item.uri"}, DataError, "no text to learn from"),
        ({"what": "Item.title", "encoder": "tfidff"}, NotFoundError, "did you mean 'tfidf'"),
        (
            {"what": "Item.title", "dimension": 64},
            ConfigError,
            "dimension 128, not 64; fit anew with --refit",
        ),
        ({"what": "Item.title", "name": "look"}, DataError, "'look' was not made by `graphrec describe`"),
    ],
)
def test_what_cannot_be_described_is_told(store, workspace, given, error, told) -> None:
    describe(store, workspace, "Item.title")
    FeatureStore(workspace.features).write("look", "Item", ["a"], np.ones((1, 3), np.float32))
    with pytest.raises(error, match=told):
        describe(store, workspace, **given)
    assert vectors(workspace, "a", "look")[0].tolist() == [[1, 1, 1]]


def test_a_name_that_leads_elsewhere_is_refused(store, workspace, tmp_path) -> None:
    with pytest.raises(DataError, match="cannot name a feature matrix"):
        describe(store, workspace, "Item.title", name="../../outside")
    assert not list(tmp_path.parent.glob("outside*"))


def test_lists_categories_and_numbers_are_described_too(store, workspace) -> None:
    store.declare("User", [Property("tags", "list"), Property("country", "string"), Property("age", "int64")])
    tags = pa.array([["x", "y"], ["y"], None, ["z"]], pa.list_(pa.string()))
    users = {"id": list("uvwx"), "tags": tags, "country": ["de", "fr", None, "de"], "age": [20, 40, None, 30]}
    store.write_nodes("User", pa.table(users))
    done = describe(store, workspace, "User.tags")
    assert done == DescribedValues("user-tags", "User", 3, True, 3, 0, 1, encoder="n-hot")
    assert vectors(workspace, "uvwx", "user-tags")[0].tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]
    few = describe(store, workspace, "User.tags", name="few", dimension=2)
    assert (few.dimension, few.left_out) == (2, 1)
    describe(store, workspace, "User.country", encoder="n-hot")
    assert vectors(workspace, "uvx", "user-country")[0].tolist() == [[1, 0], [0, 1], [1, 0]]
    describe(store, workspace, "User.age")
    np.testing.assert_allclose(vectors(workspace, "uvx", "user-age")[0][:, 0], [-1.224745, 1.224745, 0], atol=1e-6)
    # What comes later is on the same scale, and a value that was not there has no column.
    later = pa.table({"id": ["n"], "age": [60], "tags": pa.array([["q", "x"]], pa.list_(pa.string()))})
    store.write_nodes("User", later)
    done = describe(store, workspace, "User.age")
    assert done == DescribedValues("user-age", "User", 1, False, 1, 3, 1, encoder="number")
    np.testing.assert_allclose(vectors(workspace, "n", "user-age")[0], [[30 / (200 / 3) ** 0.5]], rtol=1e-6)
    describe(store, workspace, "User.tags")
    assert vectors(workspace, "n", "user-tags")[0].tolist() == [[1, 0, 0]]
    with pytest.raises(ConfigError, match="--refit"):
        describe(store, workspace, "User.tags", name="user-country")


def test_texts_that_are_categories_become_n_hot_and_stay_so(workspace) -> None:
    store = MemoryStore()
    store.declare("User", [Property("country", "string")])
    store.write_nodes("User", pa.table({"id": [f"u{n}" for n in range(20)], "country": ["de", "fr", "it", "jp"] * 5}))
    done = describe(store, workspace, "User.country")
    assert (done.encoder, done.dimension, done.described) == ("n-hot", 4, 20)
    lands = {"id": [f"v{n}" for n in range(200)], "country": [f"land {n}" for n in range(200)]}
    store.write_nodes("User", pa.table(lands))
    assert describe(store, workspace, "User.country").encoder == "n-hot"
    assert describe(store, workspace, "User.country", refit=True).encoder == "tfidf"
    assert describe(store, workspace, "User.country").encoder == "tfidf"
