"""What TransGRec makes an embedding of: neighbours in the graph (Eq. 4 to 9), or content (Eq. 11 and 18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from graphrec.graph.data import Data
from graphrec.models.influences import Floats, Influences, Ints, none
from graphrec.models.transgrec_settings import TransGRecSettings
from graphrec.ragged import Ragged

if TYPE_CHECKING:
    from graphrec.models.transgrec import TransGRec


def of_user(data: Data, settings: TransGRecSettings, user: int) -> Influences:
    """Return the items whose embeddings were pooled into a user's."""
    own = np.asarray(data.by_user[user], np.int64)
    if not len(own):
        return none("It is in no training record: it has an embedding of its own only.")
    return _pooled(data, settings, own, data.by_user, data.by_item, user, of_users=False)


def of_item(model: TransGRec, data: Data, item: int) -> Influences:
    """Return the users pooled into an item's embedding, or the items like it where content made it."""
    own = np.asarray(data.by_item[item], np.int64)
    if len(own) and item_source(model.settings, bool(data.videos)) == "graph":
        return _pooled(data, model.settings, own, data.by_item, data.by_user, item, of_users=True)
    return of_content(model, data, data.content.rows(np.array([item])), item)


def of_content(model: TransGRec, data: Data, features: Floats, item: int = -1) -> Influences:
    """Return the known items that an item was placed among by its content.

    Args:
        model: trained, with the lengths of its items' scaled content.
        data: what the model was trained on.
        features: float32 [1, F], of the item.
        item: which it is of the graph; -1 for one that came later.
    """
    settings = model.settings
    network = "the transfer network" if settings.transfer != "none" else "the projection of its content"
    share = settings.neighbour_share
    if not share:
        return none(f"It was placed by its content alone, through {network}.")
    known = np.flatnonzero(data.by_item.lengths > 0)
    rows = torch.from_numpy(known).to(model.device)
    cosine = model.scaling.cosines(
        data.content, model.norms, rows, torch.tensor(features[0], device=model.device)
    )
    cosine[rows == item] = -1
    best, at = cosine.topk(min(settings.neighbours, len(known)))
    some = best > 0
    if not some.any():
        return none(f"It was placed by its content, through {network}: nothing that is known is like it.")
    weights = best[some] / best[some].sum()
    return Influences(
        False,
        known[at[some].cpu().numpy()],
        (share * weights).cpu().numpy(),
        f"It was placed by its content: {1 - share:.0%} by {network}, {share:.0%} between the {int(some.sum())} "
        "known ones most like it, each weighing as much as it is like it (cosine).",
        learned=False,
    )


def item_source(settings: TransGRecSettings, in_video: bool) -> str:
    """Return what embeds items with edges: ``graph`` or ``transfer``."""
    if settings.item_embedding == "auto":
        return "transfer" if in_video and settings.transfer != "none" else "graph"
    return settings.item_embedding


def _pooled(
    data: Data,
    settings: TransGRecSettings,
    own: Ints,
    here: Ragged,
    there: Ragged,
    node: int,
    *,
    of_users: bool,
) -> Influences:
    if not settings.layers:
        return none("The model has no layers: its embedding is its own, and no neighbour went into it.")
    count = len(own)
    others = f"its {count} users" if of_users else f"the {count} things it chose"
    if count == 1:
        others = "its only user" if of_users else "the only thing it chose"
    depth = "In one layer" if settings.layers == 1 else f"In each of {settings.layers} layers"
    if settings.pooling == "mean":
        weights = np.full(count, 1 / count, np.float32)
        said = f"{depth} the mean of {others} is added to its own vector: each counts 1/{count}."
    else:
        degrees = np.asarray(there.lengths)[own] * max(1, int(here.lengths[node]))
        weights = (1 / np.sqrt(degrees)).astype(np.float32)
        rarest = "whoever has chosen little counts more" if of_users else "what few have chosen counts more"
        said = (
            f"{depth} the vectors of {others} are added to its own, each divided by the square root of {count} times "
            f"its degree: {rarest}."
        )
    return Influences(of_users, own, weights, said)
