"""The words of comments in a graph that has none."""

from __future__ import annotations

from pathlib import Path

from graphrec.serving.explore.said import said
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.older_graph import drop_columns
from graphrec.workspace import Workspace


def test_in_a_graph_of_an_older_graphrec_nothing_is_said(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
    drop_columns(workspace, [("Comment", "words"), ("Comment", "moment_s"), ("Comment", "left_out")])
    with closing(LadybugStore(workspace)) as older:
        assert said(older, "v", 1.0, [2]) == {2: [[], []]}
