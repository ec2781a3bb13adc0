"""Learned embeddings back into the graph, all or nothing, with the run beside them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from graphrec import schema
from graphrec.errors import TrainingError
from graphrec.serving.load_model import Loaded
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Published:
    """What a publish wrote.

    Attributes:
        run: id of the run.
        property: node property that holds the embeddings.
        counts: nodes with an embedding, by label.
        seconds: how long it took.
    """

    run: str
    property: str
    counts: dict[str, int]
    seconds: float


def publish(store: GraphStore, loaded: Loaded) -> Published:
    """Write a run's embeddings as node properties named after its model, and its ``Run`` node.

    What an earlier run of that model had written is dropped, on every label. Users without a training record get
    none, since nothing is known of them, and neither do items that have neither a record nor content.

    Args:
        store: opened for writing.
        loaded: the run.

    Raises ``TrainingError`` for a model without embeddings.
    """
    started = time.monotonic()
    run, shot, data = loaded.run, loaded.snapshot, loaded.split.data
    with torch.inference_mode():
        embeddings = loaded.model.embeddings()
    if embeddings is None:
        raise TrainingError(
            f"{run.model} has no embeddings to publish; it serves from its run: "
            f"`graphrec recommend USER --run {run.id}`"
        )
    known = {"User": data.by_user.lengths > 0, shot.item_label: (data.by_item.lengths > 0) | shot.described}
    counts = {}
    with store.transaction():
        store.initialise()
        for label in schema.EMBEDDED_LABELS:
            # What this run does not cover would keep vectors of another space.
            store.drop_embeddings(label, run.model)
        for label, ids, vectors in zip(known, (shot.users, shot.items), embeddings, strict=True):
            rows = np.flatnonzero(known[label])
            store.write_embeddings(
                label, run.model, ids.values.take(pa.array(rows)), vectors.numpy(force=True)[rows]
            )
            counts[label] = len(rows)
        store.write_nodes("Run", _node(loaded, int(embeddings[0].shape[1])))
    return Published(run.id, run.model, counts, time.monotonic() - started)


def _node(loaded: Loaded, dimension: int) -> pa.Table:
    manifest = loaded.run.manifest
    values = {
        "id": loaded.run.id,
        "model": loaded.run.model,
        "label": loaded.snapshot.item_label,
        "property": loaded.run.model,
        "dimension": dimension,
        "published_at": time.time_ns() // 1_000_000,
        "snapshot": loaded.snapshot.fingerprint,
        "created_at": int(loaded.run.folder.stat().st_ctime * 1000),
        "split": loaded.split.name,
        "seed": manifest["seed"],
        "metrics": json.dumps(manifest.get("test", {}).get("metrics", {})),
    }
    return pa.table({name: pa.array([value]) for name, value in values.items()})
