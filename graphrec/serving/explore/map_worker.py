"""The process that makes a map: ``python -m graphrec.serving.explore.map_worker WORKSPACE METHOD SEED NAME``.

It reads the vectors, in numpy's format, and leaves the map in the workspace under its name.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import numpy as np

from graphrec.serving.explore.map_files import keep
from graphrec.serving.explore.maps import layout
from graphrec.serving.explore.work import Teller, work
from graphrec.workspace import Workspace


def make(given: bytes, tell: Teller) -> None:
    """Make the map that the command line asks for."""
    root, method, seed, name = sys.argv[1:]
    vectors = np.load(BytesIO(given), allow_pickle=False)
    places = layout(vectors, method, int(seed), tell)
    keep(Workspace(Path(root)), name, places)


if __name__ == "__main__":
    work(make)
