"""The one place of this process that adds videos."""

from __future__ import annotations

from functools import lru_cache

from graphrec.api.adding import Adder
from graphrec.app.graph import store_of
from graphrec.app.settings import ExplorerSettings


@lru_cache(4)
def adder_of(settings: ExplorerSettings) -> Adder:
    """Return what adds videos to the graph that ``settings`` name."""
    return Adder(settings.workspace, store_of(settings).writing)
