"""Data flow one way: a room imports what lies left of it, and nothing that lies right."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import graphrec

ROOT = Path(graphrec.__file__).parent
ROOMS = (
    "media", "worlds", "store", "loading", "loaders", "graph", "tasks", "learning", "models", "training",
    "evaluation", "serving", "serving/explore", "interop", "api", "app", "cli",
)  # fmt: skip
"""From left to right. A loader is written against ``loading``, as a plug-in's is, so that its room comes after."""
SHARED = (
    "schema", "config", "errors", "rows", "ragged", "files", "arrays", "features", "workspace", "settings", "keys",
    "times", "properties", "same", "comparison", "truth", "weights",
)  # fmt: skip
"""Modules that all rooms may use, and which use none of them."""
OUTSIDE = ("testing", "cypher")
"""Contracts for the authors of plug-ins, which may use everything; and queries, which hold no code."""


def folder(room: str) -> Path:
    return ROOT / room if (ROOT / room).is_dir() else ROOT.parent / room


def files_of(room: str) -> list[Path]:
    """Return a room's files, but not those of a room inside it."""
    inner = [folder(other) for other in ROOMS if other.startswith(f"{room}/")]
    return [file for file in folder(room).rglob("*.py") if not any(map(file.is_relative_to, inner))]


def room_of(module: Sequence[str]) -> str:
    inner = "/".join(module[:2])
    return inner if inner in ROOMS else module[0]


def imported(file: Path) -> Iterator[str]:
    """Yield from which rooms, and which modules outside of them, a file imports, also where it does so late."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("graphrec"):
            within = (node.module or "").split(".")[1:]
            yield from (room_of([*within, name.name]) for name in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_goes_back(room: str) -> None:
    left = {*ROOMS[: ROOMS.index(room) + 1], *SHARED}
    files = files_of(room)
    assert files
    assert {(file.name, name) for file in files for name in imported(file) if name not in left} == set()


def test_what_all_share_uses_no_room() -> None:
    for name in SHARED:
        assert set(imported(ROOT / f"{name}.py")) <= set(SHARED), name


def test_there_is_nothing_but_rooms_and_what_they_share() -> None:
    found = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    at_the_top = {path.name for path in ROOT.parent.iterdir() if (path / "__init__.py").exists()} - {"graphrec"}
    known = {*(room.partition("/")[0] for room in ROOMS), *SHARED, *OUTSIDE, "__init__", "__main__"}
    assert found | (at_the_top - {"tests"}) == known


def test_the_explorer_reads_through_serving() -> None:
    files = folder("app").rglob("*.py")
    found = {name for file in files for name in imported(file)} & set(ROOMS)
    assert found == {"app", "serving", "serving/explore", "api", "interop", "training", "store", "loaders"}
