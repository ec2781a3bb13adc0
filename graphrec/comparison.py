"""How people write a comparison: ``rating>=4``, ``event=like``, ``kind != ad``."""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r"\s*([^=<>]+?)\s*(!=|>=|<=|==|=|>|<)\s*(.*?)\s*", re.S)


class Comparison(NamedTuple):
    """What is compared, by which of ==, !=, >=, <=, > and <, and with what."""

    name: str
    sign: str
    value: str


def comparison(text: str) -> Comparison | None:
    """Read a comparison, in which = is ==; None for a text that is none."""
    found = _FORM.fullmatch(text)
    return found and Comparison(found[1], "==" if found[2] == "=" else found[2], found[3])
