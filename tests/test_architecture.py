"""Data flow one way: a room imports what lies left of it, and nothing that lies right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import graphrec

ROOT = Path(graphrec.__file__).parent
ROOMS = (
    "media", "worlds", "store", "loading", "loaders", "graph", "models", "training", "evaluation", "serving", "interop",
    "api", "app", "cli",
)  # fmt: skip
"""From left to right. A loader is written against ``loading``, as a plug-in's is, so that its room comes after."""
SHARED = ("schema", "config", "errors", "rows", "ragged", "files", "features", "workspace")
"""Modules that all rooms may use, and which use none of them."""
OUTSIDE = ("testing", "cypher")
"""Contracts for the authors of plug-ins, which may use everything; and queries, which hold no code."""


def folder(room: str) -> Path:
    return ROOT / room if (ROOT / room).is_dir() else ROOT.parent / room


def imported(file: Path) -> Iterator[str]:
    """Yield what of graphrec a file imports, also where it does so late."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("graphrec"):
            within = (node.module or "").split(".")[1:]
            yield from within[:1] or (name.name for name in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_goes_back(room: str) -> None:
    left = {*ROOMS[: ROOMS.index(room) + 1], *SHARED}
    files = list(folder(room).rglob("*.py"))
    assert files
    assert {(file.name, name) for file in files for name in imported(file) if name not in left} == set()


def test_what_all_share_uses_no_room() -> None:
    for name in SHARED:
        assert set(imported(ROOT / f"{name}.py")) <= set(SHARED), name


def test_there_is_nothing_but_rooms_and_what_they_share() -> None:
    found = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    at_the_top = {path.name for path in ROOT.parent.iterdir() if (path / "__init__.py").exists()} - {"graphrec"}
    known = {*ROOMS, *SHARED, *OUTSIDE, "__init__", "__main__"}
    assert found | (at_the_top - {"tests"}) == known


def test_the_explorer_reads_through_serving() -> None:
    files = folder("app").rglob("*.py")
    found = {name for file in files for name in imported(file)} & set(ROOMS)
    assert found == {"app", "serving", "api", "interop", "training", "store", "loaders"}
