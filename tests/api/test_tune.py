"""The verb tune: a search that can be cut off anywhere, looks at validation only, and leaves nothing but the best."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from graphrec.api.ground import Ground, open_ground
from graphrec.api.plan import Plan
from graphrec.api.search import Search, Tried, run_search
from graphrec.api.search_space import defaults
from graphrec.api.studies import find_study
from graphrec.api.tune import Tuned, begin_tuning, tune
from graphrec.errors import ConfigError, DataError, TrainingError
from graphrec.training.runs import find_run, list_runs
from graphrec.workspace import Workspace

BPR = Plan("bpr", {"epochs": 8, "dimension": 4}, split="random-70-10-20")
OVER = ["l2", "learning_rate=0.001..1"]


class Cut(Exception):
    """What ends a search here as Ctrl-C would."""


def search(workspace: Workspace, plan: Plan = BPR, trials: int = 9, **how: Any) -> tuple[list[Tried], Tuned]:
    told: list[Tried] = []
    name = begin_tuning(workspace, plan, trials=trials, **{"over": OVER, "seeds": [0], **how})
    return told, tune(workspace, name, tell=told.append)


def tried(told: list[Tried]) -> list[Mapping[str, Any]]:
    return [one.settings for one in told if not one.outcome]


def test_the_best_of_validation_is_trained_over_seeds(likes: Workspace) -> None:
    told, done = search(likes, seeds=[0, 5])
    usual = {"l2": 0.02, "learning_rate": 0.1}
    assert tried(told)[0] == done.default == usual
    assert [one.number for one in told if one.outcome] == [*range(1, 10)]
    assert [one.left_s is None for one in told if not one.outcome] == [True] + [False] * 8
    values = [float(one.outcome.split(",")[0]) for one in told if "best epoch" in one.outcome]
    assert sum(done.trials.values()) == 9
    assert done.trials["complete"] == len(values)
    assert done.best_value == pytest.approx(max(values), abs=1e-4)
    assert done.default_value == pytest.approx(values[0], abs=1e-4)
    assert done.best in tried(told)
    # No trial leaves a run, not even one that was ended early.
    assert done.trials["pruned"]
    assert sorted(run.id for run in list_runs(likes)) == sorted(done.runs.values())
    assert sorted(done.runs) == ["0/0", "0/5"]
    for cell, run in done.runs.items():
        found = find_run(likes, run)
        assert {**found.manifest["settings"], **found.manifest["options"]}.items() >= done.best.items()
        assert found.manifest["seed"] == int(cell[-1])
        assert found.finished
    again = Plan.of(tomllib.loads(done.config.read_text(encoding="utf-8")))
    assert defaults(again, list(done.best)) == done.best
    assert (again.split, again.projection, again.given["epochs"]) == ("random-70-10-20", "likes", 8)


def test_of_few_settings_each_is_tried_once(likes: Workspace) -> None:
    plan = replace(BPR, given={"epochs": 1, "dimension": 4})
    told, done = search(likes, plan, over=["negatives=1..3", "batch_size=0,64"], trials=20)
    first, *others = tried(told)
    assert first == {"negatives": 1, "batch_size": 0}
    assert {(one["negatives"], one["batch_size"]) for one in [first, *others]} == set(product((1, 2, 3), (0, 64)))
    assert {one.of for one in told} == {6} == {sum(done.trials.values())}
    again = tune(likes, done.id, trials=30)
    assert sum(again.trials.values()) == 6


def test_the_mean_over_folds_decides(likes: Workspace) -> None:
    plan = replace(BPR, split="random-k-fold", fold=3)
    told, done = search(likes, plan, trials=7, folds=3)
    made = [one.outcome.partition(", mean of folds: ") for one in told if "mean of folds" in one.outcome]
    means = [(float(mean), [float(one) for one in folds.split()]) for mean, _, folds in made]
    assert all(len(folds) == 3 and mean == pytest.approx(sum(folds) / 3, abs=1e-4) for mean, folds in means)
    assert done.best_value == pytest.approx(max(mean for mean, _ in means), abs=1e-4)
    ended = [one.outcome for one in told if one.outcome and "mean of folds" not in one.outcome]
    assert len(means) + len(ended) == 7
    assert ended
    assert all(re.search(r"after [12] folds, worse than most: ended", one) for one in ended)
    assert sorted(done.runs) == ["0/0", "3/0", "4/0"]
    # Each fold's trial trained and validated as a run does.
    values = [find_run(likes, done.runs[cell]).manifest["best"] for cell in ("3/0", "4/0", "0/0")]
    assert next(folds for mean, folds in means if mean == pytest.approx(done.best_value, abs=1e-4)) == (
        pytest.approx(values, abs=1e-4)
    )


def test_a_seed_repeats_the_search_and_another_does_not(likes: Workspace) -> None:
    first, second = (search(likes, trials=8)[0] for _ in range(2))
    assert [(one.settings, one.outcome) for one in first] == [(one.settings, one.outcome) for one in second]
    other = search(likes, replace(BPR, given={**BPR.given, "seed": 1}), trials=3)[0]
    assert tried(other)[1:] != tried(first)[1:3]


@pytest.mark.parametrize("at", ["before a trial", "within one"])
def test_a_search_that_was_cut_off_goes_on_as_if_it_had_not(likes: Workspace, at: str) -> None:
    whole, wanted = search(likes)
    name = begin_tuning(likes, BPR, over=OVER, trials=9, seeds=[0])
    told: list[Tried] = []

    def cut(one: Tried) -> None:
        told.append(one)
        if at == "before a trial" and one.number in (1, 5) and one.outcome:
            raise Cut

    def within(line: object, epochs: int) -> None:
        if at == "within one" and getattr(line, "epoch", 0) == 2 and len(told) in (1, 10):
            raise Cut

    for _ in range(2):
        with pytest.raises(Cut):
            tune(likes, name, tell=cut, progress=within)
        # What was being written when the power went.
        with (find_study(likes, name, "tune").path / "journal.log").open("ab") as journal:
            journal.write(b'{"op_code":5,"worker_id":"f')
    done = tune(likes, name, tell=told.append)
    outcomes = [(one.number, one.settings, one.outcome) for one in told if one.outcome]
    assert outcomes == [(one.number, one.settings, one.outcome) for one in whole if one.outcome]
    assert (done.best, done.best_value, done.trials) == (wanted.best, wanted.best_value, wanted.trials)


def test_more_trials_may_find_better_settings(likes: Workspace) -> None:
    _, first = search(likes, trials=2)
    same = tune(likes, first.id)
    assert same.runs == first.runs
    more = tune(likes, first.id, trials=9)
    assert sum(more.trials.values()) == 9
    assert more.best_value > first.best_value
    assert set(more.runs.values()).isdisjoint(first.runs.values())
    assert find_run(likes, more.runs["0/0"]).manifest["settings"]["l2"] == more.best["l2"]


def test_no_trial_looks_at_the_test(likes: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unseen:
        def __len__(self) -> int:
            return 1

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"looked at {name} of the test")

    name = begin_tuning(likes, BPR, over=OVER, trials=6, seeds=[0])
    split = Ground.split

    def without_test(ground: Ground, plan: Plan, seed: int) -> Any:
        found, beside = split(ground, plan, seed)
        return replace(found, test=Unseen()), beside

    monkeypatch.setattr(Ground, "split", without_test)
    study = find_study(likes, name, "tune")
    told = study.read()
    found = run_search(study.path, Search.of(told["search"]), open_ground(likes, told["ground"]), trials=6)
    assert found.counts["complete"] + found.counts["pruned"] == 6


def test_a_training_that_fails_is_a_trial_like_others(likes: Workspace) -> None:
    plan = Plan("lightgcn", {"epochs": 2, "dimension": 4, "seed": 1}, split="random-70-10-20")
    told, done = search(likes, plan, 4, over=["learning_rate=0.005,1e30"])
    failed = [one for one in told if one.outcome.startswith("failed: ")]
    assert failed
    assert {one.settings["learning_rate"] for one in failed} == {1e30}
    assert done.trials["failed"] == len(failed)
    assert done.best == {"learning_rate": 0.005}
    with pytest.raises(TrainingError, match=r"no trial came to its end: .*lower learning_rate"):
        search(likes, plan, 1, over=["learning_rate=1e30"])


def test_what_cannot_be_searched_is_refused_before_a_study_begins(likes: Workspace) -> None:
    for plan, how, error, told in (
        (Plan("popularity", {}), {"over": []}, ConfigError, "popularity has nothing to tune"),
        (Plan("vbpr", {}), {"over": []}, DataError, "vbpr needs features"),
        (BPR, {"seeds": []}, ConfigError, "at least one seed"),
        (BPR, {"folds": 2}, ConfigError, "--in-folds is for the splits cold-items, random-k-fold"),
        (replace(BPR, split="cold-items"), {"folds": 6}, ConfigError, "between 1 and the 5 folds"),
    ):
        with pytest.raises(error, match=told):
            search(likes, plan, **how)
    assert not list(Path(likes.root).glob("studies/*"))
