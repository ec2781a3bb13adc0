"""Embeddings for what came after training: nodes with features and no history, without retraining."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from graphrec.errors import ConfigError, DataError
from graphrec.features import FeatureStore, sibling
from graphrec.graph.build import item_features
from graphrec.models.base import Places
from graphrec.serving.load_model import Loaded
from graphrec.serving.lookups import LABELS
from graphrec.serving.published import require_published
from graphrec.store.base import Floats, GraphStore
from graphrec.workspace import Workspace

NUMBERS = 1 << 24
"""So many feature values are in memory at a time."""


@dataclass(frozen=True)
class Embedded:
    """What ``embed`` did.

    Attributes:
        run: id of the run.
        label: what the run recommends.
        embedded: how many nodes of ``label`` got an embedding.
        without_features: how many lack features.
        siblings: the same of each other label whose nodes are described in the same space, if any.
    """

    run: str
    label: str
    embedded: int
    without_features: int
    siblings: tuple[Embedded, ...] = ()


def embed(store: GraphStore, loaded: Loaded, workspace: Workspace) -> Embedded:
    """Give every item that has features but no embedding of this run one, by the model's inductive part.

    Other labels get theirs too where all matrices that the run was trained on have a sibling of theirs, such as
    ``look-frame`` and ``look-item`` of ``look``: a network that was trained on segments also places frames and videos.
    The next publish drops these, as it drops all that a run wrote, so that they are placed anew for the run after it.

    Args:
        store: opened for writing.
        loaded: the run, which must be the one of its model that is published.
        workspace: where the features are.

    Raises ``ConfigError`` when another run is published, ``DataError`` when the features are not those that the run
    was trained on.
    """
    name = require_published(store, loaded.run).property
    features = FeatureStore(workspace.features)
    label, names = loaded.snapshot.item_label, list(loaded.snapshot.projection["features"])
    own = _place(store, features, loaded, name, label, names)
    siblings = tuple(
        _place(store, features, loaded, name, other, matrices)
        for other, matrices in _siblings(features, names, label)
    )
    return replace(own, siblings=siblings)


def _siblings(features: FeatureStore, names: Sequence[str], label: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each other label that has siblings of all matrices ``names``, of the same width, and their names."""
    present = set(features.names())
    for other in LABELS:
        found = [sibling(name, label, other) for name in names]
        matrices = [name for name in found if name in present]
        if other != label and names and len(matrices) == len(names):
            alike = [
                features.info(theirs).width == features.info(own).width
                and features.info(theirs).label == other
                for own, theirs in zip(names, matrices, strict=True)
            ]
            if all(alike):
                yield other, matrices


def _place(
    store: GraphStore, features: FeatureStore, loaded: Loaded, name: str, label: str, matrices: Sequence[str]
) -> Embedded:
    """Embed the nodes of ``label`` that have no embedding yet, by the feature matrices ``matrices``."""
    have, _ = store.read_embeddings(label, name)
    everything = store.read_nodes(label)["id"].combine_chunks()
    new = everything.filter(pc.invert(pc.is_in(everything, value_set=have)))
    width = loaded.split.data.content.width
    vectors, described = [], []
    step = max(1, NUMBERS // max(1, width))
    for start in range(0, len(new), step):
        matrix, known = item_features(store, features, matrices, new[start : start + step])
        if matrix.shape[1] != width:
            raise DataError(
                f"run {loaded.run.id} was trained on {width} feature values per {label}, now there are "
                f"{matrix.shape[1]} ({', '.join(matrices)}); train again"
            )
        described.append(known)
        vectors.append(_vectors(loaded, matrix[known]))
    ids = new.filter(pa.array(np.concatenate(described))) if described else new
    if len(ids):
        store.write_embeddings(label, name, ids, np.concatenate([part for part in vectors if len(part)]))
    return Embedded(loaded.run.id, label, len(ids), len(new) - len(ids))


def _vectors(loaded: Loaded, matrix: Floats) -> Floats:
    if not len(matrix):
        return np.empty((0, 0), np.float32)
    if not isinstance(loaded.model, Places):
        raise ConfigError(f"{loaded.run.model} cannot embed what came after training; train it again")
    with torch.inference_mode():
        found: Floats = loaded.model.place(torch.from_numpy(matrix)).numpy(force=True)
    return found
