"""What a model makes of nodes by what they are made of, also of those that came after training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from graphrec.features import SUFFIXES, FeatureStore
from graphrec.graph.build import snapshot
from graphrec.graph.projection import Projection
from graphrec.models.base import Encodes
from graphrec.serving.load_model import Loaded
from graphrec.serving.placed import Embedded, write_changed
from graphrec.serving.published import PublishedRun
from graphrec.serving.run_embeddings import encoded_as
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace


def embed_encoded(store: GraphStore, workspace: Workspace, loaded: Loaded, run: PublishedRun) -> Embedded:
    """Describe the nodes that there are now by the run, and write what is new or differs.

    Args:
        store: opened for writing.
        workspace: where the features are.
        loaded: the run.
        run: as it is published.
    """
    model = loaded.model
    assert isinstance(model, Encodes)
    told: dict[str, Any] = {name: _tuple(value) for name, value in loaded.snapshot.projection.items()}
    shot = snapshot(store, Projection(**told), workspace)
    with torch.inference_mode():
        space = encoded_as(shot, model.encoded(shot.data(shot.records, np.zeros(0, bool))))
    features = FeatureStore(workspace.features)
    done = []
    for label, (ids, vectors) in space.items():
        written = write_changed(store, label, run.property, ids, vectors)
        features.write(run.property + SUFFIXES[label], label, ids.to_pylist(), vectors)
        done.append(Embedded(run.id, label, written, len(shot.ids[label]) - len(ids)))
    return Embedded(run.id, done[0].label, done[0].embedded, done[0].without_features, tuple(done[1:]))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
