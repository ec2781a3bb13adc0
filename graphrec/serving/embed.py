"""Embeddings for what came after training: items with features and no history, without retraining."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import torch

from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.graph.build import item_features
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import require_published
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Embedded:
    """What ``embed`` did: how many nodes of ``label`` got an embedding, and how many lack features."""

    run: str
    label: str
    embedded: int
    without_features: int


def embed(store: GraphStore, loaded: Loaded, workspace: Workspace) -> Embedded:
    """Give every item that has features but no embedding of this run one, by the model's inductive part.

    Args:
        store: opened for writing.
        loaded: the run, which must be the one of its model that is published.
        workspace: where the features are.

    Raises ``ConfigError`` when another run is published, ``DataError`` when the features are not those that the run
    was trained on.
    """
    label, name = loaded.snapshot.item_label, require_published(store, loaded.run)["property"]
    have, _ = store.read_embeddings(label, name)
    everything = store.read_nodes(label)["id"].combine_chunks()
    new = everything.filter(pc.invert(pc.is_in(everything, value_set=have)))
    if not len(new):
        return Embedded(loaded.run.id, label, 0, 0)
    names = loaded.snapshot.projection["features"]
    matrix, described = item_features(store, FeatureStore(workspace.features), names, new)
    width = loaded.snapshot.features.shape[1]
    if matrix.shape[1] != width:
        raise DataError(
            f"run {loaded.run.id} was trained on {width} feature values per {label}, now there are "
            f"{matrix.shape[1]} ({', '.join(names)}); train again"
        )
    ids = new.filter(pa.array(described))
    if len(ids):
        with torch.inference_mode():
            vectors = loaded.model.embed_items(torch.from_numpy(matrix[described]))
        store.write_embeddings(label, name, ids, vectors.numpy(force=True))
    return Embedded(loaded.run.id, label, len(ids), len(new) - len(ids))
