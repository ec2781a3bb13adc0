"""Five items with frames, by hand."""

from __future__ import annotations

import numpy as np

from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.ragged import Ragged

USERS, ITEMS, FRAMES, WIDTH = 3, 5, 6, 4
FRAMES_OF = {0: [1, 3], 1: [2, 5], 2: [], 3: [0], 4: [2, 5]}
"""With features, of each item; frame 5 of item 1 is one of its trailer's, that of item 3 its segment's."""
_OWN = {**FRAMES_OF, 1: [2], 3: []}


def framed() -> Data:
    """Return training data of users and items with frames.

    Frame 4 has no features, item 2 no frame, and item 4 no record.
    """
    user, item = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 2, 3, 0])
    looks = np.random.default_rng(1).normal(size=(FRAMES, WIDTH)).astype(np.float32)
    present = np.arange(FRAMES) != 4
    pairs = np.array([(one, frame) for one, frames in _OWN.items() for frame in frames])
    return Data(
        {"User": USERS, "Item": ITEMS, "Frame": FRAMES, "Segment": 1, "Trailer": 1},
        "Item",
        Records.of_pairs(user, item, USERS),
        np.arange(ITEMS) < 4,
        {"look": Mapped("Frame", looks * present[:, None], present)},
        {
            "Item>Frame": Ragged.from_pairs(pairs[:, 0], pairs[:, 1], ITEMS),
            "Item>Segment": Ragged.from_pairs(np.array([3]), np.array([0]), ITEMS),
            "Segment>Frame": Ragged(np.array([0, 1]), np.array([0])),
            "Item>Trailer": Ragged.from_pairs(np.array([1]), np.array([0]), ITEMS),
            "Trailer>Frame": Ragged(np.array([0, 2]), np.array([4, 5])),
        },
    )
