"""What a run's folder tells of it, and in what two runs differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.app.parts.run_charts import in_words
from graphrec.errors import DataError
from graphrec.serving.explore.run_reports import BucketReport, Figure, buckets, figures, history, summary
from graphrec.serving.explore.run_settings import ManifestEntry, settings
from graphrec.serving.explore.significance import compare, kept
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

MANIFEST = {
    "model": "toy",
    "settings": {"dimension": 8},
    "options": {"epochs": 2},
    "seed": 3,
    "split": "temporal-last",
    "started": "2026-01-02T03:04:05+0000",
    "projection": {"name": "likes", "features": ["look", "genres"]},
    "data": {"users": 5},
    "versions": {"torch": "2"},
    "metric": "map",
    "total_seconds": 1.5,
    "test": {
        "groups": 4,
        "metrics": {"map": 0.5, "nmsd": 0.25, "coverage@5": 0.75},
        "ci95": {"map": [0.25, 0.75], "nmsd": [0.125, 0.5]},
        "buckets": {
            "[16,..)": {"groups": 1, "metrics": {"map": 1.0}},
            "[0,8)": {"groups": 3, "metrics": {"map": 0.25}},
        },
    },
}


def written(folder: Path, **other: object) -> Run:
    folder.mkdir()
    manifest = {**MANIFEST, **other}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Run(folder, manifest)


def test_the_line_of_a_run(tmp_path: Path) -> None:
    run = written(tmp_path / "a")
    told = summary(run)
    assert (told.id, told.dimension, told.seed, told.seconds) == ("a", 8, 3, 1.5)
    assert (told.metric, told.value, told.finished) == ("map", 0.5, True)
    assert (told.projection, told.features, told.verdict) == ("likes", ("look", "genres"), "")
    judged = written(tmp_path / "b", account={"verdict": {"sentence": "Below popularity.", "bad": True}})
    assert summary(judged).verdict == "Below popularity."
    unfinished = Run(
        run.folder, {key: value for key, value in MANIFEST.items() if key not in ("test", "metric")}
    )
    assert (summary(unfinished).value, summary(unfinished).finished) == (None, False)
    assert figures(unfinished) == []
    assert buckets(unfinished) == []


def test_figures_come_with_their_intervals_and_direction(tmp_path: Path) -> None:
    assert figures(written(tmp_path / "a")) == [
        Figure("map", 0.5, 0.25, 0.75, True),
        Figure("nmsd", 0.25, 0.125, 0.5, False),
        Figure("coverage@5", 0.75, None, None, True),
    ]


def test_groups_come_from_sparse_to_dense(tmp_path: Path) -> None:
    assert buckets(written(tmp_path / "a")) == [
        BucketReport(0, 8, 3, {"map": 0.25}),
        BucketReport(16, None, 1, {"map": 1.0}),
    ]
    cold = {**MANIFEST["test"], "cold": {"groups": 2, "metrics": {"map": 0.125}}}
    found = buckets(written(tmp_path / "b", test=cold))
    assert found[0] == BucketReport(0, 0, 2, {"map": 0.125})
    assert [bucket.low for bucket in found] == [0, 0, 16]
    assert [in_words(bucket) for bucket in found] == ["none", "fewer than 8", "16 and more"]


def test_the_history_has_a_value_per_epoch_or_none(tmp_path: Path) -> None:
    run = written(tmp_path / "a")
    assert history(run).epochs == []
    lines = [
        {"epoch": 1, "loss": {"graph": 2.0}, "valid": {"map": 0.1}},
        {"epoch": 2, "loss": {"graph": 1.0, "transfer": 3.0}, "valid": {}},
    ]
    (run.folder / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    told = history(run)
    assert told.epochs == [1, 2]
    assert told.losses == {"graph": [2.0, 1.0], "transfer": [None, 3.0]}
    assert told.valid == {"map": [0.1, None]}


def test_two_runs_differ_in_what_is_marked(tmp_path: Path) -> None:
    first = written(tmp_path / "a")
    second = written(tmp_path / "b", settings={"dimension": 16, "layers": 2}, total_seconds=9.0)
    told = settings(first, second)
    assert [one for one in told if one.differs] == [
        ManifestEntry("settings", "dimension", "8", "16", True),
        ManifestEntry("settings", "layers", None, "2", True),
    ]
    # How long it took differs always, and is told without a mark.
    assert ManifestEntry("training", "total_seconds", "1.5", "9.0", False) in told
    assert ManifestEntry("data", "users", "5", None, False) in settings(first)


def test_a_run_does_not_differ_from_itself_and_what_is_found_is_kept(
    copied: Workspace, trained: tuple[Workspace, Trained]
) -> None:
    run = find_run(copied, trained[1].run.id)
    assert kept(run, run) is None
    shares: list[float] = []
    found = compare(copied, run, run, shares.append)
    assert set(found) == set(run.manifest["test"]["ci95"])
    assert {(one.difference, one.ci95, one.p_value) for one in found.values()} == {(0, (0, 0), 1)}
    assert found["map"].cases == run.manifest["test"]["groups"]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert kept(run, run) == found
    # A run that has changed since must be compared anew.
    manifest = run.folder / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    assert kept(run, run) is None


def test_the_difference_is_that_of_the_means(copied: Workspace, trained: tuple[Workspace, Trained]) -> None:
    first = find_run(copied, trained[1].run.id)
    second = train(copied, Plan("random", {}, split="temporal-last")).run
    found = compare(copied, first, second)["map"]
    tested = [run.manifest["test"]["metrics"]["map"] for run in (first, second)]
    assert found.difference == pytest.approx(tested[0] - tested[1])
    assert found.ci95[0] <= found.difference <= found.ci95[1]
    assert found.p_value < 0.01


def test_runs_on_other_cases_are_not_compared(copied: Workspace, trained: tuple[Workspace, Trained]) -> None:
    first = find_run(copied, trained[1].run.id)
    second = train(copied, Plan("random", {}, split="random-70-10-20")).run
    with pytest.raises(DataError, match="of 24 and 63 cases the two runs have none in common"):
        compare(copied, first, second)
    second.manifest.pop("test")
    with pytest.raises(DataError, match="--resume"):
        compare(copied, first, second)
