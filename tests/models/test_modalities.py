from dataclasses import replace

import numpy as np
import torch

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.models.item_graph import ItemGraph
from graphrec.models.modalities import Modalities
from graphrec.testing.training_data import data_of

ITEMS = 6


def described() -> Data:
    """Item 0 lacks the second of two matrices, item 1 both; item 5 has no record."""
    rng = np.random.default_rng(0)
    data = data_of(np.arange(5), np.arange(5), 5, ITEMS)
    look, sound = (rng.normal(size=(ITEMS, width)).astype(np.float32) for width in (3, 2))
    present = np.array([0, 1, 1, 1, 1, 1], bool), np.array([0, 0, 1, 1, 1, 1], bool)
    order = np.array([1, 0, 2, 3, 4, 5])
    features = {
        name: Mapped("Item", matrix * there[:, None], there)
        for name, matrix, there in (("look", look, present[0][order]), ("sound", sound, present[1][order]))
    }
    return replace(data, features=features)


def scaled_by_hand(data: Data, name: str) -> np.ndarray:
    """Return a matrix with mean 0 and variance 1 per column over those that have it and a record, of unit length."""
    values, there = data.features[name].rows(slice(None)).astype(np.float64), data.features[name].present
    fitted = values[there & (data.by_item.lengths > 0)]
    scaled = (values - fitted.mean(0)) / fitted.std(0, ddof=1)
    return scaled / np.linalg.norm(scaled, axis=1, keepdims=True) * there[:, None]


def made(data: Data) -> Modalities:
    modalities = Modalities(data.shape, "standard")
    modalities.attach(data)
    modalities.fit(data.by_item.lengths > 0)
    return modalities


def test_each_matrix_is_scaled_by_itself_and_what_lacks_it_stays_0() -> None:
    data = described()
    modalities = made(data)
    for mine, name in zip(modalities.scaled, ("look", "sound"), strict=True):
        np.testing.assert_allclose(mine.numpy(), scaled_by_hand(data, name), atol=1e-5)
    assert [one.any(1).tolist()[:3] for one in modalities.scaled] == [[True, False, True], [False, False, True]]


def test_what_comes_later_is_scaled_alike_and_the_mean_that_stands_for_a_lack_is_none() -> None:
    data = described()
    modalities = made(data)
    later = modalities.of(torch.from_numpy(data.content.rows(slice(None))))
    for mine, theirs in zip(later, modalities.scaled, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_an_item_that_lacks_a_matrix_has_the_neighbours_of_the_other() -> None:
    data = described()
    content = made(data).scaled
    embeddings = torch.eye(5)
    graph = ItemGraph(content, torch.arange(5), 2)
    found = graph.mean(torch.arange(ITEMS), embeddings)
    torch.testing.assert_close(graph.mean_for([one[5:] for one in content], embeddings), found[5:])
    for item, row in enumerate(found):
        due = torch.zeros(5)
        told = [one for one in content if one[item].any()]
        for one in told:
            cosine = one[:5] @ one[item]
            cosine[item : item + 1] = -1
            best = cosine.argsort(descending=True)[:2]
            best = best[cosine[best] > 0]
            due[best] += 1 / max(1, len(best)) / len(told)
        torch.testing.assert_close(row, due)
