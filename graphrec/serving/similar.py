"""What lies near a node in a model's embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError, NotFoundError
from graphrec.keys import Id
from graphrec.serving.lookups import FOUND, LABELS, find_node
from graphrec.serving.published import current_run, placing
from graphrec.serving.recommend import Recommendation, detailed
from graphrec.store.base import Floats, GraphStore, Neighbour
from graphrec.store.nearest import exact_nearest
from graphrec.workspace import Workspace

TRAILER = "Trailer"

if TYPE_CHECKING:
    from graphrec.serving.run_embeddings import Space


def similar(
    store: GraphStore,
    node: Id,
    k: int = 10,
    *,
    model: str | None = None,
    label: str | None = None,
    workspace: Workspace | None = None,
    run: str | None = None,
) -> list[Recommendation]:
    """Return the ``k`` nodes of the same label nearest to ``node`` by cosine of embeddings.

    Args:
        store: the graph.
        node: id of an item, segment, frame, user or trailer.
        k: how many.
        model: whose published embeddings; None for those published last.
        label: of ``node``, where several labels have such an id; None for the first of Item, Segment, User and Frame.
        workspace: where the files of ``run`` are.
        run: the run whose embeddings count instead; where the graph does not hold them, those of its files, and that
            is said in the log.

    Raises ``NotFoundError`` for an unknown id, or one without an embedding, ``ConfigError`` for embeddings of one
    number, of which cosine tells nothing.
    """
    if k < 1:
        raise ConfigError(f"k must be at least 1, not {k}")
    label, node = find_node(store, node, label, (*FOUND, TRAILER) if label == TRAILER else FOUND)
    if run is not None and workspace is not None:
        # Here, not above: models need torch, which takes seconds.
        from graphrec.serving.run_embeddings import of_unpublished

        space = of_unpublished(store, workspace, run)
        if space is not None:
            return _shown(store, label, _by_files(space, run, label, node, k))
    published = current_run(store, run or model, label if label in LABELS else None, describing=True)
    if published is None:
        raise NotFoundError(
            f"no published run has embeddings of {label} nodes; `graphrec train --model transgrec` publishes one, "
            "and `graphrec embed` places what else has features"
        )
    _, vectors = store.read_embeddings(label, published.property, [node])
    if not len(vectors):
        raise NotFoundError(
            f"{label} {node!r} has no embedding of {published.id}; "
            + placing(published, "`graphrec embed` gives one to every node that has features")
        )
    _require_directions(published.id, vectors)
    found = store.nearest(label, published.property, vectors[0], k, without=[node], metric="cosine")
    return _shown(store, label, found)


def _by_files(space: Space, run: str, label: str, node: str, k: int) -> list[Neighbour]:
    ids, vectors = space.get(label, (pa.array([], pa.string()), np.empty((0, 0), np.float32)))
    at = pc.index(ids, node).as_py()
    if at < 0:
        raise NotFoundError(
            f"{label} {node!r} has no embedding of {run}, which was trained without it; `graphrec publish {run}` and "
            "`graphrec embed` give one to every node that has features"
        )
    _require_directions(run, vectors)
    return exact_nearest(ids, vectors, vectors[at], k, among=None, without=[node], metric="cosine")


def _require_directions(run: str, vectors: Floats) -> None:
    if vectors.shape[1] == 1:
        raise ConfigError(
            f"{run} tells of each node one number, the same for all users, by which none is more like another: take a "
            "run of another model"
        )


def _shown(store: GraphStore, label: str, found: list[Neighbour]) -> list[Recommendation]:
    return detailed(store, label, found) if label in LABELS else [Recommendation(n.id, n.score) for n in found]
