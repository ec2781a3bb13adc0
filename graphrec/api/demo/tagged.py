"""Items with tags, and likes of them, loaded as a user would: two tables, and a feature matrix of each kind of tag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphrec.api.demo.world import Say
from graphrec.api.describe import describe
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace


def load_tagged(
    store: GraphStore, workspace: Workspace, items: Path, likes: Path, tags: Sequence[str], say: Say, *, split: bool
) -> None:
    """Load items and likes, and describe the items by each of ``tags``, columns of lists.

    With ``split`` the likes say what trains, validates and tests. The matrices are called ``item-`` and the column.
    """
    say("loading items and likes")
    listed = [f"{name}:list:|" for name in tags]
    load(store, TableLoader(), [items], TableOptions(nodes="Item:id", property=["title", *listed]), workspace)
    liked = TableOptions(
        rels="LIKED", from_="User:user", to="Item:item", property=["split"] if split else []
    )
    load(store, TableLoader(), [likes], liked, workspace)
    say(f"describing items by {', '.join(tags)}")
    for name in tags:
        describe(store, workspace, f"Item.{name}")
