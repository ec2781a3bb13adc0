"""The embedding network of trailers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphrec.graph.columns import Numbers
from graphrec.graph.data import Data
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.strips import TIME, strips_of
from graphrec.models.trailernet import TrailerNet
from graphrec.ragged import Ragged
from graphrec.testing.framed import ITEMS, WIDTH, framed

SMALL = {"hidden": 6, "dimension": 5, "length": 2, "shift": 1, "scaling": "none"}


def shown(classes: int = 1) -> Data:
    """Items 0, 1, 3 and 4 have frames; the target of item 4 is not known."""
    data = framed()
    targets = np.array([[1.0, 0, 1], [3, 1, 0], [2, 1, 1], [5, 0, 0], [np.nan] * 3], np.float32)[:, :classes]
    genres = Ragged.from_pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), ITEMS)
    return replace(
        data,
        nodes={**data.nodes, "Genre": 2},
        targets=targets,
        fields={TIME: Numbers(np.array([0.0, 5, 9, 2, 1, 0.5]))},
        lists={**data.lists, "Item>Genre": genres},
    )


def net(data: Data, **settings: object) -> TrailerNet:
    torch.manual_seed(0)
    model = TrailerNet(data.shape, TrailerNet.Settings.model_validate({**SMALL, **settings}))
    model.attach(data)
    return model.eval()


def looks(data: Data, *frames: int) -> torch.Tensor:
    """What the network sees of frames, float32 [1, n, F]: each number is of about unit size."""
    return torch.from_numpy(data.content_of("Frame").rows(np.array(frames)))[None] * WIDTH**0.5


@pytest.mark.parametrize("layer", ["last", "before"])
def test_a_trailer_is_the_mean_over_its_sequences(layer: str) -> None:
    data = shown()
    model = net(data, layer=layer, length=1)
    found = model.encoded(data)

    def embedded(frame: int) -> torch.Tensor:
        before = model.before(model.body(looks(data, frame), torch.tensor([1]))).relu()
        return (before if layer == "before" else model.last(before).relu())[0]

    with torch.no_grad():
        # Item 1 is the mean of its own frame 2 and of its trailer, which shows frame 5.
        torch.testing.assert_close(found["Trailer"].vectors[0], embedded(5))
        torch.testing.assert_close(found["Item"].vectors[1], (embedded(2) + embedded(5)) / 2)
        torch.testing.assert_close(found["Item"].vectors[0], (embedded(3) + embedded(1)) / 2)
        torch.testing.assert_close(found["Segment"].vectors[0], embedded(0))
        torch.testing.assert_close(found["Frame"].vectors[found["Frame"].nodes.tolist().index(3)], embedded(3))
    assert found["Item"].nodes.tolist() == [0, 1, 3, 4]
    assert found["Frame"].nodes.tolist() == [0, 1, 2, 3, 5]


def test_a_sequence_stands_at_its_first_frame() -> None:
    data = shown()
    model = net(data)
    found = model.encoded(data)
    with torch.no_grad():
        read = model.body(looks(data, 3, 1), torch.tensor([2]))
        expected = model.last(model.before(read).relu()).relu()[0]
    torch.testing.assert_close(found["Frame"].vectors[found["Frame"].nodes.tolist().index(3)], expected)
    torch.testing.assert_close(found["Item"].vectors[0], expected)
    assert 1 not in found["Frame"].nodes.tolist()


def test_numbers_are_told_on_their_scale_and_classes_as_probabilities() -> None:
    data = shown()
    model = net(data, identity=0, genres=0)
    learner = model.learner(data, RunContext(TrainOptions(epochs=1, batch_size=8)))
    known = np.array([1.0, 3, 2, 5])
    assert model.heads.centre[0] == pytest.approx(known.mean())
    assert model.heads.spread[0] == pytest.approx(known.std())
    learner.epoch(1, lambda done, steps: None)
    told = model.predict(torch.arange(ITEMS))
    assert torch.isnan(told[2]).all()
    assert torch.isfinite(told[[0, 1, 3, 4]]).all()
    classes = net(shown(3)).predict(torch.arange(ITEMS))
    assert ((classes[[0, 1, 3, 4]] > 0) & (classes[[0, 1, 3, 4]] < 1)).all()


def test_only_items_whose_target_is_known_are_learned_from() -> None:
    data = shown()
    other = replace(data, targets=np.where(np.arange(ITEMS)[:, None] == 4, np.nan, data.targets).astype(np.float32))
    seen = []
    model = net(other)
    model.loss = lambda phase, batch: (seen.extend(batch.nodes.tolist()), model.last.weight.sum())[1]  # type: ignore[method-assign]
    model.learner(other, RunContext(TrainOptions(batch_size=8))).epoch(1, lambda done, steps: None)
    items = {int(model._strips.items[row]) for row in seen}
    assert items == {0, 1, 3}


def test_genres_that_an_item_lacks_and_ratings_are_heads_beside_the_target() -> None:
    data = shown()
    model = net(data)
    model.learner(data, RunContext(TrainOptions()))
    assert {*model.heads._true} == {"target", "Item>Genre"}
    assert torch.isnan(model.heads._true["Item>Genre"][3]).all()
    records = replace(data.records, values={"rating": np.array([1.0, 2, np.nan, 4, 5])})
    model.learner(replace(data, records=records), RunContext(TrainOptions()))
    rating = model.heads._true["rating"] * model.heads.spread[1] + model.heads.centre[1]
    torch.testing.assert_close(rating[:2, 0], torch.tensor([3.0, 2.0]))
    assert torch.isnan(rating[2:3]).all()
    # Where the mean rating is the target, it is not asked for twice.
    model.learner(replace(data, records=records, value="rating"), RunContext(TrainOptions()))
    assert "rating" not in model.heads._true


def test_what_it_does_not_learn_from_is_said() -> None:
    data, settings = shown(), TrailerNet.Settings.model_validate(SMALL)
    strips = strips_of(data)
    short = int((strips.frames.lengths < 2).sum())
    bare = ITEMS - len(set(strips.items.tolist()))
    assert short
    assert bare
    rest = [
        f"{bare} of {ITEMS} items have no frames with features, nor has a trailer of theirs.",
        f"{short} of {len(strips.items)} trailers (an item's own frames are one) have fewer than 2 frames: each is one "
        "shorter sequence.",
        "The graph has no ratings: the head that would tell them teaches nothing.",
    ]
    assert TrailerNet.notes(data, settings) == rest
    nothing = Ragged.from_pairs(np.empty(0, np.int64), np.empty(0, np.int64), ITEMS)
    without = replace(data, lists={**data.lists, "Item>Genre": nothing})
    genres = "The graph has no genres: the head that would tell them teaches nothing."
    assert TrailerNet.notes(without, settings) == [*rest, genres]
    assert genres not in TrailerNet.notes(without, settings.model_copy(update={"genres": 0.0}))
    target = replace(data, lists={name: one for name, one in data.lists.items() if name != "Item>Genre"})
    assert genres not in TrailerNet.notes(target, settings), "they are what is asked"


def test_attention_tells_what_each_frame_says() -> None:
    data = shown()
    both = Ragged(np.array([0, 2]), np.array([1, 5]))
    data = replace(data, lists={**data.lists, "Trailer>Frame": both})
    model = net(data, body="transformer", length=1)
    frames, shares = model.attention(0)
    assert frames.tolist() == [1, 5]
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.5]))
    model = net(data, body="transformer")
    with torch.no_grad():
        model.body.query.normal_(0, 3)
        expected = model.body.weights(looks(data, 5, 1), torch.tensor([2]))[0]
    # Frame 5 is shown first.
    torch.testing.assert_close(model.attention(0)[1], expected.flip(0))
    assert len(model.attention(-1)[0]) == 0
    assert len(net(data).attention(0)[0]) == 0


def test_triplets_teach_the_network_and_the_heads_only_read_it() -> None:
    data = shown()
    model = net(data, objective="triplet", margin=0).train()
    learner = model.learner(data, RunContext(TrainOptions(batch_size=8)))
    batch = next(iter(learner._feed.batches()))
    nothing = [torch.zeros_like(one) for one in model.body.parameters()]
    # Every sequence is as near to itself as can be, and without a margin nothing is left to learn from triplets.
    model._another = lambda strips: (batch.parts, batch.lengths)  # type: ignore[method-assign]
    told = torch.autograd.grad(
        model.loss("heads", batch), [*model.body.parameters(), *model.heads.heads["target"].parameters()],
        allow_unused=True, materialize_grads=True,
    )  # fmt: skip
    torch.testing.assert_close([*told[: len(nothing)]], nothing, atol=1e-6, rtol=0)
    assert any(one.any() for one in told[len(nothing) :])
