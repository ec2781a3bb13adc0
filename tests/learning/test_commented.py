"""Batches of frames with what users wrote on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.errors import TrainingError
from graphrec.graph.data import Data
from graphrec.graph.projection import PROJECTIONS, TEXT
from graphrec.learning.commented import Commented
from graphrec.learning.options import TrainOptions
from graphrec.tasks.ranking import Ranking
from graphrec.testing.planted import planted

COMMENTS = PROJECTIONS["comments"].asking(lists=(TEXT,))


@pytest.fixture
def data() -> Data:
    return Ranking.of(COMMENTS, ()).split(planted(COMMENTS), "random-by-user").data


def feed(data: Data, share: float = 0.0, negatives: int = 5) -> Commented:
    options = TrainOptions.model_validate({"negatives": negatives, "batch_size": 64})
    return Commented(data, options, torch.Generator().manual_seed(0), share)


def written(data: Data) -> dict[int, tuple[int, int]]:
    """Return who wrote each comment that trains, and on what."""
    assert data.against is not None
    return {
        int(text): (int(user), int(item))
        for records in (data.records, data.against)
        for text, user, item in zip(records.text, records.user, records.item, strict=True)
    }


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_each_comment_is_on_its_pair(data: Data, share: float) -> None:
    known, bad = written(data), 0
    positives = set()
    for batch in feed(data, share).batches():
        pairs = [(int(batch.users[at // 6]), int(batch.items.flatten()[at])) for at in batch.pairs]
        assert pairs == [known[int(text)] for text in batch.comments]
        told = {(int(pair) // 6, int(pair) % 6) for pair in batch.pairs}
        assert {(row, 0) for row in range(len(batch))} <= told, "each positive has its comment"
        bad += len(batch.comments) - len(batch)
        positives |= {int(text) for text, pair in zip(batch.comments, batch.pairs, strict=True) if pair % 6 == 0}
    assert positives == set(np.asarray(data.records.text).tolist())
    assert bad > 0, "some negatives were found bad, and bring their comments"


def test_negatives_are_never_liked(data: Data) -> None:
    liked = set((data.by_user.rows * data.items + data.by_user.indices).tolist())
    for batch in feed(data, 0.5).batches():
        drawn = batch.users[:, None] * data.items + batch.items[:, 1:]
        assert not liked & set(drawn.flatten().tolist())


def test_a_share_is_drawn_from_what_is_found_bad(data: Data) -> None:
    assert data.against is not None
    bad = set((data.against.user * data.items + data.against.item).tolist())
    has = np.bincount(data.against.user, minlength=data.users) > 0
    hits = count = 0
    for batch in feed(data, 1.0).batches():
        keys = batch.users[:, None] * data.items + batch.items[:, 1:]
        some = keys[torch.from_numpy(has)[batch.users]]
        hits += sum(key in bad for key in some.flatten().tolist())
        count += some.numel()
    assert count
    assert hits == count


def test_records_without_comments_have_no_words(data: Data) -> None:
    silent = replace(data, records=replace(data.records, text=None), against=None)
    for batch in feed(silent).batches():
        assert len(batch.comments) == len(batch.pairs) == 0


def test_who_likes_everything_is_left_out() -> None:
    shot = planted(COMMENTS)
    data = Ranking.of(COMMENTS, ()).split(shot, "random-by-user").data
    nothing = replace(data, sampled=np.isin(np.arange(data.items), data.by_user[0]))
    assert not any((batch.users == 0).any() for batch in feed(nothing).batches())
    with pytest.raises(TrainingError, match="there is no item to draw negatives from"):
        feed(replace(data, sampled=np.zeros(data.items, bool)))
