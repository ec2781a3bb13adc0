"""What a step learns from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from graphrec.graph.blocks import Blocks


class Rows(Protocol):
    """A batch."""

    def __len__(self) -> int:
        """How many records it is made of."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Blocks drawn for a batch, and where in their seeds its users and items are.

    Attributes:
        blocks: what the seeds' embeddings are computed from.
        users: int64 [B], positions among ``blocks.seed_users``.
        items: int64 [B * (1 + N)], positions among ``blocks.seed_items``: the positives, then the negatives row by row.
    """

    blocks: Blocks
    users: Tensor
    items: Tensor


@dataclass(frozen=True)
class PairwiseBatch:
    """Positives and their negatives.

    Attributes:
        users: int64 [B].
        positives: int64 [B].
        negatives: int64 [B, N].
        drawn: neighbourhoods, where a model propagates sampled blocks.
    """

    users: Tensor
    positives: Tensor
    negatives: Tensor
    drawn: Drawn | None = None

    def __len__(self) -> int:
        return len(self.users)

    @property
    def items(self) -> Tensor:
        """int64 [B * (1 + N)]: the positives, then the negatives row by row."""
        return torch.cat([self.positives, self.negatives.flatten()])

    def to(self, device: torch.device) -> PairwiseBatch:
        """Return the batch on ``device``."""
        return replace(
            self,
            users=self.users.to(device),
            positives=self.positives.to(device),
            negatives=self.negatives.to(device),
        )


@dataclass(frozen=True)
class PointwiseBatch:
    """Records and what each says.

    Attributes:
        users: int64 [B].
        items: int64 [B].
        values: float32 [B], the rating, or 1 for a click and 0 for none.
        records: int64 [B], which records they are, for their text and other values; -1 for a pair without a record.
        at: int64 [B], when, as ``Records.order`` says it; of a pair without a record when that was which it came with.
    """

    users: Tensor
    items: Tensor
    values: Tensor
    records: Tensor
    at: Tensor

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class HistoryBatch:
    """What users did, in order, as lists of different lengths.

    Attributes:
        users: int64 [B].
        indptr: int64 [B + 1]; user b's items are ``items[indptr[b]:indptr[b + 1]]``.
        items: int64 [indptr[-1]], the latest last.
    """

    users: Tensor
    indptr: Tensor
    items: Tensor

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class WindowBatch:
    """Stretches of the parts that nodes are made of, such as the frames of a trailer.

    Attributes:
        nodes: int64 [B], whose stretch it is.
        parts: int64 [B, S], which parts; the last one repeated where a node has fewer.
        lengths: int64 [B], how many of them there really are.
    """

    nodes: Tensor
    parts: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.nodes)
