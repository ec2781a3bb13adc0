"""What ``doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is as it should be, what it is, its state, and the cure."""

    ok: bool
    what: str
    state: str
    cure: str = ""
