"""What was there before a record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.graph.records import Mask
from graphrec.models.moment_fields import MomentFields
from graphrec.models.moments_before import NOW, Before
from graphrec.models.parts import Lists
from graphrec.testing.training_data import data_of

USERS, ITEMS = 5, 7
START = 1_600_000_000_000
CPU = torch.device("cpu")


@pytest.fixture
def data() -> Data:
    """Sixty records of some users and items, several at the same moment, some at one that nobody knows."""
    rng = np.random.default_rng(0)
    user, item = rng.integers(0, USERS - 1, 60), rng.integers(0, ITEMS, 60)
    found = data_of(user, item, USERS, ITEMS, click=rng.integers(0, 2, 60))
    order = np.where(rng.random(60) < 0.1, 0, START + 1000 * rng.integers(0, 20, 60))
    arranged = np.lexsort((order, found.records.user))
    return replace(found, value="click", records=replace(found.records.take(arranged), order=order[arranged]))


def asked() -> tuple[Tensor, Tensor, Tensor]:
    rng = np.random.default_rng(1)
    at = np.where(rng.random(200) < 0.1, NOW, START + 500 * rng.integers(-2, 45, 200))
    users, items = rng.integers(0, USERS, 200), rng.integers(0, ITEMS, 200)
    return torch.from_numpy(users), torch.from_numpy(items), torch.from_numpy(at)


def earlier(data: Data, moment: int) -> Mask:
    found: Mask = np.asarray(data.records.order) < moment
    return found


def test_counts_are_of_what_came_before(data: Data) -> None:
    users, items, at = asked()
    found = Before(data, CPU).counts(users, items, at)
    for (user, item), u, i, t in zip(found.tolist(), users.tolist(), items.tolist(), at.tolist(), strict=True):
        before = earlier(data, t)
        assert user == (before & (data.records.user == u)).sum()
        assert item == (before & (np.asarray(data.records.item) == i)).sum()


def test_the_last_items_are_those_that_were_taken_before(data: Data) -> None:
    users, _, at = asked()
    found = Before(data, CPU).last(users, at, 4)
    took = data.records.values["click"] == 1
    assert found.lengths.max() == 4
    assert found.lengths.min() == 0
    for row, (u, t) in enumerate(zip(users.tolist(), at.tolist(), strict=True)):
        its = data.records.item[earlier(data, t) & (data.records.user == u) & took]
        assert found.indices[found.indptr[row] : found.indptr[row + 1]].tolist() == its[-4:].tolist()


def test_nothing_of_later_is_looked_at(data: Data) -> None:
    """Where nothing was recorded from a moment on, what was there before it is the same."""
    moment = START + 9000
    less = replace(data, records=data.records.where(earlier(data, moment)))
    assert 0 < len(less.records) < len(data.records)
    users, items, _ = asked()
    at = torch.full_like(users, moment)
    torch.manual_seed(0)
    fields = MomentFields(3, 4, 5, 1.0)
    fields.attach(data)
    fields.fit(data)
    with torch.no_grad():
        before = fields(users, items, at, shown)
        fields.attach(less)
        assert torch.equal(fields(users, items, at, shown), before)


def shown(items: Lists) -> Tensor:
    """Return something of listed items that no other list has."""
    each = items.indices.split(items.lengths.tolist())
    return torch.stack([(one + 1.0).sqrt().sum() for one in each])[:, None].expand(-1, 4)


@torch.no_grad()
def test_a_moment_has_an_hour_and_a_weekday(data: Data) -> None:
    fields = MomentFields(3, 4, 0, 1.0)
    fields.attach(data)
    fields.fit(data)
    saturday = int(datetime(2026, 1, 31, 18, 59, tzinfo=UTC).timestamp() * 1000)
    one = torch.zeros(1, dtype=torch.int64)
    hours, days = fields.vectors[8:33], fields.vectors[33:41]
    for at, hour, day in ((saturday, 18, 5), (NOW, 24, 7), (0, 24, 7), (7, 24, 7)):
        found = fields(one, one, torch.tensor([at]), shown)[0]
        assert torch.equal(found[2], hours[hour])
        assert torch.equal(found[3], days[day])


def test_buckets_of_counts_hold_as_many_training_records(data: Data) -> None:
    fields = MomentFields(3, 4, 0, 1.0)
    fields.attach(data)
    fields.fit(data)
    records = data.records
    users, items, at = (torch.from_numpy(np.array(one)) for one in (records.user, records.item, records.order))
    counts = Before(data, CPU).counts(users, items, at)
    for column in (0, 1):
        ranked = counts[:, column].sort().values
        assert fields.edges[column].tolist() == ranked[[15, 30, 45]].tolist()


def test_an_hour_that_training_never_shows_says_nothing(data: Data) -> None:
    layer = MomentFields(4, 3, 2, 1.0)
    layer.attach(data)
    layer.fit(data)
    first, last = (int(layer.first[n]) for n in (2, 4))
    told = layer.vectors[first:last].any(1).flatten().tolist()
    when = datetime.fromtimestamp(START / 1000, UTC)
    # Some records are of a moment that nobody knows: of these the last of each is learned, from 0.
    assert [at for at, any_of in enumerate(told[:25]) if any_of] == [when.hour]
    assert [at for at, any_of in enumerate(told[25:]) if any_of] == [when.weekday()]
