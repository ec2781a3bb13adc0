"""How many clicks there are among what a model of clicks learns from and is tested on."""

from __future__ import annotations

from graphrec.graph.data import Data

UNSEEN = 1
"""So many items without a record stand beside each click where every record is one."""


def share_of_clicks(data: Data) -> tuple[float, int]:
    """Return the share of clicks in what is learned from, and how many unseen items come with each record."""
    share = float(data.records.values[data.value].mean())
    return (share / (1 + UNSEEN), UNSEEN) if share == 1 else (share, 0)
