"""Runs of different days are compared on the cases that both have."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.api.evaluate import Evaluated, evaluate_run
from graphrec.api.train import Plan, train
from graphrec.errors import DataError
from graphrec.serving.explore.significance import compare, kept
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS = 30, 12


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = Workspace(tmp_path)
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{u}" for u in range(USERS)]}))
        store.write_nodes("Item", pa.table({"id": [f"i{i}" for i in range(ITEMS)]}))
    view(folder, [(f"u{u}", f"i{(u * 5 + step) % ITEMS}", step) for u in range(USERS) for step in range(6)])
    return folder


def view(workspace: Workspace, rows: list[tuple[str, str, int]]) -> None:
    users, items, at = (list(column) for column in zip(*dict.fromkeys(rows), strict=True))
    pairs = pa.table({"from": users, "to": items, "at": at}).group_by(["from", "to"]).aggregate([("at", "min")])
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_relationships("VIEWED", "User", "Item", pairs.rename_columns(["from", "to", "at"]))


def add_item(workspace: Workspace, item: str) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        # It sorts first, so that every position moves.
        store.write_nodes("Item", pa.table({"id": [item]}))


def trained(workspace: Workspace, model: str, **given: object) -> Evaluated:
    return evaluate_run(workspace, train(workspace, Plan(model, given, split="temporal-last")).run.id, cuts=[5])


def test_the_same_cases_are_all_compared(workspace: Workspace) -> None:
    first, second = trained(workspace, "popularity"), trained(workspace, "random")
    found = first.against(second)
    assert (found.cases, found.of, found.alike) == (USERS, (USERS, USERS), USERS)
    assert found.said() == f"the same {USERS} cases"
    for name, test in found.metrics.items():
        alone = first.evaluation.against(second.evaluation, name)
        assert (test.difference, test.p_value, test.cases) == (alone.difference, alone.p_value, alone.cases)


def test_on_another_day_what_both_have_counts(workspace: Workspace) -> None:
    before = trained(workspace, "popularity")
    # Ten users have something new, which is what they are asked for now.
    view(workspace, [(f"u{u}", f"i{(u * 5 + 7) % ITEMS}", 100) for u in range(10)])
    after = trained(workspace, "popularity")
    found = after.against(before)
    assert (found.cases, found.of) == (USERS - 10, (USERS, USERS))
    # Which records validate is drawn anew, and so some users have others in training.
    assert 0 < found.alike <= USERS - 10
    assert found.said().startswith("the 20 cases that both have, of 30 and 30")
    same = [user >= 10 for user in range(USERS)]
    order = sorted(f"u{u}" for u in range(USERS))
    rows = [at for at, user in enumerate(order) if same[int(user[1:])]]
    difference = (after.evaluation.values["map"][rows] - before.evaluation.values["map"][rows]).mean()
    assert found.metrics["map"].difference == pytest.approx(difference)
    add_item(workspace, "a-new-item")
    later = trained(workspace, "popularity").against(before)
    assert (later.cases, later.alike) == (20, 0)
    assert later.said() == "the 20 cases that both have, of 30 and 30; 20 are ranked among other candidates"


def test_the_explorer_compares_them_too(workspace: Workspace) -> None:
    before = trained(workspace, "random")
    view(workspace, [(f"u{u}", f"i{(u * 5 + 7) % ITEMS}", 100) for u in range(10)])
    after = trained(workspace, "popularity")
    found = compare(workspace, after.run, before.run)
    assert {(one.cases, one.of) for one in found.values()} == {(20, (30, 30))}
    assert kept(after.run, before.run) == found


def test_where_nothing_is_common_it_is_refused(workspace: Workspace) -> None:
    before = trained(workspace, "popularity")
    view(workspace, [(f"u{u}", f"i{(u * 5 + 7) % ITEMS}", 100) for u in range(USERS)])
    with pytest.raises(DataError, match="of 30 and 30 cases the two runs have none in common"):
        trained(workspace, "popularity").against(before)
    cold = train(workspace, Plan("popularity", {}, split="cold-items")).run.id
    with pytest.raises(DataError, match=r"by the protocol full, .* by cold-items; --protocol full"):
        before.against(evaluate_run(workspace, cold))
