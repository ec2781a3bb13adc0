"""One job on both databases: the same rows, the same snapshot, the same metrics, the same recommendations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphrec.api.train import Plan, train
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.workspace import Workspace

RATINGS = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating", "at:time"])


@dataclass(frozen=True)
class Done:
    """What came of the job."""

    tallies: dict[str, Any]
    counts: dict[str, int]
    snapshot: str
    history: list[float]
    metrics: dict[str, float]
    items: list[str]
    scores: list[float]


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    pairs = np.argwhere(
        rng.random((80, 50)) < np.where(np.arange(80)[:, None] % 2 == np.arange(50) % 2, 0.4, 0.05)
    )
    rows = [f"u{u},i{i},{rng.integers(3, 6)},{time}\n" for time, (u, i) in enumerate(rng.permutation(pairs))]
    path = tmp_path / "ratings.csv"
    path.write_text("user,item,rating,time\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture(params=["neo4j_server", "neo4j_newer"])
def uri(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    server: Neo4jServer = request.getfixturevalue(request.param)
    server.empty()
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(server.password_file))
    return server.uri


def job(workspace: Workspace, ratings: Path, uri: str | None) -> Done:
    with closing(open_store(workspace, uri, write=True)) as store:
        report = load(store, TableLoader(), [ratings], RATINGS, workspace)
    plan = Plan("transgrec", {"epochs": 3, "dimension": 8}, split="temporal-last")
    trained = train(workspace, plan, store=uri)
    with closing(open_store(workspace, uri, write=True)) as store:
        publish(store, load_run(workspace, trained.run))
    with closing(open_store(workspace, uri)) as store:
        ranking = recommend(store, workspace, Request("u7", k=5))
        counts = store.counts()
    manifest = trained.run.manifest
    return Done(
        {name: vars(tally) for name, tally in report.tallies.items()},
        counts,
        manifest["snapshot"],
        [manifest["best"], manifest["best_epoch"]],
        dict(trained.test.metrics),
        [item.id for item in ranking.items],
        [item.score for item in ranking.items],
    )


@pytest.mark.neo4j
def test_the_same_job_on_both_databases(ratings: Path, uri: str, tmp_path: Path) -> None:
    here = job(Workspace(tmp_path / "here"), ratings, None)
    there = job(Workspace(tmp_path / "there"), ratings, uri)
    assert here.items
    assert here.counts["RATED"] > 500
    assert there.scores == pytest.approx(here.scores, rel=1e-5)
    for name in ("tallies", "counts", "snapshot", "history", "metrics", "items"):
        assert getattr(there, name) == getattr(here, name)
