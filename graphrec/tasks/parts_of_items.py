"""Records of what items are made of, held out as those of the items are: key frames of a video."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphrec.errors import DataError
from graphrec.graph.data import Data
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import TEST, TRAIN, VALID
from graphrec.graph.videos import Videos
from graphrec.ragged import Ints
from graphrec.tasks.base import Task
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking, training, within_videos

AS_ITEMS = "as-items"
"""Name of the split."""
PARTS = ("Frame", "Segment")


def list_of(item: str, part: str) -> str | None:
    """Return the list that tells which ``part`` nodes an ``item`` has, where there is such a thing."""
    return f"{item}>{part}" if item == "Item" and part in PARTS else None


def split_as_items(
    task: Task[Any], shot: Snapshot, first: Split[Any], items: Snapshot
) -> Split[RankingCases] | None:
    """Return the records of ``shot`` split as ``first`` has split those of items: a part goes where its item went.

    A case is a user and an item of which records are held out; all parts of that item are ranked in it (JIFR section
    4). What a user did with parts of items that train, trains.

    Args:
        task: of the records of parts.
        shot: what holds them, and the list of which parts each item has.
        first: of the records of items.
        items: what it was made from.

    Returns None where the parts are not of those items, or none of an item that is tested has a record: then they are
    split for themselves.
    """
    name = list_of(items.item_label, shot.item_label)
    listed = None if name is None else shot.lists.get(name)
    if listed is None or not isinstance(task, Ranking) or not isinstance(first.test, RankingCases):
        return None
    if not shot.ids["Item"].values.equals(items.items.values) or not shot.users.values.equals(items.users.values):
        raise DataError("nodes were added or removed while parts were read; train again when nobody writes")
    liked = shot.where(task.holds(shot.records, shot.fields)).merged()
    videos = Videos.of(listed, np.zeros(len(shot.items)), len(shot.items))
    user, part = liked.records.user, np.asarray(liked.records.item)
    of_item = videos.group[part]
    pair = np.where(of_item < 0, -1, user * len(items.items) + of_item)
    goes = np.full(len(liked.records), TRAIN)
    for where, cases in ((VALID, first.valid), (TEST, first.test)):
        goes[np.isin(pair, _pairs(cases, first.data))] = where
    if not (goes == TEST).any():
        return None
    data = training(liked, np.flatnonzero(goes == TRAIN))
    valid, test = (within_videos(videos, data, user[goes == one], part[goes == one]) for one in (VALID, TEST))
    return Split(AS_ITEMS, data, valid, test)


def _pairs(cases: RankingCases, data: Data) -> Ints:
    return cases.users[cases.relevant.rows] * data.items + cases.relevant.indices
