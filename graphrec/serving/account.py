"""What a run's model made two embeddings of: the user's, and that of what it recommends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from graphrec.errors import NotFoundError, TrainingError
from graphrec.features import FeatureStore, sibling
from graphrec.graph.build import item_features
from graphrec.graph.content import fill
from graphrec.graph.ids import Ids
from graphrec.graph.snapshot import Snapshot
from graphrec.models.base import Accounts, PlacesByParts
from graphrec.models.influences import Floats, Influences, none
from graphrec.serving.embed_parts import described_parts
from graphrec.serving.load_model import Loaded, kept_run
from graphrec.store.base import GraphStore
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Influence:
    """A node whose vector went into an embedding, by the factor ``weight``."""

    label: str
    id: str
    weight: float


@dataclass(frozen=True)
class Made:
    """What one embedding was made of.

    Attributes:
        said: how, as a sentence about "it".
        count: of how many nodes.
        most: those that count most, of equals the first by id.
        learned: whether they are its neighbours in the graph; else they are only like it by content.
    """

    said: str
    count: int = 0
    most: list[Influence] = field(default_factory=list)
    learned: bool = True

    def without(self, label: str, ids: Collection[str]) -> Made:
        """Return the same, with none of the ``label`` nodes ``ids`` named."""
        return replace(self, most=[one for one in self.most if one.label != label or one.id not in ids])


@dataclass(frozen=True)
class Account:
    """What the embeddings of a user and of a recommendation were made of, by ``model``."""

    model: str
    user: Made
    item: Made


def account(
    store: GraphStore,
    workspace: Workspace,
    run: str,
    user: str,
    label: str,
    node: str,
    *,
    k: int = 8,
    first: Sequence[str] = (),
) -> Account | None:
    """Return what ``run`` made the embeddings of ``user`` and of the ``label`` node ``node`` of.

    None where its model has no weights to tell, or its files are not in the workspace.

    Args:
        store: the graph.
        workspace: where runs and features are.
        run: the run's id.
        user: id of a user.
        label: of what is explained.
        node: its id.
        k: how many influences are named.
        first: ids that are named before others of the same weight.
    """
    try:
        loaded = kept_run(workspace, find_run(workspace, run))
    except (NotFoundError, TrainingError):
        return None
    model, shot = loaded.model, loaded.snapshot
    if not isinstance(model, Accounts):
        return None
    at = int(shot.users.index([user])[0])
    own = (
        none("It came after training: nothing is known of it to the model.")
        if at < 0
        else model.user_sources(at)
    )
    there = int(shot.items.index([node])[0]) if label == shot.item_label else -1
    parts: Ids | None = None
    features: Floats | None = None
    if isinstance(model, PlacesByParts) and label != shot.item_label:
        return Account(loaded.run.model, _made(shot, own, k, first), Made("It was placed by its features alone."))
    if isinstance(model, PlacesByParts) and there < 0:
        names, features = described_parts(store, workspace, loaded, node)
        parts = Ids(names)
    elif there < 0:
        features = _features(store, workspace, loaded, label, node)
    if there < 0 and features is None:
        theirs: Influences = none("It came after training, and has no features: it has no embedding.")
    else:
        theirs = model.item_sources(there, features)
    return Account(loaded.run.model, _made(shot, own, k, first), _made(shot, theirs, k, (), parts))


def _features(
    store: GraphStore, workspace: Workspace, loaded: Loaded, label: str, node: str
) -> Floats | None:
    """Return the features of what the run was not trained on, float32 [1, F], by the matrices it was trained on."""
    shot, content = loaded.snapshot, loaded.split.data.content
    trained_on = shot.feature_names
    found = (
        trained_on if label == shot.item_label else [sibling(n, shot.item_label, label) for n in trained_on]
    )
    names = [name for name in found if name is not None]
    if not names or len(names) < len(found):
        return None
    try:
        features = FeatureStore(workspace.features)
        read, present = item_features(store, features, names, pa.array([node]), shot.genres)
    except NotFoundError:
        return None
    blocks = [*read.values()]
    if not present.any() or sum(block.shape[1] for block in blocks) != content.width:
        return None
    return fill(blocks, present, content.means)


def _made(shot: Snapshot, found: Influences, k: int, first: Sequence[str], parts: Ids | None = None) -> Made:
    label = found.part or ("User" if found.of_users else shot.item_label)
    ids = parts if found.part and parts is not None else shot.ids[label]
    names = ids.take(np.asarray(found.at, np.int64))
    known = [Influence(label, key, float(w)) for key, w in zip(names, found.weights, strict=True)]
    known.sort(key=lambda one: (-one.weight, one.id not in first, one.id))
    return Made(found.said, len(known), known[:k], found.learned)
