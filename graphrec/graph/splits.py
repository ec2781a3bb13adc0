"""Splits: which edges train, and on which cases a model is validated and tested."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.graph.data import Cases, Split, TrainingData
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.ragged import Ints, Ragged

Mask = npt.NDArray[np.bool_]
TRAIN, VALID, TEST, UNUSED = 0, 1, 2, 3

FOLDS = 5
COLD_VALID = 0.1
"""Share of the warm items held out for validation: edges of warm items cannot measure how cold ones fare."""
LAST_MINIMUM = 5
"""Records a user must have for the last video to become a test (TransGRec section 4.1)."""


def split(snapshot: Snapshot, name: str | None = None, *, seed: int = 0, fold: int = 0) -> Split:
    """Split a snapshot's edges.

    Args:
        snapshot: what to split.
        name: one of ``SPLITTERS``; by default ``given`` where the data say so, else ``temporal-last`` where they
            have an order, else ``random-70-10-20``.
        seed: of every random choice.
        fold: which of the five folds is tested (``cold-items``, ``random-k-fold``).

    Raises ``NotFoundError`` for an unknown name, ``DataError`` when a part comes out empty.
    """
    name = name or _by_default(snapshot)
    if name not in SPLITTERS:
        raise unknown("split", name, SPLITTERS)
    if not 0 <= fold < FOLDS:
        raise ConfigError(f"fold {fold} is not between 0 and {FOLDS - 1}")
    part, cold = SPLITTERS[name](snapshot, np.random.default_rng(seed), fold)
    counts = np.bincount(part, minlength=4)
    if not counts[TRAIN] or not counts[TEST]:
        raise DataError(
            f"the split {name} leaves {counts[TRAIN]} edges for training and {counts[TEST]} for the test; "
            "choose another with --split, or load more data"
        )
    data = _training(snapshot, part == TRAIN)
    label = name if name not in FOLDED else f"{name}-{fold}"
    return Split(
        label, data, _cases(snapshot, data, part, VALID, cold), _cases(snapshot, data, part, TEST, cold)
    )


def _given(snapshot: Snapshot, rng: np.random.Generator, fold: int) -> tuple[Ints, Ints | None]:
    """As the ``split`` property says; where it names no valid part, the last training video of each user is that."""
    if not _says_test(snapshot):
        raise DataError(
            "the relationships have no `split` property that says what is train and what test; "
            f"choose another split, for example --split {_by_default(snapshot)}"
        )
    code = np.asarray(snapshot.split)
    part = np.full(len(code), TRAIN)
    part[code == SPLITS.index("valid")] = VALID
    part[code == SPLITS.index("test")] = TEST
    if not (part == VALID).any():
        part[_last(snapshot, part == TRAIN, spare=True)] = VALID
    return part, None


def _temporal_last(snapshot: Snapshot, rng: np.random.Generator, fold: int) -> tuple[Ints, Ints | None]:
    """TransGRec section 4.1: the last video (or item) of every user with five records; 10 % of the rest validate.

    A record is an edge, that is a liked segment.
    """
    if not _ordered(snapshot):
        raise DataError(
            "no relationship has a time (`at`) or a `sequence`, so none is the last; "
            "choose another split, for example --split random-70-10-20"
        )
    enough = snapshot.by_user.lengths[snapshot.by_user.rows] >= LAST_MINIMUM
    part = np.full(snapshot.edges, TRAIN)
    part[enough & _last(snapshot, np.ones(snapshot.edges, bool))] = TEST
    rest = np.flatnonzero(part == TRAIN)
    part[rng.choice(rest, round(len(rest) * 0.1), replace=False)] = VALID
    return part, None


def _last(snapshot: Snapshot, among: Mask, *, spare: bool = False) -> Mask:
    """Return bool [edges]: those ``among`` the edges that are of their user's last video (or item) there.

    With ``spare``, a user of whom nothing else would be left keeps it.
    """
    user, item = snapshot.by_user.rows, np.asarray(snapshot.by_user.indices)
    unit = np.asarray(snapshot.group)[item] if len(snapshot.groups) else item
    last_unit = np.full(len(snapshot.by_user), -1)
    # Edges are in order of time, and of several values for one place the last one stays.
    last_unit[user[among]] = unit[among]
    last: Mask = among & (unit == last_unit[user])
    if spare:
        left = np.bincount(user[among & ~last], minlength=len(last_unit))
        last = last & (left[user] > 0)
    return last


def _random(snapshot: Snapshot, rng: np.random.Generator, fold: int) -> tuple[Ints, Ints | None]:
    rank = rng.permutation(snapshot.edges) / max(snapshot.edges, 1)
    return np.where(rank < 0.7, TRAIN, np.where(rank < 0.8, VALID, TEST)), None


def _random_k_fold(snapshot: Snapshot, rng: np.random.Generator, fold: int) -> tuple[Ints, Ints | None]:
    rank = rng.permutation(snapshot.edges)
    part = np.where(rank % FOLDS == fold, TEST, TRAIN)
    rest = np.flatnonzero(part == TRAIN)
    part[rng.choice(rest, round(len(rest) * 0.1), replace=False)] = VALID
    return part, None


def _cold_items(snapshot: Snapshot, rng: np.random.Generator, fold: int) -> tuple[Ints, Ints | None]:
    """A fifth of the items (or of the videos, with all their segments) loses every edge."""
    units = len(snapshot.groups) or len(snapshot.items)
    order = rng.permutation(units)
    state = np.full(units, TRAIN)
    state[order[fold::FOLDS]] = TEST
    warm = order[state[order] == TRAIN]
    state[rng.permutation(warm)[: round(len(warm) * COLD_VALID)]] = VALID
    of_item = state[snapshot.group] if len(snapshot.groups) else state
    if len(snapshot.groups):
        of_item = np.where(np.asarray(snapshot.group) < 0, TRAIN, of_item)
    return of_item[snapshot.by_user.indices], of_item


Splitter = Callable[[Snapshot, np.random.Generator, int], tuple[Ints, Ints | None]]

SPLITTERS: dict[str, Splitter] = {
    "given": _given,
    "temporal-last": _temporal_last,
    "random-70-10-20": _random,
    "random-k-fold": _random_k_fold,
    "cold-items": _cold_items,
}
"""Each returns the part of every edge, and for ``cold-items`` the part of every item."""

FOLDED = ("cold-items", "random-k-fold")


def _by_default(snapshot: Snapshot) -> str:
    if _says_test(snapshot):
        return "given"
    return "temporal-last" if _ordered(snapshot) else "random-70-10-20"


def _ordered(snapshot: Snapshot) -> bool:
    return len(snapshot.order) == 0 or bool(np.ptp(snapshot.order) > 0)


def _says_test(snapshot: Snapshot) -> bool:
    return bool((np.asarray(snapshot.split) == SPLITS.index("test")).any())


def _training(snapshot: Snapshot, kept: Mask) -> TrainingData:
    user, item = snapshot.by_user.rows[kept], np.asarray(snapshot.by_user.indices)[kept]
    by_user = Ragged.from_pairs(user, item, len(snapshot.users))
    by_item = Ragged.from_pairs(item, user, len(snapshot.items))
    sampled = by_item.lengths > 0
    if len(snapshot.groups):
        video = np.asarray(snapshot.group)
        known = np.zeros(len(snapshot.groups), bool)
        known[video[sampled & (video >= 0)]] = True
        sampled |= (video >= 0) & known[video]
    return TrainingData(by_user, by_item, snapshot.features, snapshot.group, snapshot.position, sampled)


def _cases(snapshot: Snapshot, data: TrainingData, part: Ints, wanted: int, cold: Ints | None) -> Cases:
    here = part == wanted
    user, item = snapshot.by_user.rows[here], np.asarray(snapshot.by_user.indices)[here]
    if len(snapshot.groups):
        return _within_videos(snapshot, data, user, item)
    users, case = np.unique(user, return_inverse=True)
    relevant = Ragged.from_pairs(case.astype(np.int64), item, len(users))
    pool = None if cold is None else np.flatnonzero(cold == wanted)
    return Cases(users, relevant, pool=pool)


def _within_videos(snapshot: Snapshot, data: TrainingData, user: Ints, item: Ints) -> Cases:
    """One case per user and video: rank its segments, without those the user is known to like."""
    video = np.asarray(snapshot.group)[item]
    count = len(snapshot.groups)
    keys, case = np.unique(user[video >= 0] * count + video[video >= 0], return_inverse=True)
    relevant = Ragged.from_pairs(case.astype(np.int64), item[video >= 0], len(keys))
    users, videos = keys // count, keys % count
    listed = snapshot.members.take(videos)
    pair = users[listed.rows] * data.items + listed.indices
    known = data.by_user.rows * data.items + data.by_user.indices
    fresh = ~np.isin(pair, known)
    candidates = Ragged.from_pairs(listed.rows[fresh], listed.indices[fresh], len(keys))
    return Cases(users, relevant, candidates=candidates)
