"""Learned embeddings back into the graph, all or nothing, with the run beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from graphrec import schema
from graphrec.errors import ConfigError
from graphrec.models.answers import only_proposes
from graphrec.models.base import SPACE, Encodes, Model
from graphrec.serving.encoded import keep_encoded
from graphrec.serving.load_model import Loaded
from graphrec.serving.published import (
    BESIDE,
    DESCRIPTION,
    INNER_PRODUCT,
    PROPOSAL,
    check_mapped,
    current_runs,
)
from graphrec.serving.run_embeddings import Space, run_embeddings
from graphrec.store.base import GraphStore
from graphrec.training.runs import Run


@dataclass(frozen=True)
class Published:
    """What a publish wrote.

    Attributes:
        run: id of the run.
        property: node property that holds the embeddings.
        counts: nodes with an embedding, by label.
        seconds: how long it took.
        warning: what the account of the run's training has against it; empty where that is nothing.
    """

    run: str
    property: str
    counts: dict[str, int]
    seconds: float
    warning: str = ""


def publish(store: GraphStore, loaded: Loaded, name: str | None = None) -> Published:
    """Write a run's embeddings as node properties named after its model, and its ``GraphrecRun`` node.

    What an earlier run had written under that name is dropped, on every label. Users without a training record get
    none, since nothing is known of them, and neither do items that have neither a record nor content. Spaces beside the
    first are written as ``<name>_<space>``. What a model makes of nodes by what they are made of goes to the feature
    files too, as ``<name>-item``, ``<name>_<space>-item``, ``<name>-trailer`` and so on, where a training that names it
    can use it.

    Readers see all of it or nothing: it is one transaction or, where a server would have to commit it in parts, the
    vectors are written beside those in use, under ``<name>_2`` and ``<name>`` in turn, and the ``GraphrecRun`` node,
    which says where they are, comes last.

    Args:
        store: opened for writing.
        loaded: the run.
        name: of the property; None for the model's name, which is not enough where the graph is mapped.

    Raises ``TrainingError`` for a model without embeddings, ``ConfigError`` or ``StoreError`` for a name that cannot be
    used, ``ConfigError`` for a run that was trained by another mapping of the graph.
    """
    started = time.monotonic()
    run, spaces = loaded.run, run_embeddings(loaded)
    check_named(store, name)
    check_mapped(store, run)
    name = name or run.model
    if name.endswith(BESIDE):
        raise ConfigError(f"the property {name!r} may not end in {BESIDE}: graphrec uses such names itself")
    counts = {label: len(ids) for label, (ids, _) in spaces[SPACE].items()}
    written = sum(len(ids) for space in spaces.values() for ids, _ in space.values())
    beside = store.part_rows is not None and written > store.part_rows
    former = _in_use(store, name)
    suffix = BESIDE if beside and former == name else ""
    targets = {space: name + (f"_{space}" if space else "") + suffix for space in spaces}
    with ExitStack() as held:
        if not beside:
            held.enter_context(store.transaction())
        store.initialise()
        for space, of_labels in spaces.items():
            _drop(store, [targets[space]])
            for label, (ids, vectors) in of_labels.items():
                store.write_embeddings(label, targets[space], ids, vectors)
        former_spaces = _spaces_of(store, former)
        store.write_nodes(schema.RUN, _node(loaded, targets, spaces))
        _drop(store, [used for used in former_spaces if used not in targets.values()])
        if isinstance(loaded.model, Encodes):
            keep_encoded(loaded.run, name, spaces)
    return Published(run.id, targets[SPACE], counts, time.monotonic() - started, _warning(run))


def check_named(store: GraphStore, name: str | None) -> None:
    """Raise ``ConfigError`` where the nodes are somebody else's and nobody has named the property to be written."""
    if name is None and not store.owns("User"):
        raise ConfigError(
            f"{store.uri} is somebody else's: name the property of its nodes that gets the embeddings, with --property "
            'taste for example, or as property = "taste" in [train] and [publish] of graphrec.toml'
        )


def reason_against(store: GraphStore, loaded: Loaded, name: str | None = None) -> str:
    """Return why a training should not publish by itself: it would replace another run, and its verdict is against it.

    Empty where nothing is against it; ``publish`` does as it is told.
    """
    property_name = name or loaded.run.model
    used = _in_use(store, property_name)
    other = next((run for run in current_runs(store) if run.property == used and run.id != loaded.run.id), None)
    if other is None or not _warning(loaded.run):
        return ""
    return (
        f"Not written back, for that verdict: {property_name} keeps the embeddings of {other.id}; "
        f"`graphrec publish {loaded.run.id}` replaces them all the same."
    )


def _warning(run: Run) -> str:
    said = run.manifest.get("account", {}).get("verdict", {})
    return str(said["sentence"]) if said.get("bad") else ""


def _in_use(store: GraphStore, name: str) -> str | None:
    """Return under which of its two names an embedding is published, or None."""
    names = [run.property for run in current_runs(store)]
    return next((used for used in names if used in (name, name + BESIDE)), None)


def _spaces_of(store: GraphStore, used: str | None) -> list[str]:
    """Return the properties of all spaces of the run that is published under ``used``."""
    run = next((run for run in current_runs(store) if run.property == used), None)
    return [] if run is None else [run.property, *run.spaces.values()]


def _drop(store: GraphStore, names: Iterable[str]) -> None:
    """Drop embeddings from every label: what a run does not cover would keep vectors of another space."""
    for name in names:
        for label in schema.EMBEDDED_LABELS:
            store.drop_embeddings(label, name)


def _score(model: Model[Any]) -> str:
    if isinstance(model, Encodes):
        return DESCRIPTION
    return PROPOSAL if only_proposes(model) else INNER_PRODUCT


def _node(loaded: Loaded, targets: Mapping[str, str], spaces: Mapping[str, Space]) -> pa.Table:
    manifest = loaded.run.manifest
    values = {
        "id": loaded.run.id,
        "model": loaded.run.model,
        "label": loaded.snapshot.item_label,
        "property": targets[SPACE],
        "dimension": int(next(vectors for _, vectors in spaces[SPACE].values()).shape[1]),
        "score": _score(loaded.model),
        "spaces": json.dumps({space: used for space, used in targets.items() if space}),
        "published_at": time.time_ns() // 1_000_000,
        "snapshot": loaded.snapshot.fingerprint,
        "created_at": int(loaded.run.folder.stat().st_ctime * 1000),
        "split": loaded.split.name,
        "seed": manifest["seed"],
        "metrics": json.dumps(manifest.get("test", {}).get("metrics", {})),
    }
    return pa.table({name: pa.array([value]) for name, value in values.items()})
