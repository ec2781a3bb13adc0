"""The short answer to why: what of the user's history each recommended node is nearest to, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrec.serving.explain import Alike
from graphrec.serving.lookups import ids
from graphrec.serving.published import current_run
from graphrec.store.base import Floats, GraphStore
from graphrec.store.nearest import unit


def nearest_past(
    store: GraphStore, user: str, label: str, nodes: Sequence[str], *, model: str | None = None
) -> dict[str, Alike]:
    """Return by id, for each of ``nodes`` that has an embedding, what of ``user``'s history is nearest to it.

    Args:
        store: the graph.
        user: for whom.
        label: of the nodes, and of the history that counts.
        nodes: ids.
        model: whose published embeddings; None for those of ``label`` published last.

    Nothing is returned where the user has no such history. Raises ``NotFoundError`` for a model that is not published.
    """
    run = current_run(store, model, label)
    history = ids(store, "seen", label, user=user)
    if run is None or not history or not nodes:
        return {}
    found, vectors = store.read_embeddings(label, run.property, sorted({*nodes, *history}))
    row = {node: place for place, node in enumerate(found.to_pylist())}
    directions = unit(vectors)
    known = [node for node in history if node in row]
    past = directions[[row[node] for node in known]]
    return {
        node: nearest
        for node in nodes
        if node in row and (nearest := _nearest(directions[row[node]], node, known, past)) is not None
    }


def _nearest(vector: Floats, node: str, known: Sequence[str], past: Floats) -> Alike | None:
    cosines = past @ vector
    others = [place for place in np.argsort(-cosines, kind="stable")[:2] if known[place] != node]
    return Alike(known[others[0]], float(cosines[others[0]])) if others else None
