"""Ranking: what of all there is would this user choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from pydantic import Field

from graphrec import schema
from graphrec.errors import DataError
from graphrec.graph.columns import Column
from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT, Projection
from graphrec.graph.records import Mask, Records
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import TEST, VALID, Parts, parts
from graphrec.graph.videos import Videos
from graphrec.ragged import Ints, Ragged
from graphrec.tasks.base import Task
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.contrary import contrary
from graphrec.tasks.positive import Condition, asking, positive, positive_conditions
from graphrec.tasks.saturation import saturated

WITHIN_VIDEO = ("map", "nmsd", "hr@3", "ndcg@3", "hr@5", "ndcg@5", "recall@5", "precision@5", "mrr", "auc")
OVER_ALL = (
    "recall@20", "ndcg@20", "hr@20", "precision@20", "recall@10", "ndcg@10", "map", "mrr", "auc", "coverage@20",
)  # fmt: skip


class Ranking(Task[RankingCases]):
    """Rank items for a user, or the segments of a video for a user, so that those the user chose come first."""

    name = "ranking"
    title = "rank what each user would choose first"
    projections = ("highlights", "likes", "views", "ratings")

    positive: tuple[Condition, ...] = ()
    """What must hold of a record for it to count; the others are not used at all."""
    min_records: int = Field(1, ge=1)
    """Users with fewer records, positive or not, are left out (KFRCI section 5.1: 100 comments)."""
    value: str = ""
    """A number of the records that says how much each weighs, for models that weigh them; empty where all are alike."""

    @classmethod
    def of(cls, projection: Projection, where: Sequence[str]) -> Ranking:
        """Return the ranking of what ``projection`` has records of."""
        value = schema.WEIGHT if schema.WEIGHT in projection.values else ""
        return cls.model_validate({"positive": positive_conditions(projection, where), "value": value})

    def reads(self, projection: Projection) -> Projection:
        """Return ``projection`` with the properties that conditions compare, and the weights."""
        asked = asking(projection, self.positive)
        return asked.asking(values=(asked.number(self.value),)) if self.value else asked

    def holds(self, records: Records, fields: Mapping[str, Column]) -> Mask:
        """Return bool [E], which of ``records`` are positive; ``fields`` are those of the snapshot they are of."""
        return positive(records, self.positive, fields)

    def split(
        self, snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0, folds: int = 5
    ) -> Split[RankingCases]:
        """Split the positive records; the others are left out, and what is left of several types is put together.

        Raises ``DataError`` where no record is positive, or a part comes out empty.
        """
        active = snapshot.records.by_user.lengths >= self.min_records
        if not active.any():
            most = int(snapshot.records.by_user.lengths.max(initial=0))
            raise DataError(
                f"no user has {self.min_records:,} records, the most that one has are {most:,}; --set min_records "
                "lowers it"
            )
        snapshot = snapshot.where(active[snapshot.records.user])
        kept = self.holds(snapshot.records, snapshot.fields)
        if not kept.any():
            label, rules = snapshot.item_label, ", ".join(map(str, self.positive))
            known = snapshot.records, snapshot.fields
            scales = "; ".join(f"{rule.property} {rule.scale(*known)[0]}" for rule in self.positive)
            cure = f"; {scales}: say with --where what counts" if scales else ""
            raise DataError(
                f"no {snapshot.projection['relationship']} relationships from User to {label} are left to learn "
                f"from{' where ' + rules if rules else ''} (of {len(kept)} in the graph){cure}"
            )
        liked = snapshot.where(kept).merged()
        found = parts(liked, name, seed=seed, fold=fold, folds=folds)
        against = contrary(snapshot, self.positive, liked, found)
        data = _weighed(training(liked, found.training(), against), self.value)
        valid, test = (_cases(liked, data, found, part) for part in (VALID, TEST))
        return Split(found.name, data, valid, test, (*found.notes, *self._left_out(active)))

    def _left_out(self, active: Mask) -> Sequence[str]:
        """Say which users have too few records, where ``active``, bool [users], are those with enough."""
        if self.min_records <= 1:
            return ()
        return (
            f"{int(active.sum()):,} of {len(active):,} users have {self.min_records:,} records or more; the others are "
            "left out.",
        )

    def metrics(self, cases: RankingCases) -> Sequence[str]:
        """Return the metrics within videos or over all items."""
        return WITHIN_VIDEO if cases.candidates is not None else OVER_ALL

    def watched(self, cases: RankingCases) -> str:
        """Return map where each case has its own candidates, else recall@20, or ndcg@20 where that is always 1."""
        if cases.candidates is not None:
            return "map"
        return "ndcg@20" if saturated("recall@20", cases) else "recall@20"


def _weighed(data: Data, value: str) -> Data:
    """Return ``data`` whose records weigh what ``value`` says; raises ``DataError`` for a weight below 0."""
    if value and (wrong := int((np.asarray(data.records.values[value]) < 0).sum())):
        raise DataError(
            f"{value} of {wrong:,} records is below 0, which is no weight; --where '{value}>=0' leaves them out"
        )
    return replace(data, weight=value)


def training(snapshot: Snapshot, at: Ints, against: Records | None = None) -> Data:
    """Return what a model may see where the records with the numbers ``at`` (int64 [n]) train, in that order.

    With them train those ``against``. Of what was written it sees what these records say, and nothing else.
    """
    records = snapshot.records.take(at)
    trains = [records] if against is None else [records, against]
    sampled = np.bincount(np.concatenate([one.item for one in trains]), minlength=len(snapshot.items)) > 0
    if snapshot.videos:
        video = snapshot.videos.group
        known = np.zeros(snapshot.videos.count, bool)
        known[video[sampled & (video >= 0)]] = True
        sampled |= (video >= 0) & known[video]
    data = replace(snapshot.data(records, sampled), against=against)
    if TEXT not in data.lists or records.text is None:
        return data
    said = np.concatenate([np.asarray(one.text) for one in trains])
    return replace(data, lists={**data.lists, TEXT: data.lists[TEXT].only(said)})


def _cases(snapshot: Snapshot, data: Data, found: Parts, wanted: int) -> RankingCases:
    here = found.of_record == wanted
    user, item = snapshot.records.user[here], np.asarray(snapshot.records.item)[here]
    if snapshot.videos:
        return within_videos(snapshot.videos, data, user, item)
    # A user who came back to an item is to find it once, and not at all what is left out as known.
    user, item = np.unique(np.stack([user, item]), axis=1) if _repeats(user, item) else (user, item)
    fresh = ~np.isin(user * data.items + item, data.by_user.rows * data.items + data.by_user.indices)
    if len(fresh) and not fresh.any():
        raise DataError(f"every held-out record of split {found.name} is of an item that its user had chosen before")
    user, item = user[fresh], item[fresh]
    users, case = np.unique(user, return_inverse=True)
    relevant = Ragged.from_pairs(case.astype(np.int64), item, len(users))
    pool = None if found.of_item is None else np.flatnonzero(found.of_item == wanted)
    return RankingCases(users, relevant, pool=pool, known=int((~fresh).sum()), fresh=_fresh(data, users, pool))


def _fresh(data: Data, users: Ints, pool: Ints | None) -> Ints:
    """Return int64 [users], how many items of the pool each has no training record of."""
    had = data.by_user.take(users)
    pairs = np.unique(had.rows * data.items + had.indices)
    if pool is not None:
        pairs = pairs[np.isin(pairs % data.items, pool)]
    size = data.items if pool is None else len(pool)
    return np.asarray(size - np.bincount(pairs // data.items, minlength=len(users)))


def _repeats(user: Ints, item: Ints) -> bool:
    pairs = np.sort(user << 32 | item)
    return bool((pairs[1:] == pairs[:-1]).any())


def within_videos(videos: Videos, data: Data, user: Ints, item: Ints) -> RankingCases:
    """Return one case per user and video: rank its segments, without those the user is known to like.

    ``user`` and ``item``, int64 [n] each, are the records held out; those of items of no video are not asked for.
    """
    video = videos.group[item]
    keys, case = np.unique(user[video >= 0] * videos.count + video[video >= 0], return_inverse=True)
    relevant = Ragged.from_pairs(case.astype(np.int64), item[video >= 0], len(keys))
    users = keys // videos.count
    listed = videos.members.take(keys % videos.count)
    pair = users[listed.rows] * data.items + listed.indices
    known = data.by_user.rows * data.items + data.by_user.indices
    fresh = ~np.isin(pair, known)
    candidates = Ragged.from_pairs(listed.rows[fresh], listed.indices[fresh], len(keys))
    return RankingCases(users, relevant, candidates=candidates)
