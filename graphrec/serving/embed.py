"""Embeddings for what came after training: nodes with features and no history, without retraining."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import torch

from graphrec.errors import DataError
from graphrec.features import FeatureStore, sibling
from graphrec.graph.build import item_features
from graphrec.graph.content import fill
from graphrec.graph.snapshot import GENRES, Snapshot
from graphrec.models.answers import placed_by
from graphrec.models.base import Encodes, Places, PlacesByParts
from graphrec.serving.embed_encoded import embed_encoded
from graphrec.serving.embed_parts import embed_by_parts, parts_features
from graphrec.serving.lacking import Lacking, cure
from graphrec.serving.load_model import Loaded
from graphrec.serving.lookups import LABELS
from graphrec.serving.placed import Embedded, place_all, state_of, write_changed
from graphrec.serving.published import PublishedRun, require_published
from graphrec.store.base import Floats, GraphStore
from graphrec.workspace import Workspace

NUMBERS = 1 << 24
"""So many feature values are in memory at a time."""


def embed(store: GraphStore, loaded: Loaded, workspace: Workspace) -> Embedded:
    """Give every item that has features but no embedding of this run one, by the model's inductive part.

    An item with some of the features is placed by these. What was placed before and has other features, or genres, now
    is placed again; what has training records stays where training put it. The features are those that the run was
    trained on, column by column: genres that came later do not count.

    Other labels get theirs too where all matrices that the run was trained on have a sibling of theirs, such as
    ``look-frame`` and ``look-item`` of ``look``: a network that was trained on segments also places frames and videos.
    The next publish drops these, as it drops all that a run wrote, so that they are placed anew for the run after it.

    A model that reads features of parts alone places items by their parts, and these with them: by key frames. One that
    describes nodes by what they are made of does so for all that there is now, in the feature files too.

    Args:
        store: opened for writing.
        loaded: the run, which must be the one of its model that is published.
        workspace: where the features are.

    Raises ``ConfigError`` when another run is published, ``DataError`` when a feature is not as wide as when the run
    was trained on it, or was made anew since then.
    """
    published = require_published(store, loaded.run)
    features = FeatureStore(workspace.features)
    label, names = loaded.snapshot.item_label, loaded.snapshot.feature_names
    if isinstance(loaded.model, Encodes):
        _require_same_features(features, loaded, parts_features(loaded) if loaded.model.needs.described else names)
        return embed_encoded(store, workspace, loaded, published)
    if unable := _unable(loaded):
        lacking = store.counts()[label] - len(store.read_embeddings(label, published.property)[0])
        return Embedded(loaded.run.id, label, 0, lacking, unable=unable)
    by_parts = isinstance(loaded.model, PlacesByParts)
    _require_same_features(features, loaded, parts_features(loaded) if by_parts else names)
    if by_parts:
        return embed_by_parts(store, workspace, loaded, published)
    own = replace(
        _place(store, workspace, loaded, published, label, names), new_genres=_new_genres(store, loaded.snapshot)
    )
    siblings = tuple(
        _place(store, workspace, loaded, published, other, matrices)
        for other, matrices in _siblings(features, names, label)
    )
    return replace(own, siblings=siblings)


def _unable(loaded: Loaded) -> str:
    model = loaded.run.model
    if isinstance(loaded.model, PlacesByParts):
        return ""
    if not isinstance(loaded.model, Places):
        return f"{model} does not place what came after training: train it again"
    if not loaded.snapshot.feature_names:
        return f"{loaded.run.id} was trained without features, by which alone it could place: train {model} again"
    return ""


def _require_same_features(features: FeatureStore, loaded: Loaded, names: Sequence[str]) -> None:
    """Raise ``DataError`` where a feature's numbers mean something else than when the run was trained."""
    run, shot, there = loaded.run, loaded.snapshot, features.names()
    again = f"`graphrec train --model {run.model}` again"
    for name in (one for one in names if one in there):
        now, width = features.info(name), shot.features[name].width
        if now.width != width:
            raise DataError(
                f"feature {name!r} has {now.width} numbers per {now.label} now, and {width} when {run.id} was trained "
                f"on it: {again}"
            )
        if now.origin != run.manifest.get("origins", {}).get(name, now.origin):
            raise DataError(
                f"feature {name!r} was made anew after {run.id} was trained, and its numbers mean something else now: "
                f"{again}"
            )


def _new_genres(store: GraphStore, shot: Snapshot) -> int:
    if shot.genres is None or GENRES not in shot.feature_names:
        return 0
    there = store.read_nodes("Genre")["id"].combine_chunks()
    return int((shot.genres.index(there) < 0).sum())


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
    store: GraphStore, workspace: Workspace, loaded: Loaded, run: PublishedRun, label: str, matrices: Sequence[str]
) -> Embedded:
    """Embed the nodes of ``label`` that have no embedding, and again those whose features are others than before."""
    state = state_of(store, FeatureStore(workspace.features), matrices, run)
    return place_all(
        store,
        loaded,
        run.property,
        label,
        state,
        lambda nodes: _write(store, workspace, loaded, run.property, label, matrices, nodes),
    )


def _write(
    store: GraphStore,
    workspace: Workspace,
    loaded: Loaded,
    name: str,
    label: str,
    matrices: Sequence[str],
    nodes: pa.Array,
) -> Embedded:
    """Place ``nodes`` by their features and write the embeddings that differ from those there are."""
    features, content = FeatureStore(workspace.features), loaded.split.data.content
    step = max(1, NUMBERS // max(1, content.width))
    embedded, without, partly = 0, 0, 0
    lacking = Counter[str]()
    for start in range(0, len(nodes), step):
        ids = nodes.slice(start, step)
        read, present = item_features(store, features, matrices, ids, loaded.snapshot.genres)
        known = present.any(1)
        lacking.update({one: int((~there).sum()) for one, there in zip(read, present.T, strict=True)})
        without += int((~known).sum())
        partly += int((known & ~present.all(1)).sum())
        if known.any():
            some = present[known]
            blocks = [block[known] for block in read.values()]
            filled = fill(blocks, some, () if some.all() else content.means)
            embedded += write_changed(store, label, name, ids.filter(pa.array(known)), _vectors(loaded, filled))
    told = tuple(Lacking(one, count, cure(workspace, one)) for one, count in lacking.items() if count)
    return Embedded(loaded.run.id, label, embedded, without, partly=partly, lacking=told)


def _vectors(loaded: Loaded, matrix: Floats) -> Floats:
    assert isinstance(loaded.model, Places)
    with torch.inference_mode():
        found: Floats = placed_by(loaded.model, torch.from_numpy(matrix)).numpy(force=True)
    return found
