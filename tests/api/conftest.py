from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


def write_likes(folder: Path) -> Workspace:
    """Two camps of 40 users each, who like 8 of their own 20 items."""
    workspace = Workspace(folder)
    rng = np.random.default_rng(0)
    pairs = [(f"u{user}", f"i{item + 20 * (user % 2)}") for user in range(80) for item in rng.permutation(20)[:8]]
    users, items = zip(*pairs, strict=True)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": sorted(set(users))}))
        store.write_nodes("Item", pa.table({"id": sorted(set(items))}))
        store.write_relationships("LIKED", "User", "Item", pa.table({"from": users, "to": items}))
    return workspace


@pytest.fixture
def likes(tmp_path: Path) -> Workspace:
    return write_likes(tmp_path / "likes")
