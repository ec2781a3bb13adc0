"""The runs that may rank again what others propose: those that tell how likely a click is."""

from __future__ import annotations

from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace

CLICK = "click"
"""The task of runs that predict clicks."""


def rankers(workspace: Workspace, label: str) -> list[str]:
    """Return the ids of finished runs of models of clicks on ``label`` nodes, the newest first."""
    return [
        run.id
        for run in reversed(list_runs(workspace))
        if run.finished
        and run.manifest.get("task", {}).get("name") == CLICK
        and run.manifest.get("item_label") == label
    ]
