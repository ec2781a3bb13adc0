"""A search for the settings that validate best: trials that save no run and never look at the test."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.trial import FrozenTrial, Trial, TrialState

from graphrec.api.ground import Ground
from graphrec.api.journal import FIRST, WHY, Journal, create, journal
from graphrec.api.plan import Plan, read_given
from graphrec.api.search_space import Range, all_settings, defaults, read_ranges, told_ranges
from graphrec.errors import DataError, GraphrecError, TrainingError
from graphrec.evaluation.judging import validation_judge
from graphrec.tasks.cases import Split
from graphrec.training.judge import Judge
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import Epoch, Progress, Within
from graphrec.training.trainer import train as run_training

DIGITS = 3
"""So many digits of a number are tried: more say nothing, and nobody can read them."""


@dataclass(frozen=True)
class Tried:
    """A trial that is about to begin, or has ended.

    Attributes:
        number: from 1, among those that count.
        of: how many there will be; None where only the time is limited.
        settings: what it tries.
        outcome: what came of it, in words; empty before.
        best: the best value so far; None where there is none.
        left_s: how long all that is planned will still take; None where nobody knows.
    """

    number: int
    of: int | None
    settings: Mapping[str, Any]
    outcome: str
    best: float | None
    left_s: float | None


Tell = Callable[[Tried], None]


@dataclass(frozen=True)
class Search:
    """What is searched.

    Attributes:
        plan: what each trial trains, but for what is searched.
        ranges: by setting.
        metric: of validation.
        maximise: whether more of it is better.
    """

    plan: Plan
    ranges: Mapping[str, Range]
    metric: str
    maximise: bool

    def told(self) -> dict[str, Any]:
        """Return what ``of`` reads."""
        return {
            "plan": self.plan.to_dict(),
            "ranges": told_ranges(self.ranges),
            "metric": self.metric,
            "maximise": self.maximise,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Search:
        """Read what ``told`` returned."""
        return cls(Plan.of(told["plan"]), read_ranges(told["ranges"]), told["metric"], told["maximise"])


@dataclass(frozen=True)
class Found:
    """What a search has come to.

    Attributes:
        settings: the best, of what is searched.
        value: theirs.
        default: value of the default settings; None where their training failed.
        counts: trials by what became of them: complete, pruned, failed.
        seconds: what the best took.
        open: whether other processes still make trials.
    """

    settings: Mapping[str, Any]
    value: float
    default: float | None
    counts: Mapping[str, int]
    seconds: float
    open: bool


def begin_search(folder: Path, plan: Plan, ground: Ground, ranges: Mapping[str, Range]) -> Search:
    """Begin a search in ``folder``, of which the default settings are the first trial.

    Raises ``DataError`` where there is nothing to validate on, or the data lack what the model needs.
    """
    judge = prepare(plan, ground)[1]
    search = Search(plan, ranges, judge.metric, judge.higher_is_better)
    create(folder, defaults(plan, list(ranges)), ranges, maximise=search.maximise)
    return search


def prepare(plan: Plan, ground: Ground) -> tuple[Split[Any], Judge]:
    """Return the split of ``plan`` and what judges its trials; raises as ``begin_search`` does."""
    given = read_given(plan)
    split, _ = ground.split(plan, given.options.seed)
    given.kind.check(split.data, given.settings)
    judge = validation_judge(ground.task, split, given.options)
    if judge.measure is None:
        raise DataError(f"the split {split.name} leaves nothing to validate on; choose another with --split")
    return split, judge


def run_search(
    folder: Path,
    search: Search,
    ground: Ground,
    *,
    trials: int | None,
    minutes: float | None = None,
    after: int = 0,
    tell: Tell | None = None,
    progress: Progress | None = None,
) -> Found:
    """Make trials until there are as many as asked for, together with other processes that do.

    Args:
        folder: where the search was begun.
        search: what ``begin_search`` returned.
        ground: that of all trials.
        trials: how many there are to be in all, or fewer where there are fewer settings; None: no end but the time.
        minutes: no trial begins later than so long after this call; None: whenever.
        after: how many trainings come after the search, for the time that is left.
        tell: told before and after each trial.
        progress: of the training within a trial.

    Raises ``TrainingError`` where every trial has failed.
    """
    began = time.monotonic()
    split, judge = prepare(search.plan, ground)
    options = read_given(search.plan).options
    if (every := all_settings(search.ranges)) is not None:
        trials = min(len(every), len(every) if trials is None else trials)
    # An early end is not to favour what learns fast: it waits as long as an early stop does.
    patience = max(3, min(options.patience, options.epochs // 5))
    with journal(folder, search.ranges, maximise=search.maximise, seed=options.seed, patience=patience) as made:
        while minutes is None or time.monotonic() - began < 60 * minutes:
            trial = made.next(trials)
            if trial is None:
                break
            settings = _settings(trial)
            number, say = len(made.counted()), _teller(made, trials, settings, tell)
            say(number, "", _left(made, trials, minutes, began, after))
            say(number, _try(trial, search, settings, ground, split, judge, progress), None)
        return _found(made, open=made.others_work())


def _try(
    trial: Trial,
    search: Search,
    settings: Mapping[str, Any],
    ground: Ground,
    split: Split[Any],
    judge: Judge,
    progress: Progress | None,
) -> str:
    """Make a trial; return what came of it."""
    plan = replace(search.plan, given={**search.plan.given, **settings})
    began, last = time.monotonic(), 0

    def watch(line: Epoch | Within, epochs: int) -> None:
        nonlocal last
        if progress is not None:
            progress(line, epochs)
        if isinstance(line, Epoch):
            last = line.epoch
            trial.report(line.valid[judge.metric], last)
            if last < epochs and trial.should_prune():
                raise optuna.TrialPruned

    try:
        given = read_given(plan)
        given.kind.check(split.data, given.settings)
        seed_everything(given.options.seed)
        model = given.kind(split.data.shape, given.settings)
        result = run_training(
            model, split, given.options, None, watch, judge=validation_judge(ground.task, split, given.options)
        )
        trial.set_user_attr("seconds", round(time.monotonic() - began, 3))
        trial.set_user_attr("best_epoch", result.best_epoch)
        if not math.isfinite(result.best):
            raise TrainingError(f"{judge.metric} has no value")
        made = trial.study.tell(trial, result.best)
        return f"{made.value:.4f}, best epoch {result.best_epoch} of {len(result.history)}"
    except optuna.TrialPruned:
        trial.set_user_attr("seconds", round(time.monotonic() - began, 3))
        made = trial.study.tell(trial, state=TrialState.PRUNED)
        return f"{made.value:.4f} after {last} epochs, worse than most: ended"
    except (GraphrecError, MemoryError, torch.OutOfMemoryError) as error:
        trial.set_user_attr(WHY, str(error) or type(error).__name__)
        trial.study.tell(trial, state=TrialState.FAIL)
        return f"failed: {error}"


def _settings(trial: Trial | FrozenTrial) -> dict[str, Any]:
    exact = FIRST in trial.user_attrs
    return {
        name: float(f"{value:.{DIGITS}g}") if isinstance(value, float) and not exact else value
        for name, value in trial.params.items()
    }


def _teller(
    made: Journal, trials: int | None, settings: Mapping[str, Any], tell: Tell | None
) -> Callable[[int, str, float | None], None]:
    def say(number: int, outcome: str, left_s: float | None) -> None:
        if tell is not None:
            done = made.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            tell(Tried(number, trials, settings, outcome, made.study.best_value if done else None, left_s))

    return say


def _left(made: Journal, trials: int | None, minutes: float | None, began: float, after: int) -> float | None:
    """Return how long the trials that remain will take, this one among them, and as many trainings ``after`` them."""
    counted = made.counted()
    spent = [one.user_attrs["seconds"] for one in counted if "seconds" in one.user_attrs]
    whole = [one.user_attrs["seconds"] for one in counted if one.state == TrialState.COMPLETE]
    if not whole:
        return None
    limits = [] if minutes is None else [max(0.0, 60 * minutes - (time.monotonic() - began))]
    limits += [] if trials is None else [statistics.fmean(spent) * (trials - len(spent)) / made.workers()]
    return min(limits) + after * statistics.fmean(whole) if limits else None


def _found(made: Journal, *, open: bool) -> Found:
    counted = made.counted()
    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
    counts = {name: sum(one.state == state for one in counted) for name, state in states.items()}
    if not counts["complete"]:
        why = next((one.user_attrs[WHY] for one in counted if WHY in one.user_attrs), "no time was left for one")
        raise TrainingError(f"no trial came to its end: {why}")
    first = next((one for one in counted if FIRST in one.user_attrs), None)
    best = made.study.best_trial
    return Found(
        _settings(best),
        float(made.study.best_value),
        first.value if first is not None and first.state == TrialState.COMPLETE else None,
        counts,
        best.user_attrs["seconds"],
        open,
    )
