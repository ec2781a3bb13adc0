"""The account of a training, printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console


def print_account(account: Mapping[str, Any], console: Console) -> None:
    """Print an account as a manifest has it; a verdict that speaks against publishing is red."""
    *said, verdict = account["sentences"]
    for sentence in said:
        console.print(sentence, markup=False, soft_wrap=True)
    bad = account["verdict"]["bad"]
    console.print(verdict, markup=False, soft_wrap=True, style="red" if bad else "bold")
