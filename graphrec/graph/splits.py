"""Which records train, and which are held out: the arithmetic of splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.ragged import Ints

TRAIN, VALID, TEST, UNUSED = 0, 1, 2, 3

FOLDS = 5
COLD_VALID = 0.1
"""Share of the warm items held out for validation: records of warm items cannot measure how cold ones fare."""
LAST_MINIMUM = 5
"""Records a user must have for the last video to become a test (TransGRec section 4.1)."""


@dataclass(frozen=True)
class Parts:
    """Where each record goes.

    Attributes:
        name: of the split, with its fold where it has one.
        of_record: int64 [E], ``TRAIN``, ``VALID``, ``TEST`` or ``UNUSED``.
        of_item: int64 [items], the same of the items where they are held out whole; else None.
    """

    name: str
    of_record: Ints
    of_item: Ints | None = None


@dataclass(frozen=True)
class _Draw:
    """What a splitter may use: its random numbers, and which fold of how many."""

    rng: np.random.Generator
    fold: int
    folds: int


def parts(snapshot: Snapshot, name: str | None, *, seed: int, fold: int = 0, folds: int = FOLDS) -> Parts:
    """Split a snapshot's records.

    Args:
        snapshot: what to split.
        name: one of ``SPLITTERS``; by default ``given`` where the data say so, else ``temporal-last`` where they
            have an order, else ``random-70-10-20``.
        seed: of every random choice.
        fold: which of the folds is tested (``cold-items``, ``random-k-fold``).
        folds: how many there are.

    Raises ``NotFoundError`` for an unknown name, ``ConfigError`` for a fold that is none, ``DataError`` when a part
    comes out empty.
    """
    name = name or by_default(snapshot)
    if name not in SPLITTERS:
        raise unknown("split", name, SPLITTERS)
    if folds < 2:
        raise ConfigError(f"{folds} folds leave nothing to train on; give 2 or more")
    if not 0 <= fold < folds:
        raise ConfigError(f"fold {fold} is not between 0 and {folds - 1}")
    of_record, of_item = SPLITTERS[name](snapshot, _Draw(np.random.default_rng(seed), fold, folds))
    counts = np.bincount(of_record, minlength=4)
    if not counts[TRAIN] or not counts[TEST]:
        raise DataError(
            f"the split {name} leaves {counts[TRAIN]} records for training and {counts[TEST]} for the test; "
            "choose another with --split, or load more data"
        )
    label = name if name not in FOLDED else f"{name}-{fold}" + (f"-of-{folds}" if folds != FOLDS else "")
    return Parts(label, of_record, of_item)


def base_name(label: str) -> str:
    """Return the name of the split that ``label`` is of: without a fold; a name that is none of ours stays."""
    return next((name for name in SPLITTERS if label.startswith(f"{name}-")), label)


def _given(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """As the ``split`` property says; where it names no valid part, the last training video of each user is that."""
    if not _says_test(snapshot):
        raise DataError(
            "the relationships have no `split` property that says what is train and what test; "
            f"choose another split, for example --split {by_default(snapshot)}"
        )
    code = np.asarray(snapshot.records.split)
    part = np.full(len(code), TRAIN)
    part[code == SPLITS.index("valid")] = VALID
    part[code == SPLITS.index("test")] = TEST
    if not (part == VALID).any():
        part[_last(snapshot, part == TRAIN, spare=True)] = VALID
    return part, None


def _temporal_last(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """TransGRec section 4.1: the last video (or item) of every user with five records; 10 % of the rest validate.

    A record is a liked segment.
    """
    if not _ordered(snapshot):
        raise DataError(
            "no relationship has a time (`at`) or a `sequence`, so none is the last; "
            "choose another split, for example --split random-70-10-20"
        )
    by_user = snapshot.records.by_user
    enough = by_user.lengths[by_user.rows] >= LAST_MINIMUM
    part = np.full(len(snapshot.records), TRAIN)
    part[enough & _last(snapshot, np.ones(len(part), bool))] = TEST
    _hold_out(part, draw)
    return part, None


def _last(snapshot: Snapshot, among: Mask, *, spare: bool = False) -> Mask:
    """Return bool [E]: those ``among`` the records that are of their user's last video (or item) there.

    With ``spare``, a user of whom nothing else would be left keeps it.
    """
    user, item = snapshot.records.user, np.asarray(snapshot.records.item)
    unit = snapshot.videos.group[item] if snapshot.videos else item
    last_unit = np.full(len(snapshot.users), -1)
    # Records are in order of time, and of several values for one place the last one stays.
    last_unit[user[among]] = unit[among]
    last: Mask = among & (unit == last_unit[user])
    if spare:
        left = np.bincount(user[among & ~last], minlength=len(last_unit))
        last = last & (left[user] > 0)
    return last


def _random(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    rank = draw.rng.permutation(len(snapshot.records)) / max(len(snapshot.records), 1)
    return np.where(rank < 0.7, TRAIN, np.where(rank < 0.8, VALID, TEST)), None


def _random_k_fold(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    rank = draw.rng.permutation(len(snapshot.records))
    part = np.where(rank % draw.folds == draw.fold, TEST, TRAIN)
    _hold_out(part, draw)
    return part, None


def _hold_out(part: Ints, draw: _Draw) -> None:
    """Make a tenth of what trains validate."""
    rest = np.flatnonzero(part == TRAIN)
    part[draw.rng.choice(rest, round(len(rest) * 0.1), replace=False)] = VALID


def _cold_items(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """A fold of the items (or of the videos, with all their segments) loses every record."""
    videos = snapshot.videos
    units = videos.count or len(snapshot.items)
    order = draw.rng.permutation(units)
    state = np.full(units, TRAIN)
    state[order[draw.fold :: draw.folds]] = TEST
    warm = order[state[order] == TRAIN]
    state[draw.rng.permutation(warm)[: round(len(warm) * COLD_VALID)]] = VALID
    of_item = np.where(videos.group < 0, TRAIN, state[videos.group]) if videos else state
    return of_item[snapshot.records.item], of_item


Splitter = Callable[[Snapshot, _Draw], tuple[Ints, Ints | None]]

SPLITTERS: dict[str, Splitter] = {
    "given": _given,
    "temporal-last": _temporal_last,
    "random-70-10-20": _random,
    "random-k-fold": _random_k_fold,
    "cold-items": _cold_items,
}
"""Each returns the part of every record, and for ``cold-items`` the part of every item."""

FOLDED = ("cold-items", "random-k-fold")


def by_default(snapshot: Snapshot) -> str:
    """Return the split that the data ask for."""
    if _says_test(snapshot):
        return "given"
    return "temporal-last" if _ordered(snapshot) else "random-70-10-20"


def _ordered(snapshot: Snapshot) -> bool:
    order = np.asarray(snapshot.records.order)
    return len(order) == 0 or bool(np.ptp(order) > 0)


def _says_test(snapshot: Snapshot) -> bool:
    return bool((np.asarray(snapshot.records.split) == SPLITS.index("test")).any())
