"""A run's split and cases as files: read back, they are what it trained on and was measured by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.api.export_run import export_cases, export_split
from graphrec.api.train import Plan, train
from graphrec.errors import DataError, NotFoundError
from graphrec.graph.projection import PROJECTIONS
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.planted import planted
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = Workspace(tmp_path_factory.mktemp("exported"))
    shot = planted(PROJECTIONS["ratings"].asking(values=("rating",)))
    records = shot.records
    users, items = shot.users.take(records.user), shot.items.take(np.asarray(records.item))
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": shot.users.values}))
        store.write_nodes("Item", pa.table({"id": shot.items.values}))
        at = 1_600_000_000_000 + np.arange(len(users)) * 1000
        edges = {"from": users, "to": items, "rating": records.values["rating"], "at": at}
        store.write_relationships("RATED", "User", "Item", pa.table(edges))
    return folder


def test_the_split_is_what_trained_and_tested(workspace: Workspace, tmp_path: Path) -> None:
    trained = train(workspace, Plan("popularity", {}, where=["rating>=3"], baselines=False))
    path = tmp_path / "split.parquet"
    rows = export_split(workspace, trained.run.id, path)
    table, parts = pq.read_table(path).to_pandas(), trained.loaded.split
    assert table.columns.tolist() == ["user", "item", "part", "rating", "at"]
    assert rows == table["part"].value_counts().reindex(["train", "valid", "test"]).to_dict()
    assert rows["train"] == len(parts.data.records)
    assert rows["test"] == len(parts.test.relevant.indices)
    assert (table["rating"] >= 3).all()
    assert not table.duplicated(["user", "item"]).any()
    # What is tested of a user is the last of all.
    last = table.sort_values("at").groupby("user").tail(1)
    assert set(table[table["part"] == "test"]["user"]) <= set(last[last["part"] == "test"]["user"])
    with pytest.raises(DataError, match=r"split\.parquet"):
        export_split(workspace, trained.run.id, path)
    with pytest.raises(NotFoundError):
        export_split(workspace, "none", tmp_path / "other.parquet")


def test_pairs_have_the_values_that_were_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    trained = train(workspace, Plan("bias", {}, baselines=False))
    export_split(workspace, trained.run.id, tmp_path / "split.parquet")
    table = pq.read_table(tmp_path / "split.parquet").to_pandas()
    assert table[table["part"] == "test"]["rating"].tolist() == trained.loaded.split.test.targets.tolist()
    export_cases(workspace, trained.run.id, tmp_path / "cases.parquet")
    assert pq.read_table(tmp_path / "cases.parquet").column_names[:2] == ["user", "item"]


def test_the_mean_over_cases_is_the_metric(workspace: Workspace, tmp_path: Path) -> None:
    trained = train(workspace, Plan("popularity", {}, baselines=False))
    count = export_cases(workspace, trained.run.id, tmp_path / "cases.parquet")
    table = pq.read_table(tmp_path / "cases.parquet").to_pandas()
    assert len(table) == count == trained.test.groups
    for name in ("recall@20", "ndcg@10", "map"):
        assert table[name].mean() == pytest.approx(trained.test.metrics[name])
    user, relevant = table.iloc[0][["user", "relevant"]]
    shot, cases = trained.loaded.snapshot, trained.loaded.split.test
    assert user == shot.users[int(cases.users[0])]
    assert list(relevant) == shot.items.take(cases.relevant[0])
