"""The best for a user, as they go from what ranks to what ranks again and to what varies a list."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphrec.store.base import Neighbour


@dataclass(frozen=True)
class Best:
    """The best for a user, first, without titles.

    Attributes:
        user: as in ``Recommendations``, and so are the next three.
        basis: what ranked.
        note: what is to be said of it.
        items: with their scores.
        left_out: how many candidates the run that ranked again knows nothing of.
    """

    user: str
    basis: str
    note: str
    items: list[Neighbour]
    left_out: int = 0

    def saying(self, *notes: str) -> Best:
        """Return the same with more to be said of it."""
        return replace(self, note="; ".join(filter(None, [self.note, *notes])))
