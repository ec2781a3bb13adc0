"""What a model makes of nodes by what they are made of, also of those that came after training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch

from graphrec.features import FeatureStore
from graphrec.files import replacing
from graphrec.graph.build import snapshot
from graphrec.graph.data import Data
from graphrec.graph.made_of import MadeOf, Making
from graphrec.graph.projection import Projection
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import Snapshot
from graphrec.models.base import Encodes
from graphrec.serving.encoded import matrix_of
from graphrec.serving.load_model import Loaded
from graphrec.serving.placed import Embedded, write_changed
from graphrec.serving.published import BESIDE, PublishedRun
from graphrec.serving.run_embeddings import encoded_as, spaces_of
from graphrec.store.base import Floats, GraphStore
from graphrec.workspace import Workspace

MARKS = "described.parquet"
"""In a run's folder: what the items were made of when it described them last."""


def embed_encoded(store: GraphStore, workspace: Workspace, loaded: Loaded, run: PublishedRun) -> Embedded:
    """Describe by the run the items that it has not described yet, or not as they are now, and what they are made of.

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
    made, item = _making(loaded, shot), shot.item_label
    there = shot.items.values
    known = pc.is_in(there, value_set=store.read_embeddings(item, run.property)[0]).to_numpy(zero_copy_only=False)
    wanted = made[item].described & ~(known & _as_before(loaded, run, there, made[item]))
    with torch.inference_mode():
        spaces = spaces_of(model, encoded_as(shot, model.encoded(_everything(shot), np.flatnonzero(wanted))))
    features, name = FeatureStore(workspace.features), run.property.removesuffix(BESIDE)
    done = []
    for space, of_labels in spaces.items():
        used = run.spaces[space] if space else run.property
        for label, (ids, vectors) in of_labels.items():
            new, again = _write(store, used, label, ids, vectors)
            features.write(matrix_of(name, space, label), label, ids.to_pylist(), vectors)
            if not space:
                done.append(Embedded(run.id, label, new, int((~made[label].described).sum()), again=again))
    _note(loaded, run, there, made[item])
    return replace(done[0], siblings=tuple(done[1:]))


def _write(store: GraphStore, name: str, label: str, ids: pa.Array, vectors: Floats) -> tuple[int, int]:
    """Write the vectors; return how many nodes had none before, and how many another."""
    had = pc.is_in(ids, value_set=store.read_embeddings(label, name, ids.to_pylist())[0])
    again, new = (
        write_changed(store, label, name, ids.filter(some), vectors[some.to_numpy(zero_copy_only=False)])
        for some in (had, pc.invert(had))
    )
    return new, again


def _making(loaded: Loaded, shot: Snapshot) -> Making:
    reads = loaded.model.reads(loaded.model.settings)
    labels = (*reads.described, shot.item_label) if reads.features else reads.described
    return Making(_everything(shot), shot.ids, labels, reads.lists, reads.fields)


def _everything(shot: Snapshot) -> Data:
    return shot.data(shot.records, np.zeros(0, bool))


def _as_before(loaded: Loaded, run: PublishedRun, items: pa.Array, made: MadeOf) -> Mask:
    """Return bool [n], which items are made of what they were when they were described last; at first, in training."""
    noted, published = loaded.run.folder / MARKS, _published(run)
    before = pq.read_table(noted) if noted.exists() else None
    if before is None or before.schema.metadata != published:
        trained = loaded.snapshot
        before = _table(trained.items.values, _making(loaded, trained)[trained.item_label])
    at = pc.index_in(items, value_set=before["id"].combine_chunks())
    marks = before["mark"].combine_chunks().take(at)
    return np.asarray(pc.fill_null(pc.equal(marks, pa.array(made.marks)), False))


def _note(loaded: Loaded, run: PublishedRun, items: pa.Array, made: MadeOf) -> None:
    with replacing(loaded.run.folder / MARKS) as file:
        pq.write_table(_table(items, made).replace_schema_metadata(_published(run)), file)


def _table(items: pa.Array, made: MadeOf) -> pa.Table:
    return pa.table({"id": items, "mark": made.marks})


def _published(run: PublishedRun) -> dict[bytes, bytes]:
    """Return what tells this publish from another, which writes again what training has made of the items."""
    return {b"published": str(run.published_at).encode()}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
