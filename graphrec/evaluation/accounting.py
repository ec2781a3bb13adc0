"""Puts the account of a training together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from graphrec.evaluation.account import Kind, Tested, Threshold, TrainingAccount, Unplaced, Used, Weighed
from graphrec.evaluation.baselines import baselines, compared
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.verdict import verdict
from graphrec.graph.projection import TYPE, types_of
from graphrec.graph.records import Mask, Records
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import validation
from graphrec.learning.options import TrainOptions
from graphrec.models.base import Embeds, KnowsItems, Model, PlacesByParts
from graphrec.models.known import placed_items
from graphrec.tasks.base import Task
from graphrec.tasks.cases import NodeCases, PairCases, RankingCases, Split
from graphrec.tasks.positive import POSITIVE, Condition, positive
from graphrec.tasks.saturation import saturated

NODES_VALIDATE = "a tenth of the nodes, drawn at random"
"""What every split of nodes validates on."""


def account(
    model: Model[Any],
    task: Task[Any],
    shot: Snapshot,
    split: Split[Any],
    test: Evaluation,
    options: TrainOptions,
    *,
    watched: str,
    beside: bool = True,
    notes: Sequence[str] = (),
) -> TrainingAccount:
    """Return the account of a training.

    Args:
        model: trained.
        task: what it was asked.
        shot: what it was trained on.
        split: with what to say of it.
        test: its figures on the test cases.
        options: how it was trained.
        watched: the metric that stopped it.
        beside: whether to measure what costs nothing on the same cases.
        notes: what else is to be said, a sentence each.
    """
    began = time.monotonic()
    others = baselines(model.name, task, split, options) if beside else {}
    metric, found = compared(test, others, split.test, watched)
    return TrainingAccount(
        _used(model, task, shot, split),
        _tested(model, shot, task, split, test, watched),
        _unplaced(split, model) if isinstance(model, Embeds) else None,
        model.name,
        metric,
        test.metrics.get(metric, float("nan")),
        found,
        round(time.monotonic() - began, 3),
        verdict(test.groups, found),
        (*split.notes, *notes),
    )


def _rules(task: Task[Any]) -> tuple[Condition, ...]:
    """Return what must hold of a record for it to be used; of clicks, what makes a record one."""
    return tuple(getattr(task, "positive", ()) or getattr(task, "only", ()))


def _used(model: Model[Any], task: Task[Any], shot: Snapshot, split: Split[Any]) -> Used:
    records, rules = shot.records, _rules(task)
    counts = positive(records, rules, shot.fields)
    kept = records if task.name == "click" else records.where(counts)
    merged = kept.merged()
    return Used(
        str(shot.projection["relationship"]),
        shot.item_label,
        len(records),
        len(kept),
        len(split.data.records),
        int((kept.by_user.lengths > 0).sum()),
        len(np.unique(kept.item)),
        len(shot.items),
        tuple(_threshold(rule, shot) for rule in rules),
        _kinds(shot, counts),
        len(merged),
        _weighed(merged, split.data.weight) if model.needs.weights else None,
    )


def _kinds(shot: Snapshot, counts: Mask) -> tuple[Kind, ...]:
    if TYPE not in shot.records.values:
        return ()
    types, factors = types_of(str(shot.projection["relationship"])), shot.projection["weights"]
    code = np.asarray(shot.records.values[TYPE])
    return tuple(
        Kind(kind, int((code == number).sum()), int((counts & (code == number)).sum()), factor)
        for number, (kind, factor) in enumerate(zip(types, factors, strict=True))
    )


def _weighed(records: Records, name: str) -> Weighed | None:
    if not name:
        return None
    told = np.asarray(records.values[name])
    known = told[~np.isnan(told)]
    least, most = (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)
    return Weighed(name, least, most, len(told) - len(known))


def _threshold(rule: Condition, shot: Snapshot) -> Threshold:
    scale, silent = rule.scale(shot.records, shot.fields)
    usual = rule in POSITIVE.get(str(shot.projection["relationship"]), ())
    kept = int(rule.holds(shot.records, shot.fields).sum())
    return Threshold(str(rule), rule.property, scale, silent, kept, not usual)


def _tested(
    model: Model[Any], shot: Snapshot, task: Task[Any], split: Split[Any], test: Evaluation, watched: str
) -> Tested:
    cases, kept = split.test, shot.records.where(positive(shot.records, _rules(task), shot.fields))
    ranked = isinstance(cases, RankingCases)
    tested = np.unique(test.users)
    of_users = ranked or isinstance(cases, PairCases)
    untested = int((np.delete(kept.by_user.lengths, tested) > 0).sum()) if of_users else 0
    sizes = cases.sizes if ranked else None
    return Tested(
        split.name,
        test.groups,
        test.left_out,
        len(tested) if of_users else 0,
        untested,
        None if sizes is None else (int(sizes.min()), int(np.median(sizes)), int(sizes.max())),
        split.valid.known + cases.known if ranked else 0,
        0 if test.cold is None else test.cold.groups,
        isinstance(model, Embeds),
        test.unscored,
        tuple(name for name in task.metrics(cases) if ranked and saturated(name, cases)),
        watched,
        NODES_VALIDATE if isinstance(cases, NodeCases) else validation(shot, split.name),
        _left_in(task, cases) if isinstance(cases, RankingCases) and cases.pool is None else "",
        _undefined(cases, test),
    )


def _undefined(cases: object, test: Evaluation) -> str:
    """Say which metrics of predictions have no value, and why."""
    names = [name for name, value in test.metrics.items() if np.isnan(value)]
    if not names or not isinstance(cases, PairCases | NodeCases):
        return ""
    targets = cases.targets[np.isfinite(cases.targets)]
    alike = bool(len(targets)) and np.ptp(targets) == 0
    why = f"all that is to be predicted is {targets[0]:g}" if alike else "too little of what is tested differs"
    return f"{', '.join(names)} cannot be worked out here: {why}"


def _left_in(task: Task[Any], cases: RankingCases) -> str:
    """Say what of a user's records stays among the candidates, which ``recommend`` leaves out."""
    rules = _rules(task)
    not_counted = f" and of records that do not count (all but {' and '.join(map(str, rules))})" if rules else ""
    what = "segments" if cases.candidates is not None else "items"
    return (
        f"{what} of the user's validation records{not_counted} stay in, while `recommend` leaves out all that the user "
        "has a record of"
    )


def _unplaced(split: Split[Any], model: Model[Any]) -> Unplaced:
    data = split.data
    placed = placed_items(data, model)
    features = {name: one for name, one in data.features.items() if one.label == data.item and one.width}
    without = {name: ~np.asarray(one.present) for name, one in features.items()}
    partly = placed & (data.by_item.lengths == 0) & np.any([*without.values(), np.zeros(data.items, bool)], axis=0)
    parts = model.needs.described if isinstance(model, PlacesByParts) else ()
    reads = model.reads(model.settings)
    fields = [name for name in (*reads.lists, *reads.fields) if name.startswith(data.item)]
    lacking = {name: int((partly & missing).sum()) for name, missing in without.items()}
    return Unplaced(
        int((~placed).sum()),
        data.items,
        (
            *features,
            *(name for name, one in data.features.items() if one.label in parts),
            *(fields if isinstance(model, KnowsItems) else ()),
        ),
        int(partly.sum()),
        {name: count for name, count in lacking.items() if count},
    )
