"""What TransGRec says its embeddings were made of, worked out by hand, and true of the embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphrec.graph.data import Data
from graphrec.models.transgrec import TransGRec
from graphrec.testing.training_data import attached, data_of

EDGES = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2)]
LIKE = np.array([[1, 0], [0, 1], [1, 1], [1, 0.1], [-1, -1]], np.float32)


def data(in_video: bool = False) -> Data:
    """Three users, items 0 to 2 that they chose, 3 that is like item 0, and 4 that is like none."""
    users, items = (np.array(side) for side in zip(*EDGES, strict=True))
    group = np.zeros(5, np.int64) if in_video else None
    return data_of(users, items, 3, 5, features=LIKE, group=group)


def model(in_video: bool = False, **given: object) -> TransGRec:
    made = attached(
        TransGRec, data(in_video), **{"dimension": 4, "layers": 1, "scaling": "none", **given}
    )
    made.norms.copy_(made.scaling.norms(data().content))
    return made


def test_with_the_mean_each_neighbour_counts_alike() -> None:
    found = model(pooling="mean").user_sources(1)
    assert (found.at.tolist(), found.of_users) == ([0, 1, 2], False)
    assert found.weights.tolist() == pytest.approx([1 / 3] * 3)
    assert "each counts 1/3" in found.said


def test_symmetric_pooling_divides_by_both_degrees() -> None:
    found = model(pooling="symmetric").item_sources(2)
    assert (found.at.tolist(), found.of_users) == ([1, 2], True)
    # Item 2 has 2 users, of whom user 1 has 3 items and user 2 has 1.
    assert found.weights.tolist() == pytest.approx([6**-0.5, 2**-0.5])


@pytest.mark.parametrize("pooling", ["mean", "symmetric"])
def test_the_weights_make_the_embedding(pooling: str) -> None:
    one = model(pooling=pooling, activation="none", transform=False)
    found = one.user_sources(1)
    with torch.no_grad():
        before = one._items(torch.arange(5))[1]
        made = one.users_free[1] + torch.from_numpy(found.weights) @ before[found.at]
        assert torch.allclose(one.embeddings()[""]["User"][1], made, atol=1e-6)


def test_without_edges_it_is_what_is_known_and_like_it() -> None:
    found = model(neighbour_share=0.5, neighbours=2).item_sources(3)
    assert not found.learned
    assert found.at.tolist() == [0, 2]
    # Cosines of (1, 0.1) with (1, 0) and (1, 1).
    cosines = np.array([1, 1.1 / 2**0.5]) / 1.01**0.5
    assert found.weights.tolist() == pytest.approx(list(0.5 * cosines / cosines.sum()))
    assert "50% by the transfer network" in found.said


def test_of_an_item_that_came_later_its_features_tell() -> None:
    later = model(neighbours=2).item_sources(-1, LIKE[3:4])
    same = model(neighbours=2).item_sources(3)
    assert later.at.tolist() == same.at.tolist()
    assert later.weights.tolist() == same.weights.tolist()


def test_parts_of_videos_are_placed_by_content_also_with_edges() -> None:
    found = model(in_video=True, neighbours=1).item_sources(2)
    assert not found.learned
    assert found.at.tolist() in ([0], [1])


def test_where_nothing_went_in_it_is_said() -> None:
    nothing = [
        model(layers=0).user_sources(1),
        model(neighbour_share=0.0).item_sources(3),
        model().item_sources(4),
    ]
    for found, said in zip(nothing, ("no layers", "content alone", "nothing that is known"), strict=True):
        assert len(found.at) == 0
        assert said in found.said
