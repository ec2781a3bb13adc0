"""The fields of records as vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import Tensor

from graphrec.graph.columns import Numbers, Words
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.ids import Ids
from graphrec.models.field_layout import layout, names_only
from graphrec.models.record_fields import RecordFields
from graphrec.ragged import Ragged
from graphrec.testing.training_data import data_of

D = 3
YEARS = [1990.0, 2000, np.nan, 2010, 5000]


@pytest.fixture
def data() -> Data:
    """Three users and five items; user 2 and item 4 have no training record, item 0 has three and item 1 two."""
    user, item = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 3])
    look = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0], [9, 9]])
    found = data_of(user, item, 3, 5, features=look, click=[1, 0, 1, 0, 1, 0])
    there = np.array([True, True, True, False, True])
    return replace(
        found,
        nodes={**found.nodes, "Genre": 3},
        features={"look": Mapped("Item", look.astype(np.float32), there)},
        lists={
            "Item>Genre": Ragged.from_pairs(np.array([0, 0, 1, 3, 4]), np.array([0, 1, 1, 2, 0]), 5),
            "User>User": Ragged.from_pairs(np.array([0, 0]), np.array([1, 2]), 3),
        },
        fields={
            "Item.year": Numbers(np.array(YEARS)),
            "Item.maker": Words(np.array([1, 1, -1, 0, 0]), Ids(pa.chunked_array([["a", "b"]]))),
            "User.job": Words(np.array([0, 0, -1]), Ids(pa.chunked_array([["x"]]))),
            "Item.title": Words(np.arange(5), Ids(pa.chunked_array([list("abcde")]))),
        },
    )


def fields_of(data: Data, *, numbers: str = "buckets", least: int = 2) -> RecordFields:
    torch.manual_seed(0)
    found = RecordFields(layout(data.shape, "all"), D, numbers, 2, least, 1.0)  # type: ignore[arg-type]
    found.fit(data)
    found.attach(data)
    return found


def of(fields: RecordFields, name: str, *, user: int = 0, item: int = 0) -> Tensor:
    """Return the vector of one field of a record."""
    at = [field.name for field in fields.order].index(name)
    with torch.no_grad():
        return fields(torch.tensor([user]), torch.tensor([item]))[0, at]


def row(fields: RecordFields, name: str, value: int) -> Tensor:
    return fields.table.weight[fields.first[name] + value].detach()


def test_all_fields_are_there_users_first(data: Data) -> None:
    names = [field.name for field in fields_of(data).order]
    assert names == ["User", "User.job", "User>User", "Item", "Item.maker", "Item.year", "Item>Genre", "look"]
    assert names_only(data.shape) == ["Item.title"]
    assert fields_of(data)(torch.tensor([0, 1]), torch.tensor([0, 4])).shape == (2, 8, D + 1)


def test_what_training_records_say_often_has_a_row_and_what_is_rare_shares_one(data: Data) -> None:
    fields = fields_of(data)
    assert torch.equal(of(fields, "User", user=1), row(fields, "User", 1))
    # Item 2 has a single training record, item 4 none.
    rare = row(fields, "Item", 5)
    assert torch.equal(of(fields, "Item", item=2), rare)
    assert torch.equal(of(fields, "Item", item=4), rare)
    assert not rare.any()
    assert torch.equal(of(fields_of(data, least=1), "Item", item=2), row(fields_of(data, least=1), "Item", 2))


def test_words_that_are_missing_are_not_those_that_are_rare(data: Data) -> None:
    fields = fields_of(data)
    assert torch.equal(of(fields, "Item.maker", item=1), row(fields, "Item.maker", 1))
    with torch.no_grad():
        fields.table.weight[fields.first["Item.maker"] + 2 :][:2] = torch.tensor([[1.0], [2.0]])
    # The maker "a" is that of item 3, which trains once, and of item 4, which does not train.
    assert of(fields, "Item.maker", item=3)[0] == 1
    assert of(fields, "Item.maker", item=2)[0] == 2


def test_a_list_is_the_mean_of_its_rows(data: Data) -> None:
    fields = fields_of(data)
    both = (row(fields, "Item>Genre", 0) + row(fields, "Item>Genre", 1)) / 2
    torch.testing.assert_close(of(fields, "Item>Genre", item=0), both)
    # The genre 2 is said by one training record.
    assert torch.equal(of(fields, "Item>Genre", item=3), row(fields, "Item>Genre", 3))
    assert torch.equal(of(fields, "Item>Genre", item=2), row(fields, "Item>Genre", 4))


def test_whom_a_user_follows_is_told_by_the_rows_of_users(data: Data) -> None:
    fields = fields_of(data)
    followed = (row(fields, "User", 1) + row(fields, "User", 3)) / 2
    torch.testing.assert_close(of(fields, "User>User", user=0), followed)
    with torch.no_grad():
        fields.table.weight[fields.first["User>User"] + 1] = 7
    assert of(fields, "User>User", user=1)[0] == 7


def test_numbers_are_scaled_by_training_records_only(data: Data) -> None:
    fields = fields_of(data, numbers="scaled")
    trains = np.array([1990, 1990, 2000, 2000, 2010])
    scaled = (np.array(YEARS) - trains.mean()) / trains.std()
    for item in (0, 1, 3, 4):
        torch.testing.assert_close(of(fields, "Item.year", item=item), row(fields, "Item.year", 0) * scaled[item])
    assert torch.equal(of(fields, "Item.year", item=2), row(fields, "Item.year", 2))


def test_buckets_hold_as_many_training_records(data: Data) -> None:
    fields = fields_of(data)
    assert float(fields.edges[0, 0]) == 2000
    buckets = [of(fields, "Item.year", item=item) for item in (0, 1, 3, 4, 2)]
    for found, bucket in zip(buckets, (0, 1, 1, 1, 3), strict=True):
        assert torch.equal(found, row(fields, "Item.year", bucket))


def test_no_bucket_is_empty(data: Data) -> None:
    fields = fields_of(data)
    fields._fit_number(0, np.array([7.0, 3]), np.array([50, 50]))
    assert float(fields.edges[0, 0]) == 7, "3 is in the first bucket, 7 in the second"


def test_a_matrix_is_projected_and_what_it_does_not_describe_is_missing(data: Data) -> None:
    fields = fields_of(data)
    scaled = fields.scalings[0](torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(of(fields, "look", item=0), (scaled @ fields.projections[0].T)[0].detach())
    with torch.no_grad():
        fields.table.weight[fields.first["look"] + 1] = 5
    assert of(fields, "look", item=3)[0] == 5
    torch.testing.assert_close(fields.scalings[0].shift, torch.tensor([2 / 3, 2 / 3]))


def test_what_is_not_in_training_changes_nothing(data: Data) -> None:
    """Values of nodes without a training record are looked at, and never fitted on."""
    other = replace(
        data,
        fields={
            **data.fields,
            "Item.year": Numbers(np.array([*YEARS[:4], -1.0])),
            "User.job": Words(np.array([0, 0, 0]), Ids(pa.chunked_array([["x"]]))),
        },
    )
    for numbers in ("scaled", "buckets"):
        one, two = fields_of(data, numbers=numbers), fields_of(other, numbers=numbers)
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, two.state_dict()[name]), name
