"""graphrec's own queries in the embedded database's words, where it calls a function by another name."""

from __future__ import annotations


def in_its_words(text: str) -> str:
    """Return one of graphrec's own queries with the functions by the embedded database's names."""
    return text.replace("type(", "label(")
