"""Which records train, and which are held out: the arithmetic of splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.graph.moments import CUT, moment_of, require_times, told_moment, untimed
from graphrec.graph.records import Mask
from graphrec.graph.snapshot import SPLITS, Snapshot
from graphrec.graph.ties import all_at_one_time, drawn_order, same_time_as_before
from graphrec.ragged import Ints

TRAIN, VALID, TEST, UNUSED = 0, 1, 2, 3

FOLDS = 5
COLD_VALID = 0.1
"""Share of the warm items held out for validation: records of warm items cannot measure how cold ones fare."""
BY_USER = 0.3
"""Share of each user's items that is the test of ``random-by-user``."""
LAST_MINIMUM = 5
"""Records a user must have for the last video to become a test (TransGRec section 4.1)."""
AT = ":"
"""Between the name of a split by one moment and that moment."""


@dataclass(frozen=True)
class Parts:
    """Where each record goes.

    Attributes:
        name: of the split, with its fold or its moment where it has one.
        of_record: int64 [E], ``TRAIN``, ``VALID``, ``TEST`` or ``UNUSED``.
        of_item: int64 [items], the same of the items where they are held out whole; else None.
        order: int64 [E], the numbers of the records in order, those at equal times as the seed draws them; None where
            they are in order.
        notes: what is to be said of it, a sentence each.
    """

    name: str
    of_record: Ints
    of_item: Ints | None = None
    order: Ints | None = None
    notes: tuple[str, ...] = ()

    def training(self) -> Ints:
        """Return the numbers of the records that train, int64 [n], in order."""
        order = np.arange(len(self.of_record)) if self.order is None else self.order
        train: Ints = order[self.of_record[order] == TRAIN]
        return train


@dataclass(frozen=True)
class _Draw:
    """What a splitter may use: random numbers, which fold of how many, the order of the records, and a moment."""

    rng: np.random.Generator
    fold: int
    folds: int
    order: Ints
    at: str


def parts(snapshot: Snapshot, name: str | None, *, seed: int, fold: int = 0, folds: int = FOLDS) -> Parts:
    """Split a snapshot's records.

    Args:
        snapshot: what to split.
        name: one of ``SPLITTERS``, with its moment as ``split_at`` has it; by default what ``by_default`` says.
        seed: of every random choice.
        fold: which of the folds is tested (``cold-items``, ``random-k-fold``).
        folds: how many there are.

    Raises ``NotFoundError`` for an unknown name, ``ConfigError`` for a fold or a moment that is none, ``DataError``
    when a part comes out empty.
    """
    chosen = name or by_default(snapshot)
    base, _, at = chosen.partition(AT)
    if base not in SPLITTERS or (at and base != CUT):
        raise unknown("split", chosen, SPLITTERS)
    if folds < 2:
        raise ConfigError(f"{folds} folds leave nothing to train on; give 2 or more")
    if not 0 <= fold < folds:
        raise ConfigError(f"fold {fold} is not between 0 and {folds - 1}")
    order = drawn_order(snapshot.records, seed)
    numbers = np.arange(len(snapshot.records)) if order is None else order
    draw = _Draw(np.random.default_rng(seed), fold, folds, numbers, at)
    of_record, of_item = SPLITTERS[base](snapshot, draw)
    counts = np.bincount(of_record, minlength=4)
    if not counts[TRAIN] or not counts[TEST]:
        raise DataError(
            f"the split {chosen} leaves {counts[TRAIN]} records for training and {counts[TEST]} for the test; "
            "choose another with --split, or load more data"
        )
    label = chosen if base not in FOLDED else f"{base}-{fold}" + (f"-of-{folds}" if folds != FOLDS else "")
    return Parts(label, of_record, of_item, order, _notes(snapshot, base, of_record, at, asked=name is not None))


def base_name(label: str) -> str:
    """Return the name of the split that ``label`` is of: without a fold; a name that is none of ours stays."""
    return next((name for name in SPLITTERS if label.startswith(f"{name}-")), label)


def split_at(name: str | None, at: str | None) -> str | None:
    """Return the name of the split ``name`` by the moment ``at``, for which None stands where nothing is said.

    Raises ``ConfigError`` for a moment of a split that has none.
    """
    if at is None:
        return name
    if name not in (None, CUT):
        raise ConfigError(f"--at is the moment of the split {CUT}, not of {name}; leave one of the two out")
    return f"{CUT}{AT}{at}"


