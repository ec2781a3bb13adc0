"""Models of clicks on the command line: calibrated, ranking again, and explained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.features import FeatureStore
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Ratings of items by three uploaders, of one of which nobody knows it, that look and sound like something."""
    folder, rng = Workspace(tmp_path / "w"), np.random.default_rng(0)
    users, items = [f"u{n}" for n in range(24)], [f"i{n}" for n in range(30)]
    rows = [(user, item, float(rng.integers(1, 6))) for user in users for item in rng.permutation(items)[:12]]
    starts, ends, rating = zip(*rows, strict=True)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": users}))
        uploaders = [None if n == 0 else "abc"[n % 3] for n in range(30)]
        store.write_nodes("Item", pa.table({"id": items, "uploader": uploaders}))
        store.write_relationships("RATED", "User", "Item", pa.table({"from": starts, "to": ends, "rating": rating}))
    for name in ("look", "sound"):
        vectors = rng.normal(size=(29, 4)).astype(np.float32)
        FeatureStore(folder.features).write(name, "Item", items[:29] if name == "look" else items[1:], vectors)
    return folder.root


def test_from_training_to_reasons(typed, workspace: Path) -> None:
    at = ("--workspace", workspace, "--json")
    split = ("--split", "random-70-10-20", "--device", "cpu", "--no-baselines")
    assert typed("train", "--model", "bpr", "--set", "epochs=3", *split, *at).code == 0
    done = typed(
        "train", "--model", "fm", "--calibrate", "platt", "--set", "modalities=guided", "--set", "epochs=3", *split, *at
    )
    assert done.code == 0, done.err
    run = json.loads(done.out)["run"]
    assert any("calibrated (platt)" in one for one in json.loads(done.out)["account"]["sentences"])
    rules = ("--rank-by", run, "--diversity", "0.2", "--at-most", "1", "--of", "uploader")
    found = json.loads(typed("recommend", "u3", "--include-seen", *rules, *at).out)
    assert found["variety"] == {"diversity": 0.2, "at_most": 1, "of": "uploader"}
    assert found["basis"] == run
    assert len(found["items"]) in (3, 4)
    assert "at most 1 of one uploader among" in found["note"]
    assert typed("recommend", "--all-users", "--to", "lists.parquet", *rules, *at).code == 0
    for item, missing in (("i5", []), ("i29", ["look"])):
        told = json.loads(typed("explain", "u3", item, "--run", run, *at).out)
        assert told["run"] == run
        assert 0 < told["score"] < 1
        assert told["modalities"]["missing"] == missing
        assert sum(told["modalities"]["here"].values()) == pytest.approx(1)
    shown = typed("explain", "u3", "i29", "--run", run, "--workspace", workspace)
    assert "look does not describe it" in " ".join(shown.out.split())
    assert "counts here" in shown.out


@pytest.mark.parametrize(
    ("given", "said"),
    [(("--at-most", "2"), "at most how many of what"), (("--of", "uploader"), "at most how many of what"),
     (("--diversity", "2"), "diversity"), (("--at-most", "2", "--of", "uploadr"), "uploader")],
)  # fmt: skip
def test_what_is_no_rule_is_said(typed, workspace: Path, given: tuple[str, ...], said: str) -> None:
    found = typed("recommend", "u3", *given, "--workspace", workspace)
    assert found.code in (1, 2)
    assert said in found.err
