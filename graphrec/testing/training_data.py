"""Training data by hand, and models that have learned from them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graphrec.graph.content import Features, Mapped
from graphrec.graph.data import Data
from graphrec.graph.records import Records
from graphrec.graph.videos import Videos
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Model
from graphrec.ragged import Ints
from graphrec.tasks.cases import NodeCases, Split
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import train

M = TypeVar("M", bound=Model[Any])


def data_of(
    user: Ints,
    item: Ints,
    users: int,
    items: int,
    *,
    features: npt.NDArray[np.floating[Any]] | None = None,
    group: Ints | None = None,
    position: npt.NDArray[np.floating[Any]] | None = None,
    sampled: npt.NDArray[np.bool_] | None = None,
    label: str = "Item",
    **values: npt.ArrayLike,
) -> Data:
    """Return training data with the records (``user[e]``, ``item[e]``), both int64 [E].

    Args:
        user: whose records.
        item: of what.
        users: how many users there are.
        items: how many items.
        features: float [items, F], of all items.
        group: int64 [items], the video of each, or -1.
        position: float [items], where in it.
        sampled: bool [items]; by default the items with a record.
        label: of the items.
        values: of the records by name, float [E].
    """
    user, item = np.asarray(user, np.int64), np.asarray(item, np.int64)
    known = np.bincount(item, minlength=items) > 0
    found: dict[str, Features] = {}
    if features is not None and features.shape[1]:
        found["look"] = Mapped(label, features.astype(np.float32), np.ones(items, bool))
    where = np.zeros(items, np.float32) if position is None else position.astype(np.float32)
    inside = group is not None and (np.asarray(group) >= 0).any()
    return Data(
        {"User": users, label: items},
        label,
        Records.of_pairs(user, item, users, **values),
        known if sampled is None else sampled,
        found,
        videos=Videos(np.asarray(group), where, int(np.max(group)) + 1) if inside and group is not None else Videos(),
    )


def attached(kind: type[M], data: Data, **settings: Any) -> M:
    """Return a model of ``kind`` as it is before it has learned anything, of the seed 0."""
    seed_everything(0)
    model = kind(data.shape, kind.Settings(**settings))
    model.attach(data)
    model.eval()
    return model


def learned(kind: type[M], data: Data, options: dict[str, Any] | None = None, **settings: Any) -> M:
    """Return a model of ``kind`` that has learned from ``data``: without ``options`` by the model's own."""
    model = attached(kind, data, **settings)
    nothing = NodeCases(np.empty(0, np.int64), np.empty((0, 0)))
    chosen = TrainOptions.model_validate({**kind.defaults, "device": "cpu", **(options or {})})
    train(model, Split("by hand", data, nothing, nothing), chosen)
    return model
