"""What reads a sequence of frames."""

from __future__ import annotations

import pytest
import torch

from graphrec.models.sequence_bodies import BodyName, make_body


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_what_is_repeated_at_the_end_does_not_count(name: BodyName) -> None:
    torch.manual_seed(0)
    body = make_body(name, 5, 8, 6).eval()
    frames = torch.randn(3, 6, 5)
    lengths = torch.tensor([6, 2, 4])
    other = frames.clone()
    other[1, 2:], other[2, 4:] = 9, -9
    with torch.no_grad():
        told = body(frames, lengths)
        torch.testing.assert_close(body(other, lengths), told)
        torch.testing.assert_close(body(frames[:1], lengths[:1]), told[:1])
        assert not torch.allclose(body(frames.flip(1), lengths), told), "the order of frames counts"
    assert told.shape == (3, 16)


def test_recurrent_layers_learn_what_onednn_would_and_leave_it_on() -> None:
    torch.manual_seed(0)
    body, frames, lengths = make_body("lstm", 5, 8, 6), torch.randn(3, 6, 5), torch.full((3,), 6)
    by_products = torch.autograd.grad(body(frames, lengths).square().sum(), [*body.parameters()])
    assert torch.backends.mkldnn.enabled
    _, (state, _) = body.layers(frames)
    told = torch.cat([state[-2], state[-1]], 1)
    torch.testing.assert_close(by_products, torch.autograd.grad(told.square().sum(), [*body.parameters()]))


def test_attention_follows_what_is_asked_for() -> None:
    torch.manual_seed(0)
    body = make_body("transformer", 4, 8, 5).eval()
    frames, lengths = torch.randn(1, 5, 4), torch.tensor([5])
    with torch.no_grad():
        seen = body.layers(body.project(frames) + body.places)
        torch.testing.assert_close(body.weights(frames, lengths), torch.full((1, 5), 0.2))
        body.query.copy_(50 * seen[0, 3])
        weights = body.weights(frames, lengths)
        torch.testing.assert_close(body(frames, lengths), (weights[:, :, None] * seen).sum(1))
        short = body.weights(frames, torch.tensor([2]))[0]
    assert int(weights.argmax()) == 3
    assert float(short.sum()) == pytest.approx(1)
    assert not short[2:].any()
