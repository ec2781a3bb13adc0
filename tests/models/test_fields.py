"""Users and items as sparse columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.graph.columns import Numbers, Words
from graphrec.graph.data import Data
from graphrec.graph.ids import Ids
from graphrec.models.fields import needed, require_fields, side, widths
from graphrec.ragged import Ragged
from graphrec.testing.training_data import data_of

EVERY = "Item>Genre,Item.year,Item.uploader,content"


@pytest.fixture
def data() -> Data:
    """Items 0 and 1 of three have a record, item 1 no genre, item 0 no year, item 2 no uploader."""
    found = data_of(np.array([0, 0]), np.array([0, 1]), 2, 3, features=np.array([[3.0, 0], [1, 2], [0, 0]]))
    return replace(
        found,
        nodes={**found.nodes, "Genre": 4},
        lists={"Item>Genre": Ragged.from_pairs(np.array([0, 0, 2]), np.array([1, 3, 3]), 3)},
        fields={
            "Item.year": Numbers(np.array([np.nan, 1990, 2000])),
            "Item.uploader": Words(np.array([1, 0, -1]), Ids(pa.chunked_array([["a", "b"]]))),
        },
    )


def test_a_node_is_a_column_where_it_has_a_record(data: Data) -> None:
    np.testing.assert_array_equal(side(data, "Item", "").rows.toarray(), np.diag([1, 1, 0]))
    np.testing.assert_array_equal(side(data, "User", EVERY).rows.toarray(), np.diag([1, 0]))


def test_each_listed_thing_counts_its_share(data: Data) -> None:
    found = side(data, "Item", "Item>Genre").rows.toarray()[:, 3:]
    np.testing.assert_array_equal(found, [[0, 0.5, 0, 0.5], [0, 0, 0, 0], [0, 0, 0, 1]])


def test_words_are_columns_of_their_own_and_numbers_one(data: Data) -> None:
    found = side(data, "Item", "Item.uploader,Item.year")
    np.testing.assert_array_equal(found.rows.toarray()[:, 3:5], [[0, 1], [1, 0], [0, 0]])
    # Of the items with a record one has a year: there is nothing to scale it by.
    np.testing.assert_array_equal(found.rows.toarray()[:, 5], 0)
    np.testing.assert_array_equal(found.fields, [0, 0, 0, 1, 1, 2])


def test_numbers_are_standardised_over_nodes_with_a_record(data: Data) -> None:
    years = Numbers(np.array([1980.0, 1990, 2010]))
    found = side(replace(data, fields={"Item.year": years}), "Item", "Item.year").rows.toarray()[:, 3]
    np.testing.assert_allclose(found, [-1, 1, 5])


def test_features_are_of_unit_length(data: Data) -> None:
    found = side(data, "Item", "content").rows.toarray()[:, 3:]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 0], rtol=1e-6)


def test_as_many_columns_as_a_model_is_allocated_by(data: Data) -> None:
    assert widths(data.shape, "Item", EVERY) == [3, 4, 1, 2, 2]
    assert side(data, "Item", EVERY).rows.shape == (3, sum(widths(data.shape, "Item", EVERY)))
    assert widths(data.shape, "User", EVERY) == [2]


def test_what_is_known_is_what_has_a_column(data: Data) -> None:
    assert side(data, "Item", "").known.tolist() == [True, True, False]
    assert side(data, "Item", "Item>Genre").known.tolist() == [True, True, True]


def test_fields_are_read_from_what_they_name() -> None:
    found = needed(" Item>Genre, User.age ,content,")
    assert (found.lists, found.fields, found.features) == (("Item>Genre",), ("User.age",), True)
    with pytest.raises(ConfigError, match="'year' is no field"):
        needed("year")


def test_a_field_that_says_nothing_is_named(data: Data) -> None:
    require_fields(data, EVERY)
    with pytest.raises(ConfigError, match="neither of User nor of Item"):
        require_fields(data, "Segment.start_s")
    with pytest.raises(DataError, match="needs features"):
        require_fields(replace(data, features={}), "content")
    nobody = replace(data, lists={"Item>Genre": Ragged.from_pairs(np.empty(0, np.int64), np.empty(0), 3)})
    with pytest.raises(DataError, match="no Item has any Item>Genre"):
        require_fields(nobody, "Item>Genre")
