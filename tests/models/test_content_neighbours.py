from __future__ import annotations

import pytest
import torch

from graphrec.models.content_neighbours import ContentNeighbours

KNOWN = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
EMBEDDINGS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def among(*asked: list[float], count: int) -> torch.Tensor:
    """Mean embedding of the neighbours of ``asked`` among KNOWN."""
    content = torch.cat([KNOWN, torch.tensor(asked)])
    near = ContentNeighbours(content, torch.arange(3), count)
    found = near.mean(torch.arange(3, len(content)), EMBEDDINGS)
    torch.testing.assert_close(near.mean_for(torch.tensor(asked), EMBEDDINGS), found)
    return found


def test_weights_are_cosines() -> None:
    # cosines .6, .8, -.6
    torch.testing.assert_close(among([3.0, 4.0], count=2), torch.tensor([[0.6, 0.8, 0.0]]) / 1.4)


def test_only_the_nearest_count_and_the_unlike_weigh_nothing() -> None:
    torch.testing.assert_close(among([3.0, 4.0], count=1), EMBEDDINGS[1:2])
    assert among([3.0, 4.0], count=9)[0, 2] == 0
    assert not among([0.0, 0.0], count=9).any()


def test_an_item_is_no_neighbour_of_itself() -> None:
    near = ContentNeighbours(torch.tensor([[1.0, 0.1], [1.0, 0.2], [9.0, 9.0]]), torch.tensor([0, 1]), 1)
    found = near.mean(torch.tensor([1, 0, 2, 1]), EMBEDDINGS[:2])
    torch.testing.assert_close(found, EMBEDDINGS[[0, 1, 1, 0]])


def test_nothing_known_gives_zeros() -> None:
    near = ContentNeighbours(KNOWN, torch.arange(0), 3)
    assert not near.mean(torch.arange(3), EMBEDDINGS[:0]).any()


def test_lists_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    near = ContentNeighbours(KNOWN, torch.arange(3), 2)
    first = near.mean(torch.arange(2), EMBEDDINGS)
    monkeypatch.setattr(ContentNeighbours, "_most_alike", None)
    assert torch.equal(near.mean(torch.tensor([1, 0]), EMBEDDINGS * 2), first.flip(0) * 2)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    content, embeddings = torch.randn(50, 4), torch.randn(30, 8)
    found = []
    for rows in (2048, 7):
        monkeypatch.setattr("graphrec.models.content_neighbours._ROWS", rows)
        near = ContentNeighbours(content, torch.arange(10, 40), 5)
        found.append(torch.cat([near.mean(torch.arange(50), embeddings), near.mean_for(content, embeddings)]))
    torch.testing.assert_close(found[1], found[0])


def test_of_many_equally_alike_any_may_be_neighbours_but_the_same_however_asked() -> None:
    """Not those with the lowest numbers, which tell when an item came."""
    content = torch.eye(2).repeat_interleave(torch.tensor([300, 3]), 0) + 1e-7 * torch.rand(303, 2)
    known, chosen = torch.arange(300), torch.eye(300)
    near = ContentNeighbours(content, known, 10, weighted=False)
    of_three = near.mean(torch.tensor([300, 301, 0]), chosen)
    assert not of_three[:2].any(), "nothing is alike"
    assert sorted(set(of_three[2].tolist())) == [0, pytest.approx(0.1)]
    assert of_three[2].nonzero().max() > 100
    alone = torch.stack([near.mean_for(content[n : n + 1], chosen)[0] for n in (0, 150)])
    torch.testing.assert_close(alone, near.mean_for(content[:300], chosen)[[0, 150]])
