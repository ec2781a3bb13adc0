"""What makes one vector of a sequence of frames: two recurrent layers, or a transformer that attends to some frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

BodyName = Literal["lstm", "transformer"]
_HEADS, _LAYERS = 4, 2
_DROPOUT = 0.1


class Recurrent(nn.Module):
    """Two bidirectional LSTM layers; their last states of both directions (paper, section 2.3).

    Args:
        width: F, of a frame.
        hidden: H, of each direction.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.LSTM(width, hidden, _LAYERS, batch_first=True, bidirectional=True)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Return float32 [n, 2 H] for float32 [n, S, F], of which ``lengths``, int64 [n], count."""
        shown: Tensor | PackedSequence = frames
        if bool((lengths < frames.shape[1]).any()):
            shown = pack_padded_sequence(frames, lengths.cpu(), batch_first=True, enforce_sorted=False)
        # Not every CPU has recurrent layers in bfloat16.
        with torch.autocast(frames.device.type, enabled=False), _learned_by_products():
            _, (state, _) = self.layers(shown)
        return torch.cat([state[-2], state[-1]], 1)


class Attentive(nn.Module):
    """A transformer encoder over the frames (Vaswani et al., NIPS 2017, norm first), pooled by attention.

    h = Σ_s α_s z_s with α the softmax of a learned q · z_s: what α is of a frame is how much of a trailer it says.

    Args:
        width: F, of a frame.
        hidden: H; the model is 2 H wide.
        length: S, frames at most.
    """

    def __init__(self, width: int, hidden: int, length: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, 2 * hidden)
        self.places = nn.Parameter(torch.empty(length, 2 * hidden).normal_(0, 0.02))
        layer = nn.TransformerEncoderLayer(
            2 * hidden, _HEADS, 4 * hidden, _DROPOUT, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, _LAYERS, nn.LayerNorm(2 * hidden), enable_nested_tensor=False)
        self.query = nn.Parameter(torch.zeros(2 * hidden))

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Return float32 [n, 2 H] for float32 [n, S, F], of which ``lengths``, int64 [n], count."""
        seen, shares = self._attended(frames, lengths)
        return (shares[:, None] @ seen)[:, 0].float()

    def weights(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Return α, float32 [n, S]; 0 of frames that do not count."""
        return self._attended(frames, lengths)[1]

    def _attended(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        counted = _counted(frames, lengths)
        seen = self.layers(self.project(frames) + self.places, src_key_padding_mask=~counted)
        return seen, (seen @ self.query).float().masked_fill(~counted, -torch.inf).softmax(1)


def make_body(name: BodyName, width: int, hidden: int, length: int) -> Recurrent | Attentive:
    """Return the body called ``name``."""
    return Recurrent(width, hidden) if name == "lstm" else Attentive(width, hidden, length)


@contextmanager
def _learned_by_products() -> Iterator[None]:
    """Learn by matrix products: oneDNN would work out the gradient of frames too, which nobody asks for."""
    backend: Any = torch.backends.mkldnn
    before = backend.enabled
    backend.enabled = before and not torch.is_grad_enabled()
    try:
        yield
    finally:
        backend.enabled = before


def _counted(frames: Tensor, lengths: Tensor) -> Tensor:
    return torch.arange(frames.shape[1], device=frames.device) < lengths[:, None]
