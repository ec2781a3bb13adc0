from __future__ import annotations

import torch

from graphrec.models.content_neighbours import ContentNeighbours
from graphrec.models.placement import Placement

TRANSFER = torch.tensor([[2.0, 0.0], [0.0, 1.0]])


def placed(content: torch.Tensor, known: torch.Tensor, share: float) -> torch.Tensor:
    """Where the last row of ``content`` goes, when the others are known."""
    items = torch.arange(len(content))
    near = ContentNeighbours(content, items[:-1], 2)
    placement = Placement(lambda x: x @ TRANSFER, content, near, known, share)
    return placement.items(items[-1:])


def test_transfer_and_neighbours_are_blended_at_the_neighbours_length() -> None:
    # The two known items are each other's neighbour: means of length 3; T of them has length 2 on average.
    content = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    found = placed(content, torch.tensor([[0.0, 3.0], [0.0, 3.0]]), 0.5)
    torch.testing.assert_close(found, torch.tensor([[0.5 * 1.5 * 2.0, 0.5 * 3.0]]))


def test_where_no_known_item_is_like_another_the_transfer_stands_alone() -> None:
    content = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    found = placed(content, torch.tensor([[0.0, 3.0], [3.0, 0.0]]), 0.5)
    torch.testing.assert_close(found, torch.tensor([[0.0, 0.5]]))
