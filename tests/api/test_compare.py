"""The verb compare: what is missing is trained, all on the same cases, and one table comes of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from graphrec.api.cells import Step
from graphrec.api.compare import Comparison, begin_comparison, compare
from graphrec.api.comparison_formats import COLUMNS, csv_text, latex, markdown, p_text
from graphrec.api.comparison_picture import draw
from graphrec.api.evaluate import evaluate_run
from graphrec.api.plan import Plan
from graphrec.api.search import Tried
from graphrec.api.systems import asked_systems
from graphrec.api.train import train
from graphrec.api.tune import begin_tuning, tune
from graphrec.errors import ConfigError, GraphrecError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.files import write_json
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.runs import find_run, list_runs
from graphrec.workspace import Workspace

SPLIT = {"split": "random-70-10-20"}


class Cut(Exception):
    """What ends a comparison here as Ctrl-C would."""


def compared(workspace: Workspace, *what: str, common: Mapping[str, Any] = SPLIT, **how: Any) -> Comparison:
    return compare(workspace, begin_comparison(workspace, asked_systems(workspace, what, common), **how))


def test_models_are_trained_over_seeds_and_tested_against_the_first(likes: Workspace) -> None:
    asked = asked_systems(likes, ["random", "ease", "ease:l2=5,user_weighting=0"], SPLIT)
    name = begin_comparison(likes, asked, seeds=[0, 1])
    steps: list[Step] = []

    def cut(step: Step) -> None:
        steps.append(step)
        if step.number == 4:
            raise Cut

    with pytest.raises(Cut):
        compare(likes, name, each=cut)
    with pytest.raises(ConfigError, match=r"fewer than two models of .* are trained"):
        compare(likes, name, so_far=True)
    done = compare(likes, name, each=steps.append)
    assert [(step.system, step.seed) for step in steps[4:]] == [
        ("ease", 1), ("ease:l2=5,user_weighting=0", 0), ("ease:l2=5,user_weighting=0", 1)
    ]  # fmt: skip
    assert len(list_runs(likes)) == 6
    assert [(row.metric, row.system) for row in done.rows] == [
        (metric, system) for metric in ("recall@20", "ndcg@20") for system in done.runs
    ]
    for row in done.rows:
        runs = [find_run(likes, run) for run in done.runs[row.system].values()]
        assert row.mean == pytest.approx(fmean(run.manifest["test"]["metrics"][row.metric] for run in runs))
        assert row.runs == 2
        if row.system != "random":
            assert row.difference is not None
            assert row.difference > 0.1
            assert row.p_value == pytest.approx(1 / 10_001)
            assert row.p_holm == pytest.approx(2 / 10_001)
    assert done.settings["ease:l2=5,user_weighting=0"] == {"l2": "5", "user_weighting": "0"}
    assert done.reference == {"recall@20": "random", "ndcg@20": "random"}
    find_run(likes, done.runs["random"]["0/1"]).folder.rename(likes.root / "away")
    part = compare(likes, name, so_far=True)
    assert list(part.runs) == list(part.settings) == ["ease", "ease:l2=5,user_weighting=0"]
    assert part.rows[1].mean == done.rows[2].mean
    assert "Not trained in all seeds and folds yet: random." in part.notes
    with pytest.raises(NotFoundError, match="no model to compare with named 'random'"):
        compare(likes, name, so_far=True, reference="random")
    (likes.root / "away").rename(likes.runs / done.runs["random"]["0/1"])
    best = compare(likes, name, reference="best", metrics=["map"])
    assert best.reference["map"] != "random"
    assert "favours it" in " ".join(best.notes)
    with pytest.raises(NotFoundError, match="no model to compare with named 'eas'; did you mean 'ease'"):
        compare(likes, name, reference="eas")


def test_two_runs_are_tested_as_evaluate_does(likes: Workspace) -> None:
    first, second = (
        train(likes, Plan(model, {"seed": 3, "epochs": 5}, "random-70-10-20")).run.id for model in ("bpr", "ease")
    )
    done = compared(likes, first, second, common={}, metrics=["recall@20"])
    said = evaluate_run(likes, second).against(evaluate_run(likes, first)).metrics["recall@20"]
    row = next(row for row in done.rows if row.system == "ease")
    assert row.difference == pytest.approx(said.difference)
    assert row.p_value == pytest.approx(said.p_value, abs=0.01)
    assert list(done.runs) == ["bpr", "ease"]


def test_models_beside_runs_are_trained_as_these_were(likes: Workspace) -> None:
    plan = Plan("ease", {"seed": 3, "l2": 5}, "random-k-fold", 1, folds=3, where=())
    runs = [train(likes, Plan.of({**plan.to_dict(), "seed": seed})).run.id for seed in (3, 4)]
    done = compared(likes, *runs, "popularity", common={})
    assert list(done.runs) == ["ease", "popularity"]
    assert [note for note in done.notes if "was given" in note] == ["ease was given l2=5."]
    assert list(done.runs["popularity"]) == ["1/3", "1/4"]
    assert list(done.runs["ease"].values()) == runs
    assert find_run(likes, done.runs["popularity"]["1/4"]).manifest["split"] == "random-k-fold-1-of-3"


def test_models_beside_runs_read_their_features_or_it_is_said(likes: Workspace) -> None:
    with closing(LadybugStore(likes)) as store:
        ids = store.read_nodes("Item")["id"].to_pylist()
    for name in ("look", "sound"):
        looks = np.random.default_rng(0).normal(size=(len(ids), 4)).astype(np.float32)
        FeatureStore(likes.features).write(name, "Item", ids, looks)
    run = train(likes, Plan("contentknn", {}, SPLIT["split"], features=["look"])).run.id
    done = compared(likes, run, "vbpr:epochs=1", common={})
    assert find_run(likes, done.runs["vbpr:epochs=1"]["0/0"]).manifest["projection"]["features"] == ["look"]
    assert not [note for note in done.notes if "same features" in note]
    alone = compared(likes, run, "bpr:epochs=1", common={})
    assert find_run(likes, alone.runs["bpr:epochs=1"]["0/0"]).manifest["projection"]["features"] == []
    other = compared(likes, run, "vbpr:epochs=1", common={"features": ["sound"]})
    assert [note for note in other.notes if "same features" in note] == [
        "Not all read the same features, which may be all that makes the difference: contentknn look; "
        "vbpr:epochs=1 sound."
    ]


def test_folds_are_one_figure(likes: Workspace) -> None:
    done = compared(likes, "popularity", "ease", common={"split": "cold-items"}, folds=2, seeds=[0])
    assert list(done.runs["ease"]) == ["0/0", "1/0"]
    (row,) = [row for row in done.rows if (row.system, row.metric) == ("ease", "recall@20")]
    assert row.runs == 2
    assert "cold-items" in done.notes[0]


def test_a_blend_is_made_anew_of_the_runs_of_each_seed(likes: Workspace) -> None:
    blend = "blend:runs=ease+bpr:epochs=2,epochs=1"
    done = compared(likes, "ease", "bpr:epochs=2", blend, seeds=[0, 1])
    assert list(done.runs) == ["ease", "bpr:epochs=2", blend]
    for cell, run in done.runs[blend].items():
        made = find_run(likes, run)
        assert made.manifest["settings"]["runs"] == ",".join(done.runs[one][cell] for one in ("ease", "bpr:epochs=2"))
        assert made.manifest["seed"] == int(cell[-1])
    again = compare(likes, done.id)
    assert again.runs == done.runs
    with pytest.raises(ConfigError, match="there is no bpr for blend to be made of; name it before"):
        compared(likes, "ease", "blend:runs=ease+bpr", "bpr")


def test_every_model_is_tuned_by_as_many_trials(likes: Workspace) -> None:
    told: list[tuple[str, Tried]] = []
    what = ["bpr:epochs=3,dimension=4", "ease", "popularity"]
    name = begin_comparison(likes, asked_systems(likes, what, SPLIT), seeds=[0], trials=3)

    def tell(title: str, one: Tried) -> None:
        told.append((title, one))
        if len(told) == 8:
            raise Cut

    with pytest.raises(Cut):
        compare(likes, name, tell=tell)
    done = compare(likes, name, tell=lambda title, one: told.append((title, one)))
    made = [(title, one.number) for title, one in told if one.outcome]
    assert made == [(title, number) for title in what[:2] for number in (1, 2, 3)]
    assert done.settings[what[0]].keys() == {"epochs", "dimension", "l2", "learning_rate"}
    assert done.settings["ease"].keys() == {"l2", "user_weighting"}
    assert any("popularity was not tuned: nothing of it is left to search" in note for note in done.notes)
    assert any("ease was tuned on validation of fold 0, seed 0 (3 complete): l2=" in note for note in done.notes)
    settings = find_run(likes, done.runs["ease"]["0/0"]).manifest["settings"]
    assert settings.items() >= done.settings["ease"].items()


def test_what_tune_has_found_is_compared_by_its_file(likes: Workspace) -> None:
    plan = Plan("ease", {}, "random-k-fold", folds=3)
    found = tune(likes, begin_tuning(likes, plan, trials=2, seeds=[0]))
    done = compared(likes, "ease", str(found.config), common={}, seeds=[0])
    tuned = f"ease ({found.id})"
    assert list(done.runs) == ["ease", tuned]
    assert done.settings[tuned] == found.best
    splits = {find_run(likes, its["0/0"]).manifest["split"] for its in done.runs.values()}
    assert splits == {"random-k-fold-0-of-3"}


def test_other_cases_are_refused_before_anything_is_trained(likes: Workspace) -> None:
    def trained(**how: Any) -> str:
        return train(likes, Plan.of({"model": "popularity", "split": "random-70-10-20", **how})).run.id

    runs = {name: trained(**how) for name, how in {"seed": {"seed": 1}, "split": {"split": "random-k-fold"}}.items()}
    FeatureStore(likes.features).write("look", "Item", ["i0"], np.ones((1, 2), np.float32))
    half = train(likes, Plan("random", {}, "random-70-10-20")).run
    write_json(half.folder / MANIFEST, {key: value for key, value in half.manifest.items() if key != "test"})
    before = len(list_runs(likes))
    for what, how, told in (
        (["ease"], {}, "two models or runs at least"),
        (["ease", "ease"], {}, "ease is named twice"),
        (["ease", "eas"], {}, "no model or run named 'eas'; did you mean 'ease'"),
        (["ease", "ease:l3=1"], {}, "no setting of ease named 'l3'"),
        (["ease", "ease:l2"], {}, "settings are KEY=VALUE"),
        (["ease", "bias"], {}, "bias cannot be trained for ranking"),
        (["ease", "random"], {"metrics": ["recal@20"]}, "no metric named 'recal@20'"),
        (["ease", "random"], {"folds": 3}, "--folds are of the splits"),
        (["ease", "random"], {"seeds": []}, "at least one seed"),
        ([runs["seed"], "ease"], {"seeds": [0, 1]}, "fold/seed 0/1, and 0/0, 0/1"),
        ([runs["split"], "ease"], {"common": SPLIT}, "split random-k-fold, and random-70-10-20"),
        ([*runs.values()], {"common": {}}, "split random-70-10-20, and random-k-fold"),
        ([half.id, "ease"], {}, "is not finished"),
        ([runs["seed"], "nothing.toml"], {}, "nothing.toml"),
    ):
        common = how.pop("common", {"task": "ranking", **SPLIT})
        with pytest.raises(GraphrecError) as error:
            begin_comparison(likes, asked_systems(likes, what, common), **how)
        assert told in str(error.value), what
    assert len(list_runs(likes)) == before
    assert not list(likes.root.glob("studies/*"))
    with pytest.raises(ConfigError, match="leave one out"):
        begin_comparison(likes, asked_systems(likes, [runs["seed"], trained(seed=1)], {}))


def test_formats_and_pictures(likes: Workspace, tmp_path: Path) -> None:
    done = compared(likes, "random", "ease:l2=5,user_weighting=0", seeds=[0, 1])
    rows = list(csv.DictReader(io.StringIO(csv_text(done))))
    assert [float(row["mean"]) for row in rows] == [row.mean for row in done.rows]
    assert rows[0]["p_holm"] == ""
    lines = markdown(done).splitlines()
    assert lines[0] == "| " + " | ".join(COLUMNS) + " |"
    assert lines[3].startswith("| recall@20 | ease:l2=5,user_weighting=0 | 2 | ")
    assert lines[3].endswith("| < .001 | < .001 |")
    written = latex(done)
    assert "ease:l2=5,user\\_weighting=0 & 2 & " in written
    assert "$<$ .001 & $<$ .001 \\\\" in written
    assert written.count("{") == written.count("}")
    assert [p_text(one) for one in (None, 0.0005, 0.0314, 1.0)] == ["", "< .001", ".031", "1.000"]
    draw(done, tmp_path / "table.svg")
    drawn = ElementTree.fromstring((tmp_path / "table.svg").read_text(encoding="utf-8"))
    dots = [one.get("id") for one in drawn.iter() if " of " in (one.get("id") or "")]
    assert sorted(dots) == sorted(f"{row.metric} of {row.system}" for row in done.rows)
    texts = [one.text for one in drawn.findall(".//{*}text")]
    assert {"recall@20", "ndcg@20", "random", "ease:l2=5,user_weighting=0"} <= set(texts)
    draw(done, tmp_path / "table.png")
    with Image.open(tmp_path / "table.png") as image:
        assert image.width > 2 * image.height > 200
        assert len(image.getcolors(1 << 16) or []) > 3
    with pytest.raises(ConfigError, match=r"a picture is .svg or .png"):
        draw(done, tmp_path / "table.pdf")
