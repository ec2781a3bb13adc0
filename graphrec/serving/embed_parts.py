"""Embeddings for items that came after training by their parts, and for these: videos and posters by their frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch

from graphrec.features import FeatureStore
from graphrec.graph.build import item_features
from graphrec.graph.content import fill
from graphrec.graph.records import Mask
from graphrec.models.answers import placed_by_parts
from graphrec.models.base import SPACE, Vectors
from graphrec.ragged import Ints, Ragged
from graphrec.serving.lacking import Lacking, cure
from graphrec.serving.load_model import Loaded
from graphrec.serving.lookups import rows
from graphrec.serving.placed import Embedded, place_all, state_of, write_changed
from graphrec.serving.published import PublishedRun
from graphrec.store.base import Floats, GraphStore
from graphrec.workspace import Workspace

TOGETHER = 100
"""So many items, with all their frames, or frames are placed at a time."""
OWNING = ("HAS_FRAME", "HAS_SEGMENT", "HAS_TRAILER")
"""The relationships that say which frames are an item's."""
NOTHING: Ints = np.empty(0, np.int64)


def part_of(loaded: Loaded) -> str:
    """Return the label of the parts by which a run places items."""
    return str(loaded.model.needs.described[0])


def parts_features(loaded: Loaded) -> list[str]:
    """Return the features of parts that a run was trained on, in order."""
    return [n for n, one in loaded.snapshot.features.items() if one.label == part_of(loaded) and one.width]


def embed_by_parts(store: GraphStore, workspace: Workspace, loaded: Loaded, run: PublishedRun) -> Embedded:
    """Place the frames that have no place yet, and the items that have none by the frames that they have now.

    What was placed so before is placed again where features, or of items the frames, are others now.
    """
    placing = _Placing(store, workspace, loaded, run)
    part, item = part_of(loaded), loaded.snapshot.item_label
    state = state_of(store, FeatureStore(workspace.features), parts_features(loaded), run)
    parts = place_all(store, loaded, placing.first(part), part, state, placing.parts)
    owned = [*state, str(store.versions(OWNING))]
    items = place_all(store, loaded, placing.first(item), item, owned, placing.items)
    return replace(items, siblings=(parts,))


def described_parts(
    store: GraphStore, workspace: Workspace, loaded: Loaded, item: str
) -> tuple[pa.StringArray, Floats]:
    """Return the parts with features that an item has now, string [n], and these, float32 [n, F]."""
    found = pa.array(sorted({row["id"] for row in rows(store, "frames_of_items", ids=[item])}), pa.string())
    read, present = item_features(store, FeatureStore(workspace.features), parts_features(loaded), found, None)
    means = loaded.split.data.content_of(part_of(loaded)).means
    known = present.any(1)
    return found.filter(pa.array(known)), fill([*read.values()], present, means)[known]


class _Placing:
    """Places items and frames by features of frames, and writes what differs from what there is.

    Args:
        store: opened for writing.
        workspace: where the features are.
        loaded: the run.
        run: as it is published.
    """

    def __init__(self, store: GraphStore, workspace: Workspace, loaded: Loaded, run: PublishedRun) -> None:
        self._store, self._workspace, self._loaded = store, workspace, loaded
        self._features, self._names = FeatureStore(workspace.features), parts_features(loaded)
        self._content = loaded.split.data.content_of(part_of(loaded))
        self._properties = {SPACE: run.property, **run.spaces}

    def first(self, label: str) -> str:
        """Return the property of the first space that has nodes of ``label``."""
        empty = self._spaces(np.empty((0, self._content.width), np.float32), Ragged(np.zeros(1, np.int64), NOTHING))
        return next(self._properties[space] for space, vectors in empty.items() if label in vectors)

    def parts(self, nodes: pa.Array) -> Embedded:
        """Place frames, string [n], by their features."""
        label, embedded, without, partly = part_of(self._loaded), 0, 0, 0
        for start in range(0, len(nodes), TOGETHER):
            ids = nodes.slice(start, TOGETHER)
            features, present = self._described(ids)
            known = present.any(1)
            without += int((~known).sum())
            partly += int((known & ~present.all(1)).sum())
            spaces = self._spaces(features[known], Ragged(np.zeros(1, np.int64), NOTHING))
            embedded += self._write(spaces, label, ids.filter(pa.array(known)))
        return self._told(label, embedded, without, partly)

    def items(self, nodes: pa.Array) -> Embedded:
        """Place items, string [n], by the frames with features that they have."""
        label, embedded, without = self._loaded.snapshot.item_label, 0, 0
        for start in range(0, len(nodes), TOGETHER):
            ids = nodes.slice(start, TOGETHER)
            found = rows(self._store, "frames_of_items", ids=ids.to_pylist())
            parts = pa.array(sorted({row["id"] for row in found}), pa.string())
            features, present = self._described(parts)
            known = present.any(1)
            part = {key: at for at, key in enumerate(parts.filter(pa.array(known)).to_pylist())}
            pairs = sorted({(row["item"], part[row["id"]]) for row in found if row["id"] in part})
            item = {key: at for at, key in enumerate(dict.fromkeys(key for key, _ in pairs))}
            rank = np.array([item[key] for key, _ in pairs], np.int64)
            owned = np.array([at for _, at in pairs], np.int64)
            without += len(ids) - len(item)
            spaces = self._spaces(features[known], Ragged.from_sorted(rank, owned, len(item)))
            embedded += self._write(spaces, label, pa.array([*item], pa.string()))
        return self._told(label, embedded, without)

    def _described(self, parts: pa.Array) -> tuple[Floats, Mask]:
        """Return features, float32 [n, F], what is lacking filled in, and bool [n, matrices], what each has of them."""
        read, present = item_features(self._store, self._features, self._names, parts, None)
        return fill([*read.values()], present, () if present.all() else self._content.means), present

    def _spaces(self, features: Floats, lists: Ragged) -> Mapping[str, Vectors]:
        with torch.inference_mode():
            return placed_by_parts(self._loaded.model, torch.from_numpy(features), lists)

    def _write(self, spaces: Mapping[str, Vectors], label: str, ids: pa.Array) -> int:
        """Write what changed of ``label`` in all spaces; return how many nodes those are in the first that has any."""
        written = [
            write_changed(self._store, label, self._properties[space], ids, vectors[label].numpy(force=True))
            for space, vectors in spaces.items()
            if label in vectors and len(ids)
        ]
        return written[0] if written else 0

    def _told(self, label: str, embedded: int, without: int, partly: int = 0) -> Embedded:
        lacking = tuple(Lacking(name, without, cure(self._workspace, name)) for name in self._names if without)
        return Embedded(self._loaded.run.id, label, embedded, without, partly=partly, lacking=lacking)
