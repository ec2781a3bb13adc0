import torch

from graphrec.models import content_neighbours
from graphrec.models.content_neighbours import mean_of_neighbours

KNOWN = torch.tensor([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
EMBEDDINGS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_weights_are_cosines() -> None:
    asked = torch.tensor([[3.0, 4.0]])  # cosines .6, .8, -.6
    found = mean_of_neighbours(asked, KNOWN, EMBEDDINGS, 2)
    torch.testing.assert_close(found, torch.tensor([[0.6, 0.8, 0.0]]) / 1.4)


def test_only_the_nearest_count_and_the_unlike_weigh_nothing() -> None:
    asked = torch.tensor([[3.0, 4.0]])
    torch.testing.assert_close(mean_of_neighbours(asked, KNOWN, EMBEDDINGS, 1), EMBEDDINGS[1:2])
    torch.testing.assert_close(mean_of_neighbours(asked, KNOWN, EMBEDDINGS, 9)[0, 2], torch.tensor(0.0))


def test_an_item_is_no_neighbour_of_itself() -> None:
    own = torch.tensor([0, -1])
    found = mean_of_neighbours(torch.tensor([[1.0, 0.1], [1.0, 0.1]]), KNOWN, EMBEDDINGS, 1, own)
    torch.testing.assert_close(found, EMBEDDINGS[[1, 0]])


def test_nothing_known_gives_zeros() -> None:
    assert not mean_of_neighbours(KNOWN, KNOWN[:0], EMBEDDINGS[:0], 3).any()


def test_blocks_do_not_matter(monkeypatch) -> None:
    torch.manual_seed(0)
    content, known, embeddings = torch.randn(50, 4), torch.randn(30, 4), torch.randn(30, 8)
    whole = mean_of_neighbours(content, known, embeddings, 5)
    monkeypatch.setattr(content_neighbours, "_SCORES", 30 * 7)
    torch.testing.assert_close(mean_of_neighbours(content, known, embeddings, 5), whole)