def _given(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """As the ``split`` property says; where it names no valid part, the last training video of each user is that."""
    if not _says_test(snapshot):
        raise DataError(
            "the relationships have no `split` property that says what is train and what test; "
            f"choose another split, for example --split {by_default(snapshot)}"
        )
    code = np.asarray(snapshot.records.split)
    if (odd := int((code < 0).sum())) > 0:
        raise DataError(
            f"the `split` of {odd:,} of {len(code):,} relationships is none of train, valid and test; mend it in the "
            f"graph, or choose another split, for example --split {_by_order(snapshot)}"
        )
    part = np.full(len(code), TRAIN)
    part[code == SPLITS.index("valid")] = VALID
    part[code == SPLITS.index("test")] = TEST
    if not (part == VALID).any():
        part[_last(snapshot, part == TRAIN, draw.order, spare=True)] = VALID
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
    part[enough & _last(snapshot, np.ones(len(part), bool), draw.order)] = TEST
    _hold_out(part, draw)
    return part, None


def _leave_one_out(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """The last item (or video) of every user with two, and of those with three the one before it validates."""
    part = np.full(len(snapshot.records), TRAIN)
    for held in (TEST, VALID):
        part[_last(snapshot, part == TRAIN, draw.order, spare=True)] = held
    return part, None


def _temporal_cut(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """What came at a moment or after it is the test, for all users; the latest ninth of what came before validates."""
    at = np.asarray(snapshot.records.order)
    require_times(snapshot)
    part = np.where(at >= moment_of(at, draw.at), TEST, TRAIN)
    before = np.sort(at[part == TRAIN])
    if len(before):
        ninth = before[len(before) * 8 // 9]
        # Of what all came at once nothing would be left to train on.
        part[(part == TRAIN) & (at >= ninth) & (ninth > before[0])] = VALID
    return part, None


def _last(snapshot: Snapshot, among: Mask, order: Ints, *, spare: bool = False) -> Mask:
    """Return bool [E]: those ``among`` the records that are of their user's last video (or item) there.

    ``order`` are the records' numbers in order. With ``spare``, a user of whom nothing else would be left keeps it.
    """
    user, item = snapshot.records.user, np.asarray(snapshot.records.item)
    unit = snapshot.videos.group[item] if snapshot.videos else item
    last_unit = np.full(len(snapshot.users), -1)
    # Of several values for one place the last one stays.
    in_turn = order[among[order]]
    last_unit[user[in_turn]] = unit[in_turn]
    last: Mask = among & (unit == last_unit[user])
    if spare:
        left = np.bincount(user[among & ~last], minlength=len(last_unit))
        last = last & (left[user] > 0)
    return last


def _random(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    rank = draw.rng.permutation(len(snapshot.records)) / max(len(snapshot.records), 1)
    return np.where(rank < 0.7, TRAIN, np.where(rank < 0.8, VALID, TEST)), None


def _random_by_user(snapshot: Snapshot, draw: _Draw) -> tuple[Ints, Ints | None]:
    """KFRCI section 5.1: of each user's items 30 % are the test, with all their records; a tenth of the rest validates.

    What comes out uneven is drawn, so that the shares are met over all users.
    """
    user, item = snapshot.records.user, np.asarray(snapshot.records.item)
    pairs, pair = np.unique(user * len(snapshot.items) + item, return_inverse=True)
    owner = pairs // max(1, len(snapshot.items))
    many = np.bincount(owner, minlength=len(snapshot.users))
    order = np.lexsort((draw.rng.random(len(pairs)), owner))
    place = np.empty(len(pairs), np.int64)
    place[order] = np.arange(len(pairs)) - np.repeat(np.cumsum(many) - many, many)
    # The only item of a user trains.
    start = np.where(many > 1, draw.rng.random(len(many)), 0)[owner]
    test, valid = (np.floor(share * many[owner] + start) for share in (BY_USER, BY_USER + 0.1 * (1 - BY_USER)))
    part = np.where(place < test, TEST, np.where(place < valid, VALID, TRAIN))
    return part[pair], None


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
    "leave-one-out": _leave_one_out,
    CUT: _temporal_cut,
    "random-70-10-20": _random,
    "random-by-user": _random_by_user,
    "random-k-fold": _random_k_fold,
    "cold-items": _cold_items,
}
"""Each returns the part of every record, and for ``cold-items`` the part of every item."""

FOLDED = ("cold-items", "random-k-fold")
BY_ORDER = ("temporal-last", "leave-one-out")
"""Splits that take each user's last."""


VALIDATION = {
    "given": "the records whose `split` says valid",
    "temporal-last": "a tenth of the other records, drawn at random among all users, not by time",
    "leave-one-out": "the last item (or video) of each user before the one tested, of users with three",
    CUT: "the latest ninth of what came before the moment",
    "random-70-10-20": "a tenth of the records, drawn at random",
    "random-by-user": "a tenth of each user's other items, drawn at random",
    "random-k-fold": "a tenth of the records of the other folds, drawn at random",
    "cold-items": "all records of a tenth of the other items (or videos), drawn at random",
}
"""What validates, by split."""
GIVEN_NO_VALID = "the last item (or video) of each user's training records, since no record says valid"


def validation(snapshot: Snapshot, label: str) -> str:
    """Say what validates in the split that ``label`` is of; empty of a name that is none of ours."""
    name = base_name(label).partition(AT)[0]
    if name == "given" and not (np.asarray(snapshot.records.split) == SPLITS.index("valid")).any():
        return GIVEN_NO_VALID
    return VALIDATION.get(name, "")


def by_default(snapshot: Snapshot) -> str:
    """Return the split that the data ask for: ``given`` where they name a test part.

    Else ``temporal-last``, but ``random-70-10-20`` where they have no order: no time and no sequence, or for most
    users with several records the same time for all.
    """
    return "given" if _says_test(snapshot) else _by_order(snapshot)


def _by_order(snapshot: Snapshot) -> str:
    several, at_once = all_at_one_time(snapshot.records)
    ordered = _ordered(snapshot) and 2 * at_once <= several
    return "temporal-last" if ordered else "random-70-10-20"


def _ordered(snapshot: Snapshot) -> bool:
    order = np.asarray(snapshot.records.order)
    return len(order) == 0 or bool(np.ptp(order) > 0)


def _says_test(snapshot: Snapshot) -> bool:
    return bool((np.asarray(snapshot.records.split) == SPLITS.index("test")).any())


def _notes(snapshot: Snapshot, name: str, of_record: Ints, at: str, *, asked: bool) -> tuple[str, ...]:
    """Return what a reader of figures has to know of a split."""
    records, found = snapshot.records, list[str]()
    several, at_once = all_at_one_time(records)
    code = np.asarray(records.split)
    if name == "given" and (unsaid := int((code == 0).sum())):
        found.append(f"{unsaid:,} of {len(code):,} records do not say which part they are of: they train.")
    if name != "given" and (odd := int((code < 0).sum())):
        found.append(f"{odd:,} records have a `split` that is none of train, valid and test: it was not used.")
    if not asked and name == "random-70-10-20" and _ordered(snapshot):
        found.append(
            f"{at_once:,} of {several:,} users have all their records at one time, which is no order: the test was "
            "drawn at random, not by time."
        )
    if name == "leave-one-out" and not _ordered(snapshot):
        found.append("No record has a time: the one left out of each user was drawn.")
    elif name in BY_ORDER and (drawn := _drawn_last(snapshot, of_record == TEST)):
        found.append(
            f"For {drawn:,} users the last record is one of several at the same time: which of them is tested was "
            "drawn."
        )
    if name == CUT:
        found.append(told_moment(np.asarray(records.order), at))
    by_order = name in (CUT, *BY_ORDER) or (name == "given" and not (code == SPLITS.index("valid")).any())
    if by_order and (silent := untimed(np.asarray(records.order))):
        how = "before the test" if name == CUT else "earlier than all others of their users"
        found.append(f"{silent:,} of {len(code):,} records have no time: they count as {how}.")
    if name == "temporal-last":
        short = int(((records.by_user.lengths > 0) & (records.by_user.lengths < LAST_MINIMUM)).sum())
        if short:
            found.append(f"{short:,} users have fewer than {LAST_MINIMUM} records: they train, and are not tested.")
    if name in ("leave-one-out", "random-by-user") and (single := int((records.by_user.lengths == 1).sum())):
        found.append(f"{single:,} users have one record only: it trains, and they are not tested.")
    return tuple(found)


def _drawn_last(snapshot: Snapshot, tested: Mask) -> int:
    """Return how many users have another video (or item) at the time of the last that is tested."""
    records = snapshot.records
    if not same_time_as_before(records).any():
        return 0
    user, at = records.user, np.asarray(records.order)
    latest = np.full(len(records.by_user), np.iinfo(np.int64).min)
    np.maximum.at(latest, user, at)
    users = np.zeros(len(latest), bool)
    users[user[tested & (at == latest[user])]] = True
    others = np.bincount(user[~tested & (at == latest[user])], minlength=len(latest)) > 0
    return int((users & others).sum())
