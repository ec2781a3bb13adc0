"""Queries whose labels, types and properties are filled in from the schema: ``cypher/interop``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from graphrec import schema
from graphrec.store.base import GraphStore

PARTS = ("label", "type", "other")


def spliced_rows(
    store: GraphStore, name: str, variable: str, properties: Sequence[schema.Property], **given: Any
) -> list[dict[str, Any]]:
    """Return the rows of ``cypher/interop/<name>.cypher``, with the ``properties`` of ``variable``.

    Of what is ``given``, label, type and other (a label) become part of the text: they must be the schema's own.
    """
    columns = "".join(f", {variable}.`{p.name}` AS `{p.name}`" for p in properties)
    parts = {part: given.pop(part, "") for part in PARTS}
    text = spliced(name, **parts).replace("{properties}", columns)
    found: list[dict[str, Any]] = store.query(text, **given).to_pylist()
    return found


def spliced(name: str, **parts: str) -> str:
    """Return the text of ``cypher/interop/<name>.cypher`` with names of the schema filled in."""
    text = _text(name)
    for part, value in parts.items():
        text = text.replace(f"{{{part}}}", value)
    return text


@cache
def _text(name: str) -> str:
    return (files("graphrec.cypher") / "interop" / f"{name}.cypher").read_text(encoding="utf-8")
