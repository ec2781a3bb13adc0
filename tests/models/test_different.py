"""The frames that are most different from each other."""

from __future__ import annotations

import numpy as np
import torch

from graphrec.graph.content import Joined, Mapped
from graphrec.models.different import most_different
from graphrec.models.features import FeatureScaling
from graphrec.models.parts import PartRows
from graphrec.ragged import Ragged


def test_each_scene_is_shown_once_and_in_order() -> None:
    # Five frames of one scene, one of another, and one between them.
    looks = np.array([[1, 0.01], [1, 0], [1, 0.02], [0.7, 0.7], [1, 0], [0, 1], [1, 0.01]], np.float32)
    scaling = FeatureScaling(2, "l2")
    rows = PartRows(Joined([Mapped("Frame", looks, np.ones(7, bool))], 7), scaling)
    lists = Ragged(np.array([0, 7, 7, 9]), np.array([0, 1, 2, 3, 4, 5, 6, 5, 0]))
    kept = most_different(lists, rows, 2)
    unit = torch.nn.functional.normalize(torch.from_numpy(looks), dim=1)
    typical = int((unit @ unit.mean(0)).argmax())
    assert sorted(kept[0].tolist()) == sorted([typical, 5])
    assert kept[1].tolist() == []
    assert kept[2].tolist() == [5, 0]
    three = most_different(lists, rows, 3)[0].tolist()
    assert three == sorted(three)
    assert {3, 5} <= set(three)
