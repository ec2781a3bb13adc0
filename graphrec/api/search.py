"""A search for the settings that validate best: trials that save no run and never look at the test."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
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
from graphrec.errors import ConfigError, DataError, GraphrecError, TrainingError
from graphrec.evaluation.judging import validation_judge
from graphrec.graph.splits import FOLDED
from graphrec.tasks.cases import Split
from graphrec.training.judge import Judge
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import Epoch, Progress, TrainResult, Within
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
        folds: in how many folds each trial is trained, that of the plan and those after it; their mean decides.
    """

    plan: Plan
    ranges: Mapping[str, Range]
    metric: str
    maximise: bool
    folds: int = 1

    @property
    def plans(self) -> list[Plan]:
        """The plan in each of the folds."""
        first = self.plan.fold
        if self.folds == 1:
            return [self.plan]
        return [replace(self.plan, fold=(first + later) % self.plan.folds) for later in range(self.folds)]

    def told(self) -> dict[str, Any]:
        """Return what ``of`` reads."""
        return {
            "plan": self.plan.to_dict(),
            "ranges": told_ranges(self.ranges),
            "metric": self.metric,
            "maximise": self.maximise,
            "folds": self.folds,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Search:
        """Read what ``told`` returned."""
        return cls(Plan.of(told["plan"]), read_ranges(told["ranges"]), told["metric"], told["maximise"], told["folds"])


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


def require_folds(plan: Plan, folds: int) -> None:
    """Raise ``ConfigError`` where trials of ``plan`` cannot be trained in so many ``folds``."""
    if folds > 1 and plan.split not in FOLDED:
        raise ConfigError(f"--in-folds is for the splits {', '.join(FOLDED)}; choose one with --split")
    if not 1 <= folds <= plan.folds:
        raise ConfigError(f"--in-folds {folds} is not between 1 and the {plan.folds} folds that there are")


def begin_search(
    folder: Path, plan: Plan, ground: Ground, ranges: Mapping[str, Range], *, folds: int = 1
) -> Search:
    """Begin a search in ``folder``, of which the default settings are the first trial.

    Raises ``DataError`` where there is nothing to validate on, or the data lack what the model needs.
    """
    judge = prepare(plan, ground)[1]
    search = Search(plan, ranges, judge.metric, judge.higher_is_better, folds)
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
    parts = [prepare(plan, ground) for plan in search.plans]
    options = read_given(search.plan).options
    if (every := all_settings(search.ranges)) is not None:
        trials = min(len(every), len(every) if trials is None else trials)
    # An early end is not to favour what learns fast: it waits as long as an early stop does.
    patience = max(3, min(options.patience, options.epochs // 5)) if search.folds == 1 else 0
    with journal(folder, search.ranges, maximise=search.maximise, seed=options.seed, patience=patience) as made:
        while minutes is None or time.monotonic() - began < 60 * minutes:
            trial = made.next(trials)
            if trial is None:
                break
            settings = _settings(trial)
            number, say = len(made.counted()), _teller(made, trials, settings, tell)
            say(number, "", _left(made, trials, minutes, began, after))
            say(number, _try(trial, search, settings, ground, parts, progress), None)
        return _found(made, open=made.others_work())


def _try(
    trial: Trial,
    search: Search,
    settings: Mapping[str, Any],
    ground: Ground,
    parts: Sequence[tuple[Split[Any], Judge]],
    progress: Progress | None,
) -> str:
    """Make a trial; return what came of it."""
    began, last = time.monotonic(), 0

    def report(value: float, step: int, steps: int) -> None:
        nonlocal last
        last = step
        trial.report(value, step)
        if step < steps and trial.should_prune():
            raise optuna.TrialPruned

    def watch(line: Epoch | Within, epochs: int) -> None:
        if progress is not None:
            progress(line, epochs)
        if isinstance(line, Epoch) and search.folds == 1:
            report(line.valid[search.metric], line.epoch, epochs)

    try:
        results: list[TrainResult] = []
        for plan, (split, judge) in zip(search.plans, parts, strict=True):
            given = read_given(replace(plan, given={**plan.given, **settings}))
            given.kind.check(split.data, given.settings)
            seed_everything(given.options.seed)
            model = given.kind(split.data.shape, given.settings)
            judge = validation_judge(ground.task, split, given.options)
            results.append(run_training(model, split, given.options, None, watch, judge=judge))
            if not math.isfinite(results[-1].best):
                raise TrainingError(f"{judge.metric} has no value")
            if search.folds > 1:
                report(statistics.fmean(one.best for one in results), len(results), search.folds)
        trial.set_user_attr("seconds", round(time.monotonic() - began, 3))
        made = trial.study.tell(trial, statistics.fmean(one.best for one in results))
        return f"{made.value:.4f}, {_how(results)}"
    except optuna.TrialPruned:
        trial.set_user_attr("seconds", round(time.monotonic() - began, 3))
        made = trial.study.tell(trial, state=TrialState.PRUNED)
        what = "epochs" if search.folds == 1 else "folds"
        return f"{made.value:.4f} after {last} {what}, worse than most: ended"
    except (GraphrecError, MemoryError, torch.OutOfMemoryError) as error:
        trial.set_user_attr(WHY, str(error) or type(error).__name__)
        trial.study.tell(trial, state=TrialState.FAIL)
        return f"failed: {error}"


def _how(results: Sequence[TrainResult]) -> str:
    """Return how the value of a trial came about."""
    if len(results) > 1:
        return f"mean of folds: {' '.join(f'{one.best:.4f}' for one in results)}"
    return f"best epoch {results[0].best_epoch} of {len(results[0].history)}"


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
