"""How words of texts are told apart."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """At spaces, where the script changes, or in overlapping pairs of characters."""

    SPACED = "spaced"
    JAPANESE = "japanese"
    CHINESE = "chinese"
