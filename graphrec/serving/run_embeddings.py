"""What a run has learned of each node, from its files: what publishing writes into the graph."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.graph.snapshot import Snapshot
from graphrec.models.answers import embeddings_of
from graphrec.models.base import SPACE, Embeds, Encoded, Encodes, EncodesApart
from graphrec.models.known import known_users, placed_items
from graphrec.ragged import Ints
from graphrec.serving.load_model import Loaded, kept_run
from graphrec.serving.published import check_mapped, current_runs
from graphrec.store.base import Floats, GraphStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

Space = Mapping[str, tuple[pa.Array, Floats]]
"""By label: ids, string [n], and their vectors, float32 [n, D]."""


def run_embeddings(loaded: Loaded) -> dict[str, Space]:
    """Return the vectors of each of a run's spaces.

    Users without a training record have none, since nothing is known of them, and neither have items that have neither
    a record nor content.

    Raises ``TrainingError`` for a model without embeddings.
    """
    run, model = loaded.run, loaded.model
    if isinstance(model, Encodes):
        with torch.inference_mode():
            return spaces_of(model, encoded_as(loaded.snapshot, model.encoded(loaded.split.data)))
    if not isinstance(model, Embeds):
        raise TrainingError(
            f"{run.model} has no embeddings; it serves from its run: `graphrec recommend USER --run {run.id}`"
        )
    with torch.inference_mode():
        spaces = embeddings_of(model)
    rows = {
        label: _known(loaded, label, vectors[label])
        for vectors in (*spaces.values(), spaces[SPACE])
        for label in vectors
    }
    return {
        space: {
            label: (
                loaded.snapshot.ids[label].values.take(pa.array(rows[label])),
                matrix.numpy(force=True)[rows[label]],
            )
            for label, matrix in vectors.items()
        }
        for space, vectors in spaces.items()
    }


def encoded_as(shot: Snapshot, found: Mapping[str, Encoded]) -> Space:
    """Return what a model makes of the nodes of ``shot``, by their ids."""
    return {
        label: (shot.ids[label].values.take(pa.array(one.nodes)), one.vectors.numpy(force=True))
        for label, one in found.items()
    }


def spaces_of(model: Encodes, encoded: Space) -> dict[str, Space]:
    """Return what a model makes of nodes, and beside it each part of that which has a name."""
    columns = model.columns() if isinstance(model, EncodesApart) else {}
    parts = {
        name: {label: (ids, np.ascontiguousarray(vectors[:, own])) for label, (ids, vectors) in encoded.items()}
        for name, own in columns.items()
    }
    return {SPACE: encoded, **parts}


def of_unpublished(store: GraphStore, workspace: Workspace, run: str) -> Space | None:
    """Return the vectors of a run's first space where the graph does not hold them, and say so; None where it does.

    Raises ``NotFoundError`` for a run that is neither in the graph nor in the workspace, ``TrainingError`` for one
    without embeddings, ``ConfigError`` for one that was trained by another mapping of the graph.
    """
    if any(one.id == run for one in current_runs(store)):
        return None
    its = find_run(workspace, run)
    check_mapped(store, its)
    found = run_embeddings(kept_run(workspace, its))[SPACE]
    log.warning(
        "the graph does not hold the embeddings of %s: these are from its files, of what it was trained on", run
    )
    return found


def _known(loaded: Loaded, label: str, vectors: Tensor) -> Ints:
    """Return the positions of the nodes of ``label`` of which the model knows anything, int64 [n].

    A user whose vector is 0 is not among them: by it everything would be equally good.
    """
    data = loaded.split.data
    if label == "User":
        return np.flatnonzero(known_users(data) & vectors.any(1).numpy(force=True))
    if label == data.item:
        return np.flatnonzero(placed_items(data, loaded.model))
    # What has features at all is placed by them: a part without any is nowhere.
    content = data.content_of(label)
    return np.flatnonzero(content.described) if content.width else np.arange(data.nodes[label])
