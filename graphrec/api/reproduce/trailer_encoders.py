"""The networks of trailers whose embeddings the systems of the trailers' paper take for features of movies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphrec.api.plan import Plan
from graphrec.api.train import train
from graphrec.features import FeatureStore
from graphrec.models.trailernet import TrailerNet
from graphrec.serving.run_embeddings import encoded_as
from graphrec.workspace import Workspace

LAYERS = {256: "last", 512: "before"}
"""The paper's two layers; the numbers are those of its network."""
ENCODERS: Mapping[str, Mapping[str, Any]] = {
    "vt2-10": {"length": 10},
    "vt2-20": {"length": 20},
    "vt2-different": {"length": 10, "different": 20},
    "vt2-attention": {"length": 10, "body": "transformer"},
    "vt2-triplets": {"length": 10, "objective": "triplet"},
}
"""By name, in what the paper's network is changed."""
_COMMON = {"target": "Item>Genre", "rating": 0.0, "seed": 0}
_QUICK = {"hidden": 32, "dimension": 32, "learning_rate": 0.003, "epochs": 15, "patience": 15}


def feature(encoder: str, layer: int = 256) -> str:
    """Return what the matrix of movies is called."""
    return f"{encoder}-{layer}"


def make_features(workspace: Workspace, store: str | None, quick: bool, say: Callable[[str], None]) -> None:
    """Train each network, unless it has been, and keep what it makes of movies by both layers.

    They learn genres and which trailer it is, but no rating: what they say of movies knows nothing of ratings that are
    tested on.
    """
    features = FeatureStore(workspace.features)
    for name, changed in ENCODERS.items():
        wanted = [feature(name, layer) for layer in LAYERS]
        if set(wanted) <= set(features.names()):
            continue
        say(f"training the network {name}")
        given = {**_COMMON, **changed, **(_QUICK if quick else {})}
        plan = Plan("trailernet", given, task="node-targets", projection="ratings", baselines=False)
        loaded = train(workspace, plan, store=store).loaded
        model, data = loaded.model, loaded.split.data
        assert isinstance(model, TrailerNet)
        for layer, place in LAYERS.items():
            model.settings = model.settings.model_copy(update={"layer": place})
            ids, vectors = encoded_as(loaded.snapshot, model.encoded(data))[data.item]
            features.put(feature(name, layer), data.item, ids.to_pylist(), vectors, loaded.run.id)
