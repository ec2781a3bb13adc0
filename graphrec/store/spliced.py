"""Queries whose labels, types and properties are filled in from the schema: ``cypher/spliced``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from graphrec import schema
from graphrec.store.base import GraphStore

PARTS = ("label", "type", "then", "other", "property")


def spliced_rows(
    store: GraphStore, name: str, variable: str, properties: Sequence[schema.Property], **given: Any
) -> list[dict[str, Any]]:
    """Return the rows of ``cypher/spliced/<name>.cypher``, with the ``properties`` of ``variable``.

    Of what is ``given``, label, type, then (a type), other and property become part of the text (see ``spliced``).
    """
    parts = {part: given.pop(part) for part in PARTS if part in given}
    text = with_properties(spliced(name, **parts), variable, properties)
    found: list[dict[str, Any]] = store.read(text, **given).to_pylist()
    return found


def with_properties(text: str, variable: str, properties: Sequence[schema.Property]) -> str:
    """Return ``text`` with the ``properties`` of ``variable`` among what it returns."""
    return text.replace("{properties}", "".join(f", {variable}.`{p.name}` AS `{p.name}`" for p in properties))


def spliced(name: str, **parts: str) -> str:
    """Return the text of ``cypher/spliced/<name>.cypher`` with its label, types, other label and property filled in.

    A property is one of ``label``, or its id.

    Raises ``NotFoundError`` for what is not in the schema: Cypher takes these as text only.
    """
    text = _text(name)
    for part, value in parts.items():
        text = text.replace(f"{{{part}}}", _known(part, value, parts.get("label", "")))
    return text


def _known(part: str, value: str, label: str) -> str:
    if part in ("type", "then"):
        return schema.relationship(value).name
    if part == "property":
        return value if value == schema.KEY else schema.label(label).property(value).name
    return schema.label(value).name


@cache
def _text(name: str) -> str:
    return (files("graphrec.cypher") / "spliced" / f"{name}.cypher").read_text(encoding="utf-8")
