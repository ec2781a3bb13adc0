"""The process that compares runs: ``python -m graphrec.serving.explore.significance_worker WORKSPACE RUN AGAINST``."""

from __future__ import annotations

import sys
from pathlib import Path

from graphrec.serving.explore.significance import compare
from graphrec.serving.explore.work import Teller, work
from graphrec.training.runs import find_run
from graphrec.workspace import Workspace


def make(given: bytes, tell: Teller) -> None:
    """Compare the runs that the command line names."""
    workspace = Workspace(Path(sys.argv[1]))
    first, second = (find_run(workspace, name) for name in sys.argv[2:4])
    compare(workspace, first, second, tell)


if __name__ == "__main__":
    work(make)
