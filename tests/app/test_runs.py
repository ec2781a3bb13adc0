"""The page of runs without a browser, on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app import settings
from graphrec.app.graph import store_of
from graphrec.app.settings import ExplorerSettings
from graphrec.app.text import plain
from graphrec.testing.limits import until
from graphrec.training.runs import Run, list_runs
from graphrec.workspace import Workspace

Page = Callable[..., AppTest]


@pytest.fixture
def runs(shown: ExplorerSettings) -> list[Run]:
    """The world's two runs, which differ in their seeds."""
    return list_runs(shown.workspace)


@pytest.fixture
def copied(
    shown: ExplorerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Page
) -> Iterator[Workspace]:
    """The world's runs in a workspace of their own, to be changed; ``page`` shows that one."""
    for part in ("runs", "snapshots"):
        shutil.copytree(shown.workspace.root / part, tmp_path / part)
    moved = ExplorerSettings(Workspace(tmp_path), shown.store)
    monkeypatch.setattr(settings, "_used", moved)
    yield moved.workspace
    store_of(moved).close()


def charts(app: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_all_runs_are_listed_the_newest_first_with_what_is_published(page: Page, runs: list[Run]) -> None:
    table = page("runs").dataframe[0].value
    assert table["run"].tolist() == [runs[1].id, runs[0].id]
    assert table["state"].tolist() == ["published as other", "published as transgrec"]
    assert table["seed"].tolist() == [1, 0]
    assert table["on test"].tolist() == [run.manifest["test"]["metrics"]["map"] for run in reversed(runs)]


def test_what_the_manifest_says_is_shown(page: Page, runs: list[Run]) -> None:
    run = runs[0]
    app = page("runs", run=run.id)
    test = run.manifest["test"]
    assert app.metric[0].label == "MAP"
    assert app.metric[0].value == f"{test['metrics']['map']:.4f}"
    figures = page("runs", run=run.id, tab="Test").dataframe[1].value
    low, high = test["ci95"]["ndcg@5"]
    told = dict(zip(figures["metric"], figures[run.id], strict=True))
    assert told["NDCG@5"] == f"{test['metrics']['ndcg@5']:.4f} ({low:.4f} to {high:.4f})"
    groups = page("runs", run=run.id, tab="Users").dataframe[1].value
    assert groups["training records"].tolist() == ["none", "fewer than 8", "8 to 15", "16 and more"]
    by_records = [test["cold"], *test["buckets"].values()]
    assert groups["cases"].tolist() == [bucket["groups"] for bucket in by_records]
    loss, valid = charts(app)
    assert len(loss["data"]) == 1
    # The validation metric, and the star at its best epoch.
    assert [curve["mode"] for curve in valid["data"]] == ["lines", "markers"]
    assert valid["data"][1]["x"] == [run.manifest["best_epoch"]]


def test_the_account_of_a_run_is_shown_with_its_verdict(page: Page, runs: list[Run]) -> None:
    account = runs[0].manifest["account"]
    app = page("runs", run=runs[0].id, tab="Test")
    *said, verdict = account["sentences"]
    assert [box.value for box in (app.warning if account["verdict"]["bad"] else app.info)] == [plain(verdict)]
    assert "\n".join(f"- {plain(sentence)}" for sentence in said) in [text.value for text in app.markdown]


def test_two_runs_are_compared(page: Page, runs: list[Run]) -> None:
    first, second = runs
    app = page("runs", run=first.id, against=second.id)
    maps = [run.manifest["test"]["metrics"]["map"] for run in runs]
    assert app.metric[0].delta == f"{maps[0] - maps[1]:+.4f}"
    loss = charts(app)[0]
    assert [str(curve["name"]).split(":")[0] for curve in loss["data"]] == [first.id, second.id]
    app = page("runs", run=first.id, against=second.id, tab="Settings")
    table = app.dataframe[-1].value
    assert ("options", "seed", "0", "1") in list(
        zip(table["part"], table["name"], table[first.id], table[second.id], strict=True)
    )
    assert set(table["differs"]) == {"differs"}
    app.toggle(key="differs").set_value(False).run()
    assert len(app.dataframe[-1].value) > len(table)


def test_the_metric_of_the_groups_can_be_chosen(page: Page, runs: list[Run]) -> None:
    app = page("runs", run=runs[0].id, tab="Users", metric="NDCG@5")
    found = app.dataframe[1].value["NDCG@5"].tolist()
    test = runs[0].manifest["test"]
    assert found == [bucket["metrics"]["ndcg@5"] for bucket in (test["cold"], *test["buckets"].values())]


@pytest.mark.parametrize("shown", ["ladybug"], indirect=True)
def test_significance_is_tested_in_the_background_and_kept(
    runs: list[Run], page: Page, copied: Workspace
) -> None:
    first, second = (run.id for run in runs)
    app = page("runs", run=first, against=second, tab="Test")
    (button,) = (button for button in app.button if button.label == "Test significance")
    button.click().run()

    def tested() -> list[Any]:
        app.run()
        assert not app.exception
        assert not app.error
        return [table.value for table in app.dataframe if "p" in table.value]

    found = until(tested)[0]
    maps = [run.manifest["test"]["metrics"]["map"] for run in runs]
    assert found["difference"][0] == pytest.approx(maps[0] - maps[1])
    again = page("runs", run=first, against=second, tab="Test")
    assert not [button for button in again.button if button.label == "Test significance"]


def test_what_was_tested_beside_has_a_table_of_its_own(runs: list[Run], page: Page, copied: Workspace) -> None:
    told = runs[0].manifest
    beside = {"split": "given", "test": {"groups": 3, "metrics": {"ndcg@10": 0.25}, "ci95": {}, "buckets": {}}}
    manifest = {**told, "also": {"frame-likes": beside}}
    (copied.runs / runs[0].id / "manifest.json").write_text(json.dumps(manifest))
    app = page("runs", run=runs[0].id, tab="Test")
    assert [one.value for one in app.subheader] == [f"Also {plain('frame-likes')}"]
    table = app.dataframe[-1].value
    assert table["metric"].tolist() == ["NDCG@10"]
    assert table[runs[0].id].tolist() == ["0.2500"]


def test_an_unfinished_run_says_how_to_go_on(runs: list[Run], page: Page, copied: Workspace) -> None:
    folder = copied.runs / runs[0].id
    manifest = {key: value for key, value in runs[0].manifest.items() if key != "test"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    app = page("runs", run=runs[0].id, against=runs[1].id, tab="Test")
    assert app.code[0].value.startswith(f"graphrec train --resume {runs[0].id} -w {copied.root}")
    assert "not finished" in app.dataframe[0].value["state"].tolist()
    assert "must be finished" in " ".join(one.value for one in app.caption)


def test_without_a_graph_runs_are_shown_all_the_same(
    page: Page, copied: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(copied))
    app = page("runs")
    assert not app.error
    assert app.dataframe[0].value["state"].tolist() == ["finished", "finished"]
