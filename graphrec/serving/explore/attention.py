"""Which part of a trailer matters to the network that describes it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graphrec.errors import NotFoundError, TrainingError
from graphrec.serving.published import current_runs
from graphrec.store.base import GraphStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Said:
    """A stretch of a trailer around a frame, its times in seconds.

    Attributes:
        start_s: where it begins.
        end_s: where it ends.
        share: how much of what the network takes from the trailer this frame says, 0 to 1.
    """

    start_s: float
    end_s: float
    share: float


def attention(store: GraphStore, workspace: Workspace, trailer: str) -> list[Said]:
    """Return what each frame of a trailer says to the network of trailers published last, in order of time.

    Nothing where that network attends to none more than to others, its files are not here, or the trailer came after
    its training or has no frames with a time.
    """
    runs = [run.id for run in current_runs(store) if not run.ranks()]
    if not runs:
        return []
    # Here, not above: torch takes seconds.
    import torch

    from graphrec.graph.columns import Numbers
    from graphrec.models.base import Attends
    from graphrec.models.strips import TIME
    from graphrec.serving.load_model import kept_run

    with suppress(NotFoundError, TrainingError):
        loaded = kept_run(workspace, find_run(workspace, runs[0]))
        times, ids = loaded.split.data.fields.get(TIME), loaded.snapshot.ids.get("Trailer")
        if not isinstance(loaded.model, Attends) or not isinstance(times, Numbers) or ids is None:
            return []
        place = int(ids.index([trailer])[0])
        if place < 0:
            return []
        frames, shares = loaded.model.attention(place)
        at = np.asarray(times.values)[frames]
        order = np.argsort(at)[: np.count_nonzero(np.isfinite(at))]
        return _around(at[order].tolist(), shares[torch.from_numpy(order)].tolist())
    return []


def _around(at: list[float], shares: list[float]) -> list[Said]:
    """Return stretches that meet half-way between frames at these seconds; the first begins with the trailer."""
    if not at:
        return []
    between = [(one + other) / 2 for one, other in pairwise(at)]
    end = at[-1] + (at[-1] - between[-1] if between else at[-1])
    return [Said(*edge, share) for edge, share in zip(pairwise([0.0, *between, end]), shares, strict=True)]
