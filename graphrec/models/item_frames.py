"""What items look like by their frames: the mean of all, or attention to some more than to others (JIFR Eq. 1, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from graphrec.errors import DataError
from graphrec.graph.data import Data, Shape
from graphrec.graph.records import Mask
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.parts import Lists, PartRows, alike_within, pool_within, softmax_within
from graphrec.ragged import Ints, Ragged

FRAME = "Frame"
LISTS = ("Item>Frame", "Item>Segment", "Segment>Frame", "Item>Trailer", "Trailer>Frame")
"""What a model must read whose items have frames."""
Weighing = Literal["attention", "mean"]
_NUMBERS = 1 << 24


def require_frames(data: Data, who: str) -> None:
    """Raise ``DataError`` where no item has a frame with features."""
    if data.item != "Item":
        raise DataError(f"{who} ranks items by their frames, and cannot rank {data.item} nodes; choose --projection")
    if not frames_of(data).indices.size:
        raise DataError(
            f"{who} needs items with frames that have features, and there are none; load some, such as those of "
            "`graphrec load videos` or `graphrec load frames`"
        )


def frames_of(data: Data) -> Ragged:
    """Return the frames of each item, those of its segments and trailers too, without such as have no features."""
    own, segments, of_segments, trailers, of_trailers = (data.lists[name] for name in LISTS)
    rows, indices = [own.rows], [own.indices]
    for owned, of_owned in ((segments, of_segments), (trailers, of_trailers)):
        further = of_owned.take(owned.indices)
        rows.append(owned.rows[further.rows])
        indices.append(further.indices)
    items, frames = np.concatenate(rows), np.concatenate(indices)
    described = data.content_of(FRAME).described[frames]
    return Ragged.from_pairs(items[described], frames[described], data.items).distinct()


def seen_frames(data: Data) -> Mask:
    """Return bool [frames], which are of items with a training record."""
    frames = frames_of(data)
    seen: Mask = np.zeros(data.nodes[FRAME], np.bool_)
    seen[frames.indices[(data.by_item.lengths > 0)[frames.rows]]] = True
    return seen


class ItemFrames(nn.Module):
    """x_i = P Σ_j α_ij c_j over the frames j of item i, and P c_j of frames themselves.

    α_ij is 1 / how many there are (Eq. 1), or the softmax of w1 · relu(W1 [v_i, W0 c_j]) over the frames of i (Eq. 6
    and 7). Since P is linear, features are pooled before they are projected. Items without a frame are at 0.

    Args:
        shape: how wide features of frames are.
        dimension: D, the length of v_i and of x_i, and the width of the attention network.
        weighing: what α is.
        scaling: how features are brought to one scale first.
    """

    def __init__(self, shape: Shape, dimension: int, weighing: Weighing, scaling: Scaling) -> None:
        super().__init__()
        width = shape.beside.get(FRAME, 0)
        self.scaling = FeatureScaling(width, scaling)
        self.projection = matrix(dimension, width)
        self.attention = (
            nn.ParameterList([matrix(dimension, width), matrix(dimension, 2 * dimension), matrix(1, dimension)])
            if weighing == "attention"
            else None
        )

    def fit(self, data: Data) -> None:
        """Fit the scale of features on the frames of items with a training record."""
        self.scaling.fit(data.content_of(FRAME), seen_frames(data))
        self._rows = PartRows(data.content_of(FRAME), self.scaling)

    def attach(self, data: Data) -> None:
        """Take which frames items have, and their features."""
        self._lists = Lists.of(frames_of(data), self.projection.device)
        self._rows = PartRows(data.content_of(FRAME), self.scaling)
        self._frames = data.nodes[FRAME]

    def forward(self, items: Tensor, vectors: Tensor) -> Tensor:
        """Return x_i, float32 [n, D], of ``items``, int64 [n], whose ``vectors`` v_i are float32 [n, D]."""
        lists = self._lists.take(items)
        return self._pooled(lists, self._rows(lists.indices), vectors)

    @torch.no_grad()
    def place(self, features: Tensor, frames: Ragged) -> tuple[Tensor, Tensor]:
        """Return x of new items, whose v is 0, float32 [items, D], and P c of their frames, float32 [n, D].

        Args:
            features: float32 [n, F], of the frames.
            frames: which of them each item has.
        """
        content = self.scaling(features.to(self.projection.device))
        lists = Lists.of(frames, content.device)
        free = content.new_zeros(len(frames), len(self.projection))
        return self._pooled(lists, content[lists.indices], free), linear(content, self.projection)

    @torch.no_grad()
    def weights(self, item: int, vector: Tensor) -> tuple[Ints, Tensor]:
        """Return the frames of ``item``, int64 [n], and their α, float32 [n]; its ``vector`` is float32 [D]."""
        lists = self._lists.take(torch.tensor([item], device=vector.device))
        return lists.indices.numpy(force=True), self._weights(lists, self._rows(lists.indices), vector[None])

    @torch.no_grad()
    def weights_of(self, features: Tensor) -> Tensor:
        """Return α, float32 [n], of the frames of a new item, whose v is 0, by their ``features``, float32 [n, F]."""
        content = self.scaling(features.to(self.projection.device))
        every = Ragged(np.array([0, len(content)]), np.arange(len(content)))
        return self._weights(Lists.of(every, content.device), content, content.new_zeros(1, len(self.projection)))

    @torch.no_grad()
    def of_items(self, vectors: Tensor) -> Tensor:
        """Return x_i of all items, float32 [items, D], whose ``vectors`` v_i are float32 [items, D]."""
        blocks = [self(items, vectors[items]) for items in self._blocks()]
        return torch.cat(blocks) if blocks else vectors.new_zeros(0, vectors.shape[1])

    @torch.no_grad()
    def of_frames(self) -> Tensor:
        """Return P c_j of all frames, float32 [frames, D]."""
        every = torch.arange(self._frames, device=self.projection.device)
        step = max(1, _NUMBERS // max(1, self.projection.shape[1]))
        parts = [linear(self._rows(every[at : at + step]), self.projection) for at in range(0, len(every), step)]
        return torch.cat(parts) if parts else self.projection.new_zeros(0, len(self.projection))

    def _pooled(self, lists: Lists, content: Tensor, vectors: Tensor) -> Tensor:
        return linear(pool_within(self._weights(lists, content, vectors), content, lists), self.projection).float()

    def _weights(self, lists: Lists, content: Tensor, vectors: Tensor) -> Tensor:
        lengths = lists.lengths
        if self.attention is None:
            return alike_within(lists)
        reduce, hidden, last = self.attention
        of_item, of_frame = hidden.chunk(2, 1)
        seen = linear(linear(content, reduce), of_frame) + linear(vectors, of_item).repeat_interleave(lengths, 0)
        return softmax_within(linear(seen.relu(), last)[:, 0].float(), lists)

    def _blocks(self) -> Iterator[Tensor]:
        """Yield all items in parts whose frames fit in memory."""
        ends = self._lists.indptr * max(1, self.projection.shape[1])
        start, items = 0, len(ends) - 1
        while start < items:
            fits = int(torch.searchsorted(ends, ends[start] + _NUMBERS, right=True)) - 1
            end = min(max(fits, start + 1), items)
            yield torch.arange(start, end, device=ends.device)
            start = end


def matrix(rows: int, columns: int) -> nn.Parameter:
    """Return float32 [rows, columns], drawn by Xavier's rule."""
    matrix = nn.Parameter(torch.zeros(rows, columns))
    if columns:
        nn.init.xavier_normal_(matrix)
    return matrix
