"""Embeddings for what came after training: nodes with features and no history, without retraining."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from graphrec.errors import DataError
from graphrec.features import FeatureStore, sibling
from graphrec.files import read_json, write_json
from graphrec.graph.build import item_features
from graphrec.graph.content import fill
from graphrec.graph.snapshot import GENRES, Snapshot
from graphrec.models.answers import placed_by
from graphrec.models.base import Places
from graphrec.serving.lacking import Lacking, cure
from graphrec.serving.load_model import Loaded
from graphrec.serving.lookups import LABELS
from graphrec.serving.published import require_published
from graphrec.store.base import Floats, GraphStore
from graphrec.workspace import Workspace

NUMBERS = 1 << 24
"""So many feature values are in memory at a time."""
PLACED = "placed.json"
"""In a run's folder: by which state of the features its nodes were placed last."""
SAME = 1e-5
"""Numbers that differ by less were worked out from the same features, in blocks of another size."""


@dataclass(frozen=True)
class Embedded:
    """What ``embed`` did.

    Attributes:
        run: id of the run.
        label: what the run recommends.
        embedded: how many nodes of ``label`` got an embedding.
        without_features: how many have no feature at all, and so no embedding.
        partly: how many of the embedded lack some of their features; of these the mean stands in.
        lacking: which features the nodes that had no embedding lack, and what makes them.
        again: how many were placed anew, since they have other features than when they were placed.
        siblings: the same of each other label whose nodes are described in the same space, if any.
        new_genres: how many genres came after training; they do not count until the model is trained again.
        unable: why the run places nothing that came after training; empty where it can.
    """

    run: str
    label: str
    embedded: int
    without_features: int
    siblings: tuple[Embedded, ...] = ()
    partly: int = 0
    lacking: tuple[Lacking, ...] = ()
    again: int = 0
    new_genres: int = 0
    unable: str = ""


def embed(store: GraphStore, loaded: Loaded, workspace: Workspace) -> Embedded:
    """Give every item that has features but no embedding of this run one, by the model's inductive part.

    An item with some of the features is placed by these. What was placed before and has other features, or genres, now
    is placed again; what has training records stays where training put it. The features are those that the run was
    trained on, column by column: genres that came later do not count.

    Other labels get theirs too where all matrices that the run was trained on have a sibling of theirs, such as
    ``look-frame`` and ``look-item`` of ``look``: a network that was trained on segments also places frames and videos.
    The next publish drops these, as it drops all that a run wrote, so that they are placed anew for the run after it.

    Args:
        store: opened for writing.
        loaded: the run, which must be the one of its model that is published.
        workspace: where the features are.

    Raises ``ConfigError`` when another run is published, ``DataError`` when a feature is not as wide as when the run
    was trained on it, or was made anew since then.
    """
    name = require_published(store, loaded.run).property
    features = FeatureStore(workspace.features)
    label, names = loaded.snapshot.item_label, loaded.snapshot.feature_names
    if unable := _unable(loaded):
        lacking = store.counts()[label] - len(store.read_embeddings(label, name)[0])
        return Embedded(loaded.run.id, label, 0, lacking, unable=unable)
    _require_same_features(features, loaded)
    own = replace(
        _place(store, workspace, loaded, name, label, names), new_genres=_new_genres(store, loaded.snapshot)
    )
    siblings = tuple(
        _place(store, workspace, loaded, name, other, matrices)
        for other, matrices in _siblings(features, names, label)
    )
    return replace(own, siblings=siblings)


def _unable(loaded: Loaded) -> str:
    model = loaded.run.model
    if not isinstance(loaded.model, Places):
        return f"{model} does not place what came after training: train it again"
    if not loaded.snapshot.feature_names:
        return f"{loaded.run.id} was trained without features, by which alone it could place: train {model} again"
    return ""


def _require_same_features(features: FeatureStore, loaded: Loaded) -> None:
    """Raise ``DataError`` where a feature's numbers mean something else than when the run was trained."""
    run, shot, there = loaded.run, loaded.snapshot, features.names()
    again = f"`graphrec train --model {run.model}` again"
    for name in (one for one in shot.feature_names if one in there):
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
    store: GraphStore, workspace: Workspace, loaded: Loaded, name: str, label: str, matrices: Sequence[str]
) -> Embedded:
    """Embed the nodes of ``label`` that have no embedding, and again those whose features are others than before."""
    features = FeatureStore(workspace.features)
    have, _ = store.read_embeddings(label, name)
    everything = store.read_nodes(label)["id"].combine_chunks()
    new = everything.filter(pc.invert(pc.is_in(everything, value_set=have)))
    state = _state(store, features, label, matrices)
    noted = loaded.run.folder / PLACED
    before = read_json(noted) if noted.exists() else {}
    again = 0
    if state and before.get(label) != state and len(have):
        placed = have.filter(pc.invert(pc.is_in(have, value_set=_trained(loaded, label))))
        again = _write(store, workspace, loaded, name, label, matrices, placed).embedded
    written = _write(store, workspace, loaded, name, label, matrices, new)
    if state:
        write_json(noted, {**before, label: state})
    return replace(written, again=again)


def _trained(loaded: Loaded, label: str) -> pa.Array:
    """Return the ids of the nodes of ``label`` that are where training, and not their content alone, has put them."""
    data = loaded.split.data
    if label != data.item:
        return pa.array([], pa.string())
    return loaded.snapshot.items.values.take(pa.array(np.flatnonzero(data.by_item.lengths > 0)))


def _state(store: GraphStore, features: FeatureStore, label: str, matrices: Sequence[str]) -> list[str]:
    """Return what is another as soon as a feature of a node of ``label`` is another."""
    return [
        str(store.versions(["IN_GENRE"])) if name == GENRES else features.info(name).fingerprint
        for name in matrices
    ]


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
            embedded += _changed(store, label, name, ids.filter(pa.array(known)), _vectors(loaded, filled))
    told = tuple(Lacking(one, count, cure(workspace, one)) for one, count in lacking.items() if count)
    return Embedded(loaded.run.id, label, embedded, without, partly=partly, lacking=told)


def _changed(store: GraphStore, label: str, name: str, ids: pa.Array, vectors: Floats) -> int:
    """Write those of ``vectors`` that are not there already; return how many."""
    there, stored = store.read_embeddings(label, name, ids.to_pylist())
    before = np.full_like(vectors, np.nan)
    if len(there) and stored.shape[1] == vectors.shape[1]:
        before[np.asarray(pc.index_in(there, value_set=ids))] = stored
    new = ~np.isclose(before, vectors, rtol=SAME, atol=SAME).all(1)
    if new.any():
        store.write_embeddings(label, name, ids.filter(pa.array(new)), vectors[new])
    return int(new.sum())


def _vectors(loaded: Loaded, matrix: Floats) -> Floats:
    assert isinstance(loaded.model, Places)
    with torch.inference_mode():
        found: Floats = placed_by(loaded.model, torch.from_numpy(matrix)).numpy(force=True)
    return found
