"""How all pictures of graphrec are drawn by matplotlib."""

from __future__ import annotations

from typing import Any

STYLE: Any = {
    "svg.fonttype": "none", "svg.hashsalt": "graphrec", "axes.spines.top": False, "axes.spines.right": False,
    "legend.frameon": False, "font.size": 9,
}  # fmt: skip
"""Of these pictures alone, by ``matplotlib.rc_context``: whoever uses matplotlib beside them keeps theirs."""
