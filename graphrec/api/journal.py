"""Trials in a file that several processes write, each of which may be killed at any moment."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState

from graphrec.api.search_space import Choice, Range, all_settings

FILE = "journal.log"
WORKER, WHY, FIRST = "worker", "why", "first"
"""Attributes of a trial: who makes it, why its training failed, whether it has the default settings."""
RANDOM_FIRST = 6
"""So many trials are drawn at random before the others say where to look."""
SURE = 4
"""So many trials are gone through before one is ended for being worse than most."""


class Lock(JournalFileOpenLock):
    """A lock that ends with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[int] = []

    def acquire(self) -> bool:
        """Wait for it."""
        held = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
        fcntl.flock(held, fcntl.LOCK_EX)
        self._held.append(held)
        return True

    def release(self) -> None:
        """Let go of it."""
        os.close(self._held.pop())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it within the block."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


@dataclass(frozen=True)
class Journal:
    """The trials of one search.

    Attributes:
        folder: where its files are.
        study: Optuna's.
        ranges: what is searched.
        seed: of what is drawn; what a trial draws depends on it, on the trial's place and on the trials before.
        worker: what this process is called among those that work on it.
    """

    folder: Path
    study: optuna.Study
    ranges: Mapping[str, Range]
    seed: int
    worker: str

    def next(self, most: int | None) -> Trial | None:
        """Begin a trial; None where there are ``most`` already.

        Where ``most`` are as many as there are settings, each is tried once.
        """
        with Lock(self.folder / "trials.lock").held():
            self._take_back()
            place = len(self.counted())
            if most is not None and place >= most:
                return None
            self._go_through(most)
            drawn = int(np.random.SeedSequence([self.seed, place]).generate_state(1)[0])
            self.study.sampler = optuna.samplers.TPESampler(seed=drawn, n_startup_trials=RANDOM_FIRST)
            trial = self.study.ask({name: _distribution(one) for name, one in self.ranges.items()})
            trial.set_user_attr(WORKER, self.worker)
            return trial

    def counted(self) -> list[FrozenTrial]:
        """Return the trials that are made or being made: without those that wait, and that were cut off."""
        return [
            one
            for one in self.study.get_trials(deepcopy=False)
            if one.state != TrialState.WAITING and (one.state != TrialState.FAIL or WHY in one.user_attrs)
        ]

    def workers(self) -> int:
        """Return how many processes work on it, this one among them."""
        return sum(_alive(path) for path in (self.folder / "workers").iterdir())

    def others_work(self) -> bool:
        """Return whether a trial is being made elsewhere."""
        with Lock(self.folder / "trials.lock").held():
            self._take_back()
            return any(one.state == TrialState.RUNNING for one in self.counted())

    def _go_through(self, most: int | None) -> None:
        """Have the first of all settings that was not tried be the next, where there are no more than ``most``."""
        every = all_settings(self.ranges)
        if every is None or most is None or len(every) > most:
            return
        there = self.study.get_trials(deepcopy=False)
        if any(one.state == TrialState.WAITING for one in there):
            return
        made = [one.params for one in self.counted()]
        self.study.enqueue_trial(next(one for one in every if one not in made))

    def _take_back(self) -> None:
        """Have the trials of processes that have ended made again."""
        for one in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if _alive(self.folder / "workers" / one.user_attrs.get(WORKER, "nobody")):
                continue
            self.study.tell(one.number, state=TrialState.FAIL)
            kept = {FIRST: True} if FIRST in one.user_attrs else {}
            self.study.enqueue_trial(one.system_attrs.get("fixed_params", one.params), user_attrs=kept)


def create(folder: Path, first: Mapping[str, Any], ranges: Mapping[str, Range], *, maximise: bool) -> None:
    """Begin a search, whose first trial has the settings ``first``."""
    study = _open(folder, maximise=maximise)
    study.enqueue_trial({name: one.nearest(first[name]) for name, one in ranges.items()}, user_attrs={FIRST: True})


@contextmanager
def journal(
    folder: Path, ranges: Mapping[str, Range], *, maximise: bool, seed: int, patience: int
) -> Iterator[Journal]:
    """Open the trials of a search that was begun, and be one of those who work on it.

    Args:
        folder: where it was begun.
        ranges: what is searched.
        maximise: whether more is better.
        seed: of what is drawn.
        patience: so many epochs are waited before a trial is ended for being worse than most.
    """
    study = _open(folder, maximise=maximise)
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=SURE, n_warmup_steps=patience)
    worker = folder / "workers" / uuid4().hex[:8]
    worker.parent.mkdir(exist_ok=True)
    with Lock(worker).held():
        try:
            yield Journal(folder, study, ranges, seed, worker.name)
        finally:
            worker.unlink(missing_ok=True)


def _open(folder: Path, *, maximise: bool) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path, lock = folder / FILE, Lock(folder / f"{FILE}.lock")
    with lock.held():
        _mend(path)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(path), lock))
    return optuna.create_study(
        study_name="search",
        storage=storage,
        direction="maximize" if maximise else "minimize",
        load_if_exists=True,
    )


def _mend(path: Path) -> None:
    """Cut off what was not written to its end: the next line would be glued to it, and the file be of no use."""
    path.touch()
    with path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)


def _alive(worker: Path) -> bool:
    """Return whether a process still holds its lock."""
    try:
        with worker.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _distribution(one: Range) -> BaseDistribution:
    if isinstance(one, Choice):
        return CategoricalDistribution(one.values)
    if one.whole:
        return IntDistribution(int(one.low), int(one.high), log=one.log)
    return FloatDistribution(one.low, one.high, log=one.log)
