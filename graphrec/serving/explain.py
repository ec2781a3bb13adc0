"""Why something is recommended: shared neighbours in the graph, and what in the history it is like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphrec.errors import NotFoundError
from graphrec.features import FeatureStore
from graphrec.serving.lookups import LABELS, ids, label_of, require, rows
from graphrec.serving.recommend import current_run, require_published
from graphrec.store.base import Floats, GraphStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Shared:
    """A thing of the user's history whose ``users`` others also chose the explained item."""

    via: str
    title: str | None
    users: int


@dataclass(frozen=True)
class Alike:
    """A thing of the user's history and how like the explained item it is, as a cosine."""

    id: str
    cosine: float


@dataclass(frozen=True)
class Explanation:
    """What lies behind a score.

    Attributes:
        user: for whom.
        id: what is explained.
        label: its label.
        run: the published run; None without one.
        score: inner product of the embeddings; None where one is missing.
        shared: paths user -> via <- other users -> item, by number of those users.
        embedding: history nearest in the run's embedding space.
        content: history nearest by feature, per feature matrix.
        sentence: the same in words.
    """

    user: str
    id: str
    label: str
    run: str | None
    score: float | None
    shared: list[Shared]
    embedding: list[Alike]
    content: dict[str, list[Alike]]
    sentence: str


def explain(
    store: GraphStore,
    workspace: Workspace,
    user: str,
    node: str,
    *,
    model: str | None = None,
    run: str | None = None,
    k: int = 5,
) -> Explanation:
    """Explain ``node`` for ``user``.

    Args:
        store: the graph.
        workspace: where features and runs are.
        user: for whom.
        node: an item, segment or frame.
        model: whose published embeddings; None for those of its label published last.
        run: a run to explain by instead; it must be published.
        k: how many of each kind of reason.

    Raises ``NotFoundError`` for an unknown user, run, or id of something else, ``ConfigError`` for a run that
    is not published.
    """
    require(store, "User", user)
    label = label_of(store, node)
    if label not in LABELS:
        raise NotFoundError(f"{node!r} is a {label}; items, segments and frames can be explained")
    history = [other for other in ids(store, "seen", label, user=user) if other != node]
    shared = [Shared(**row) for row in rows(store, "shared", label, user=user, id=node, limit=k)]
    published = (
        current_run(store, model, label)
        if run is None
        else require_published(store, find_run(workspace, run))
    )
    score, near = None, []
    if published is not None:
        users, user_vectors = store.read_embeddings("User", published["property"], [user])
        items, vectors = store.read_embeddings(label, published["property"], [node, *history])
        u, v = (
            column.index(key).as_py() if len(column) else -1 for column, key in ((users, user), (items, node))
        )
        if u >= 0 and v >= 0:
            score = float(user_vectors[u] @ vectors[v])
        if v >= 0 and history:
            at = [items.index(other).as_py() for other in history]
            near = _alike(
                [h for h, a in zip(history, at, strict=True) if a >= 0],
                vectors[[a for a in at if a >= 0]],
                vectors[v],
                k,
            )
    content = _content(FeatureStore(workspace.features), label, history, node, k)
    return Explanation(
        user,
        node,
        label,
        published["id"] if published else None,
        score,
        shared,
        near,
        content,
        _sentence(user, node, shared, near, content),
    )


def _content(
    features: FeatureStore, label: str, history: list[str], node: str, k: int
) -> dict[str, list[Alike]]:
    found = {}
    for name in features.names():
        if features.info(name).label == label and history:
            matrix, present = features.read(name, [node, *history])
            if present[0]:
                known = np.flatnonzero(present[1:])
                found[name] = _alike([history[i] for i in known], matrix[1:][known], matrix[0], k)
    return found


def _alike(names: list[str], matrix: Floats, vector: Floats, k: int) -> list[Alike]:
    if not len(names):
        return []
    norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    cosines = matrix @ vector / np.maximum(norms, np.finfo(np.float32).tiny)
    return [Alike(names[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:k]]


def _sentence(
    user: str, node: str, shared: list[Shared], near: list[Alike], content: dict[str, list[Alike]]
) -> str:
    reasons = []
    if shared:
        one = shared[0]
        reasons.append(
            f"{one.users} other user{'s' if one.users > 1 else ''} who chose {one.via}, as {user} did, "
            f"chose {node} too"
        )
    for name, alike in content.items():
        if alike:
            reasons.append(
                f"by {name} it is most like {alike[0].id} (cosine {alike[0].cosine:.2f}) of {user}'s history"
            )
    if near:
        reasons.append(f"the model places it nearest to {near[0].id} (cosine {near[0].cosine:.2f})")
    return (
        "; ".join(reasons) + "."
        if reasons
        else f"Nothing in {user}'s history leads to {node}: it is not known why."
    )
