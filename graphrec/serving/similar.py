"""What lies near a node in a model's embedding space."""

from __future__ import annotations

from graphrec.errors import ConfigError, NotFoundError
from graphrec.keys import Id
from graphrec.serving.lookups import LABELS, find_node
from graphrec.serving.published import current_run
from graphrec.serving.recommend import Recommendation, detailed
from graphrec.store.base import GraphStore


def similar(
    store: GraphStore, node: Id, k: int = 10, *, model: str | None = None, label: str | None = None
) -> list[Recommendation]:
    """Return the ``k`` nodes of the same label nearest to ``node`` by cosine of published embeddings.

    Args:
        store: the graph.
        node: id of an item, segment, frame or user.
        k: how many.
        model: whose embeddings; None for those published last.
        label: of ``node``, where several labels have such an id; None for the first of Item, Segment, User and Frame.

    Raises ``NotFoundError`` for an unknown id, or one without an embedding.
    """
    if k < 1:
        raise ConfigError(f"k must be at least 1, not {k}")
    label, node = find_node(store, node, label)
    run = current_run(store, model, label if label in LABELS else None)
    if run is None:
        raise NotFoundError(
            f"no published run has embeddings of {label} nodes; `graphrec train --model transgrec` publishes one, "
            "and `graphrec embed` places what else has features"
        )
    _, vectors = store.read_embeddings(label, run.property, [node])
    if not len(vectors):
        raise NotFoundError(
            f"{label} {node!r} has no embedding of {run.id}; `graphrec embed` gives one to every "
            "node that has features"
        )
    found = store.nearest(label, run.property, vectors[0], k, without=[node], metric="cosine")
    if label not in LABELS:
        return [Recommendation(n.id, n.score) for n in found]
    return detailed(store, label, found)
