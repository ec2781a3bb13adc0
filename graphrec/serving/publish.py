"""Learned embeddings back into the graph, all or nothing, with the run beside them."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from graphrec import schema
from graphrec.errors import ConfigError, TrainingError
from graphrec.serving.load_model import Loaded
from graphrec.serving.published import BESIDE, current_runs
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


def publish(store: GraphStore, loaded: Loaded, name: str | None = None) -> Published:
    """Write a run's embeddings as node properties named after its model, and its ``Run`` node.

    What an earlier run had written under that name is dropped, on every label. Users without a training record get
    none, since nothing is known of them, and neither do items that have neither a record nor content.

    Readers see all of it or nothing: it is one transaction or, where a server would have to commit it in parts, the
    vectors are written beside those in use, under ``<name>_2`` and ``<name>`` in turn, and the ``Run`` node, which
    says where they are, comes last.

    Args:
        store: opened for writing.
        loaded: the run.
        name: of the property; None for the model's name.

    Raises ``TrainingError`` for a model without embeddings, ``ConfigError`` or ``StoreError`` for a name that cannot be
    used.
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
    name = name or run.model
    if name.endswith(BESIDE):
        raise ConfigError(f"the property {name!r} may not end in {BESIDE}: graphrec uses such names itself")
    known = {"User": data.by_user.lengths > 0, shot.item_label: (data.by_item.lengths > 0) | shot.described}
    rows = {label: np.flatnonzero(mask) for label, mask in known.items()}
    counts = {label: len(chosen) for label, chosen in rows.items()}
    beside = store.part_rows is not None and sum(counts.values()) > store.part_rows
    former = _in_use(store, name)
    target = name + BESIDE if beside and former == name else name
    with ExitStack() as held:
        if not beside:
            held.enter_context(store.transaction())
        store.initialise()
        _drop(store, target)
        for label, ids, vectors in zip(known, (shot.users, shot.items), embeddings, strict=True):
            chosen = rows[label]
            store.write_embeddings(
                label, target, ids.values.take(pa.array(chosen)), vectors.numpy(force=True)[chosen]
            )
        store.write_nodes("Run", _node(loaded, target, int(embeddings[0].shape[1])))
        if former not in (None, target):
            _drop(store, former)
    return Published(run.id, target, counts, time.monotonic() - started)


def _in_use(store: GraphStore, name: str) -> str | None:
    """Return under which of its two names an embedding is published, or None."""
    names = [run.property for run in current_runs(store)]
    return next((used for used in names if used in (name, name + BESIDE)), None)


def _drop(store: GraphStore, name: str) -> None:
    """Drop an embedding from every label: what a run does not cover would keep vectors of another space."""
    for label in schema.EMBEDDED_LABELS:
        store.drop_embeddings(label, name)


def _node(loaded: Loaded, name: str, dimension: int) -> pa.Table:
    manifest = loaded.run.manifest
    values = {
        "id": loaded.run.id,
        "model": loaded.run.model,
        "label": loaded.snapshot.item_label,
        "property": name,
        "dimension": dimension,
        "published_at": time.time_ns() // 1_000_000,
        "snapshot": loaded.snapshot.fingerprint,
        "created_at": int(loaded.run.folder.stat().st_ctime * 1000),
        "split": loaded.split.name,
        "seed": manifest["seed"],
        "metrics": json.dumps(manifest.get("test", {}).get("metrics", {})),
    }
    return pa.table({name: pa.array([value]) for name, value in values.items()})
