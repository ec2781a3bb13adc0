"""The explorer's long work: one registry for all sessions of this process."""

from __future__ import annotations

from functools import lru_cache

from graphrec.serving.explore.background import Background


@lru_cache(1)
def background() -> Background:
    """Return the work that goes on behind the pages."""
    return Background()
