"""What the relevant items of a case are ranked among, by name."""

from __future__ import annotations

import numpy as np

from graphrec.errors import ConfigError, unknown
from graphrec.ragged import Ragged
from graphrec.tasks.cases import Cases, PairCases, RankingCases

PROTOCOLS = {
    "full": "all items, without those of the user's training",
    "cold-items": "the items held out, which have no training edge",
    "within-video": "the segments of the video that the relevant ones are in",
}
SAMPLED = "sampled"
"""How a ranking can be measured beside its own protocol: see ``sampled``."""
PREDICTIONS = {"pairs": "every held-out record is predicted", "nodes": "every held-out node is predicted"}
"""Where nothing is ranked."""


def protocol_of(cases: Cases) -> str:
    """Return the name of the protocol that ``cases`` follow."""
    if not isinstance(cases, RankingCases):
        return "pairs" if isinstance(cases, PairCases) else "nodes"
    if cases.candidates is not None:
        return "within-video"
    return "full" if cases.pool is None else "cold-items"


def under(cases: Cases, name: str) -> RankingCases:
    """Return ``cases`` as the protocol ``name`` has them: under ``full`` one case per user.

    Under ``sampled`` they are those that ``sampled`` takes.

    Raises ``NotFoundError`` for an unknown name, ``ConfigError`` where the split knows no such candidates.
    """
    own = protocol_of(cases)
    if name not in (*PROTOCOLS, SAMPLED):
        raise unknown("protocol", name, [*PROTOCOLS, SAMPLED])
    if not isinstance(cases, RankingCases):
        raise ConfigError(f"this run is no ranking: it is measured by {own}, {PREDICTIONS[own]}")
    if name in (own, SAMPLED):
        return cases
    if name != "full":
        either = own if own == "full" else f"{own} or full"
        raise ConfigError(f"this split has no candidates for {name}; it is measured by {either}")
    users, case = np.unique(cases.users, return_inverse=True)
    relevant = Ragged.from_pairs(case[cases.relevant.rows], cases.relevant.indices, len(users))
    return RankingCases(users, relevant)
