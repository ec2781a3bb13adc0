"""What ranking leaves behind: all that metrics need."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec.ragged import Ints, Ragged


@dataclass(frozen=True)
class Rankings:
    """Where the relevant items of each case came.

    Attributes:
        users: int64 [cases].
        ranks: ranks of the case's relevant items among its candidates, from 1, ascending.
        items: the case's best items, best first; as many as were asked for and exist.
        candidates: int64 [cases], how many items were ranked.
        catalogue: how many different items were candidates in any case.
    """

    users: Ints
    ranks: Ragged
    items: Ragged
    candidates: Ints
    catalogue: int

    def __len__(self) -> int:
        return len(self.users)

    @property
    def relevant(self) -> Ints:
        """int64 [cases]: how many items were to be found."""
        return self.ranks.lengths
