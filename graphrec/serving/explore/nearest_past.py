"""The short answer to why: what of the user's history each recommended node is nearest to, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrec.serving.chosen import chosen_by
from graphrec.serving.explain import LEAST_COSINE, Alike
from graphrec.serving.lookups import ids
from graphrec.serving.published import current_run
from graphrec.store.base import Floats, GraphStore
from graphrec.store.nearest import unit
from graphrec.workspace import Workspace


def nearest_past(
    store: GraphStore, workspace: Workspace, user: str, label: str, nodes: Sequence[str], *, model: str | None = None
) -> dict[str, Alike]:
    """Return by id, for each of ``nodes`` that has an embedding, what ``user`` has chosen that is nearest to it.

    What is less like it than ``LEAST_COSINE`` is no answer, and neither is what the user disliked.

    Args:
        store: the graph.
        workspace: of the run, whose task says what counts as chosen.
        user: for whom.
        label: of the nodes, and of the history that counts.
        nodes: ids.
        model: whose published embeddings; None for those of ``label`` published last.

    Nothing is returned where the user has no such history. Raises ``NotFoundError`` for a model that is not published.
    """
    run = current_run(store, model, label)
    if run is None or not nodes:
        return {}
    history = ids(store, "liked", label, chosen_by(store.properties, workspace, run.id), user=user)
    if not history:
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
    nearest = np.argsort(-cosines, kind="stable")[:2]
    others = [place for place in nearest if known[place] != node and cosines[place] >= LEAST_COSINE]
    return Alike(known[others[0]], float(cosines[others[0]])) if others else None
