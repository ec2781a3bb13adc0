"""Comments that say the contrary of what is asked: that something is bad."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrec.graph.moments import CUT
from graphrec.graph.records import Mask, Records
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.graph.splits import BY_ORDER, TEST, TRAIN, VALID, Parts, base_name
from graphrec.tasks.positive import POSITIVE, Condition, positive


def contrary(snapshot: Snapshot, rules: Sequence[Condition], liked: Snapshot, found: Parts) -> Records | None:
    """Return the comments whose polarity denies them, and that are known when training.

    None where records are no comments, or no rule is of a value. What a user has a training record of is not denied by
    another one of the same item; nothing is known of what came after the records held out, nor of items held out whole.

    Args:
        snapshot: all records.
        rules: what counts as positive.
        liked: the positive records.
        found: where these go.
    """
    own = {rule.property for rule in POSITIVE.get(str(snapshot.projection["relationship"]), ())}
    of_value = [rule for rule in rules if rule.property in own]
    if not of_value or snapshot.records.text is None:
        return None
    records, fields = snapshot.records, snapshot.fields
    told = np.logical_and.reduce([np.isfinite(records.values[rule.property]) for rule in of_value])
    others = [rule for rule in rules if rule.property not in own]
    denied = told & positive(records, others, fields) & ~positive(records, of_value, fields)
    trains = found.of_record == TRAIN
    pairs = liked.records.user * len(snapshot.items) + np.asarray(liked.records.item)
    chosen = np.isin(records.user * len(snapshot.items) + np.asarray(records.item), pairs[trains])
    return records.where(denied & ~chosen & _known(records, liked.records, found))


def _known(records: Records, liked: Records, found: Parts) -> Mask:
    """Return bool [E], which of all ``records`` may be known when training, beside those ``liked``."""
    if found.of_item is not None:
        known: Mask = found.of_item[np.asarray(records.item)] == TRAIN
        return known
    base = base_name(found.name).partition(":")[0]
    held = (found.of_record == VALID) | (found.of_record == TEST)
    order = np.asarray(records.order)
    if base == CUT:
        return np.asarray(order < np.asarray(liked.order)[held].min())
    if base in (*BY_ORDER, "given"):
        first = np.full(len(records.by_user), np.iinfo(np.int64).max)
        if base != "given":
            np.minimum.at(first, liked.user[held], np.asarray(liked.order)[held])
        said = np.isin(records.split, (0, SPLITS.index("train"))) if base == "given" else np.ones(len(order), bool)
        return np.asarray(said & (order < first[records.user]))
    return np.ones(len(order), bool)
