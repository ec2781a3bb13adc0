"""The best for a user, as they go from what ranks to what ranks again and to what varies a list."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphrec.store.base import Neighbour


@dataclass(frozen=True)
class Best:
    """The best for a user, first, without titles; the attributes are those of ``Recommendations``."""

    user: str
    basis: str
    note: str
    items: list[Neighbour]

    def saying(self, *notes: str) -> Best:
        """Return the same with more to be said of it."""
        return replace(self, note="; ".join(filter(None, [self.note, *notes])))
