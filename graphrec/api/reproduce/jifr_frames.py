"""Which systems of JIFR's tables can rank frames, and how."""

from __future__ import annotations

import torch

from graphrec.graph.data import Data
from graphrec.models.answers import scorer_of
from graphrec.models.base import EmbeddingScorer, Scorer, Target
from graphrec.models.cdl import CDL
from graphrec.models.item_frames import FRAME
from graphrec.models.jifr import JIFR
from graphrec.models.random import Random
from graphrec.serving.load_model import Loaded

RANKS_FRAMES = frozenset(kind.name for kind in (JIFR, Random, CDL))
"""Names of models that may tell frames apart."""


def frame_scorer(loaded: Loaded, data: Data) -> Scorer | None:
    """Return a run's scores of the frames that ``data`` has records of; None where it cannot tell frames apart.

    CDL places frames as it places items, by what they look like (table 1), if they are described alike.
    """
    with torch.no_grad():
        if isinstance(loaded.model, JIFR | Random):
            return scorer_of(loaded.model, Target(FRAME))
        if not isinstance(loaded.model, CDL):
            return None
        looks = data.content_of(FRAME)
        if looks.width != loaded.model.shape.width:
            return None
        placed = loaded.model.place(torch.tensor(looks.rows(slice(None))))
        return EmbeddingScorer(loaded.model.vectors()[0], placed)
