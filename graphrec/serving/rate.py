"""The rating that a user would give to an item, what it is the sum of, and the user's own ratings that speak for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graphrec.keys import Id
from graphrec.serving.lookups import find_node, require
from graphrec.serving.published import published_run
from graphrec.serving.ratings import predicted, rating_run, scale_of
from graphrec.serving.recommend import detailed
from graphrec.store.base import GraphStore, Neighbour
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.models.influences import Part
    from graphrec.ragged import Ints
    from graphrec.serving.load_model import Loaded
    from graphrec.tasks.cases import Floats


NEAR = 0.005
"""Less is not seen in the digits that are shown."""


@dataclass(frozen=True)
class OwnRating:
    """A rating of the user's own, in training, and how like its item is to the one asked about.

    Attributes:
        id: of its item.
        title: likewise, where it has one.
        rating: what the user gave.
        similarity: by the model.
        weight: its share of the prediction, the shares of all own ratings adding up to 1; None where the model does not
            predict by them.
    """

    id: str
    title: str | None
    rating: float
    similarity: float
    weight: float | None


@dataclass(frozen=True)
class PredictedRating:
    """What ``rate`` answers.

    Attributes:
        user: whose.
        item: of what.
        title: of the item, where it has one.
        run: that predicts.
        model: of the run.
        rating: predicted, within the scale.
        low: the least rating there is.
        high: the greatest.
        known: whether the model itself can tell; else it is what user and item have on average, as far as known.
        given: what the user has given to the item, where training knew; None else.
        parts: what the prediction is the sum of, before it is brought on the scale; empty where it is one thing.
        neighbours: of the user's own ratings those of the items most similar, first.
        note: what is to be said of how it came about.
    """

    user: str
    item: str
    title: str | None
    run: str
    model: str
    rating: float
    low: float
    high: float
    known: bool
    given: float | None
    parts: Sequence[Part] = ()
    neighbours: Sequence[OwnRating] = field(default_factory=list)
    note: str = ""


def rate(
    store: GraphStore,
    workspace: Workspace,
    user: Id,
    item: Id,
    *,
    model: str | None = None,
    run: str | None = None,
    k: int = 5,
) -> PredictedRating:
    """Predict the rating that ``user`` would give to ``item``.

    Args:
        store: the graph.
        workspace: where the run is.
        user: id of a user.
        item: id of what the run rates.
        model: whose run, the last published; None for the last of any that predicts ratings.
        run: a run to ask instead, published or not.
        k: how many of the user's own ratings are named.

    Raises ``NotFoundError`` for an unknown user, item or run, ``ConfigError`` for a run that predicts no ratings.
    """
    # Here, not above: models need torch, which takes seconds.
    from graphrec.models.base import HasParts
    from graphrec.serving.load_model import kept_run

    found = rating_run(store, workspace, model, run)
    label = str(found.manifest["item_label"])
    user = require(store, "User", user)
    _, item = find_node(store, item, label, (label,))
    loaded = kept_run(workspace, found)
    who, what = int(loaded.snapshot.users.index([user])[0]), int(loaded.snapshot.items.index([item])[0])
    low, high = scale_of(loaded)
    titles = {one.id: one.title for one in detailed(store, label, [Neighbour(item, 0)])}
    if min(who, what) < 0:
        new = " and ".join(name for name, at in ((user, who), (item, what)) if at < 0)
        rating = _mean(loaded, who, what)
        note = f"{new} came after training: this is what is rated on average; train again"
        return PredictedRating(
            user, item, titles.get(item), found.id, found.model, rating, low, high, False, None, note=note
        )
    ratings, knowns = predicted(loaded, np.array([who]), np.array([what]))
    known = bool(knowns[0])
    records = loaded.split.data.records
    own = np.flatnonzero((records.user == who) & np.isfinite(records.values[loaded.split.data.value]))
    items, given = np.asarray(records.item)[own], np.asarray(records.values[loaded.split.data.value])[own]
    had = given[items == what]
    parts = loaded.model.parts(who, what) if known and isinstance(loaded.model, HasParts) else ()
    note = "" if known else f"{found.model} cannot tell: this is what user and item have on average"
    if parts and not low - NEAR <= (total := sum(part.score for part in parts)) <= high + NEAR:
        note = f"the parts come to {total:.2f}, beyond the scale of {low:g} to {high:g}, at whose end this is"
    return PredictedRating(
        user,
        item,
        titles.get(item),
        found.id,
        found.model,
        float(ratings[0]),
        low,
        high,
        known,
        float(had[0]) if len(had) else None,
        parts,
        _neighbours(store, loaded, label, who, what, items, given, k) if known else [],
        note,
    )


def _mean(loaded: Loaded, who: int, what: int) -> float:
    """Return what is rated on average by the one, or of the other, that is known."""
    from graphrec.tasks.fallback import Biases

    data = loaded.split.data
    biases = Biases(data.records, data.value, data.items)
    mean = biases.mean + (biases.users[who] if who >= 0 else 0) + (biases.items[what] if what >= 0 else 0)
    return float(np.clip(mean, *scale_of(loaded)))


def _neighbours(
    store: GraphStore, loaded: Loaded, label: str, who: int, what: int, items: Ints, given: Floats, k: int
) -> list[OwnRating]:
    """Return the user's own ratings of the items most similar by the model; none where it compares no items."""
    from graphrec.models.base import ComparesItems, Embeds

    others = items != what
    items, given = items[others], given[others]
    model, weights = loaded.model, None
    if not len(items):
        return []
    if isinstance(model, ComparesItems):
        similar, weights = (one.numpy(force=True) for one in model.compared(what, items))
    elif isinstance(model, Embeds):
        similar = _alike(store, loaded, label, what, items)
    else:
        return []
    best = np.argsort(-similar, kind="stable")[:k]
    ids = loaded.snapshot.items.take(items[best])
    titles = {one.id: one.title for one in detailed(store, label, [Neighbour(one, 0) for one in ids])}
    return [
        OwnRating(
            one,
            titles.get(one),
            float(given[at]),
            float(similar[at]),
            None if weights is None else float(weights[at]),
        )
        for one, at in zip(ids, best, strict=True)
    ]


def _alike(store: GraphStore, loaded: Loaded, label: str, what: int, items: Ints) -> Floats:
    """Return how alike items are in the model's space, float64 [n], as cosines around the mean of them."""
    vectors = _vectors(store, loaded, label, np.append(items, what)).astype(np.float64)
    centred = vectors - vectors.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    cosines: Floats = unit[:-1] @ unit[-1]
    return cosines


def _vectors(store: GraphStore, loaded: Loaded, label: str, items: Ints) -> npt.NDArray[np.float32]:
    """Return float32 [n, D], from the graph where they are there: they may take long to work out."""
    from graphrec.models.answers import embeddings_of

    published = published_run(store, loaded.run.id)
    if published is not None:
        names: list[str] = list(loaded.snapshot.items.take(items))
        ids, vectors = store.read_embeddings(label, published.property, names)
        if len(ids) == len(items):
            at = {one: row for row, one in enumerate(ids.to_pylist())}
            return vectors[[at[name] for name in names]]
    vectors = next(iter(embeddings_of(loaded.model).values()))[label].numpy(force=True)
    return vectors[items]
