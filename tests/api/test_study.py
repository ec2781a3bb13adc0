"""The verb study, and what tune and compare share with it: cells that are trained once."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest

from graphrec.api.cells import Step
from graphrec.api.plan import Plan
from graphrec.api.studies import find_study
from graphrec.api.study import begin_study, run_study
from graphrec.errors import ConfigError, GraphrecError, NotFoundError, StoreBusy
from graphrec.training.runs import find_run, list_runs
from graphrec.workspace import Workspace

PLAN = Plan("ease", {"l2": 10}, split="random-k-fold")


class Cut(Exception):
    """What ends a training here as Ctrl-C would."""


def test_every_fold_and_seed_is_trained_once(likes: Workspace) -> None:
    name = begin_study(likes, PLAN, folds=2, seeds=[3, 4])
    told: list[Step] = []

    def cut(step: Step) -> None:
        told.append(step)
        if step.number == 3:
            raise Cut

    with pytest.raises(Cut):
        run_study(likes, name, each=cut)
    first = [run.id for run in list_runs(likes)]
    done = run_study(likes, name, each=told.append)
    assert [(step.fold, step.seed, step.number) for step in told] == [
        (0, 3, 1), (1, 3, 2), (0, 4, 3), (0, 4, 3), (1, 4, 4)
    ]  # fmt: skip
    assert [step.left_s is None for step in told] == [True, False, False, False, False]
    assert list(done.runs) == ["0/3", "1/3", "0/4", "1/4"]
    assert list(done.runs.values())[:2] == first
    assert [find_run(likes, run).manifest["split"] for run in done.runs.values()] == [
        f"random-k-fold-{fold}-of-2" for fold in (0, 1, 0, 1)
    ]
    values = [find_run(likes, run).manifest["test"]["metrics"]["recall@20"] for run in done.runs.values()]
    assert done.metrics["recall@20"].mean == pytest.approx(fmean(values))
    assert done.metrics["recall@20"].deviation == pytest.approx(stdev(values))


def test_a_run_that_was_cut_off_is_gone_on_with(likes: Workspace) -> None:
    name = begin_study(likes, Plan("bpr", {"epochs": 6, "dimension": 4}), seeds=[0])

    def cut(line: object, epochs: int) -> None:
        if getattr(line, "epoch", 0) == 3:
            raise Cut

    with pytest.raises(Cut):
        run_study(likes, name, progress=cut)
    (half,) = list_runs(likes)
    assert not half.finished
    assert list(run_study(likes, name).runs.values()) == [half.id]
    assert find_run(likes, half.id).manifest["epochs"] == 6


def test_a_study_stays_on_the_graph_that_it_began_with(likes: Workspace) -> None:
    name = begin_study(likes, Plan("popularity", {}))
    likes.drop_graph()
    assert len(run_study(likes, name).runs) == 1


def test_what_cannot_be_is_one_clear_line(likes: Workspace) -> None:
    for plan, how, told in (
        (Plan("ease", {}), {"folds": 3}, "--folds are of the splits"),
        (Plan("ease", {}), {"seeds": []}, "at least one seed"),
        (Plan("ease", {"l3": 1}), {}, "no setting of ease named 'l3'"),
    ):
        with pytest.raises(GraphrecError, match=told):
            begin_study(likes, plan, **how)
    assert not (likes.root / "studies").exists()
    name = begin_study(likes, Plan("random", {}))
    with pytest.raises(NotFoundError, match=f"did you mean '{name}'"):
        run_study(likes, f"{name}1")
    with pytest.raises(ConfigError, match=f"graphrec study --resume {name}"):
        find_study(likes, name, "tune")
    study = find_study(likes, name, "study")
    with study.alone(), pytest.raises(StoreBusy, match="another process works on the study"):
        run_study(likes, name)
