"""Data flow one way: a room imports what lies left of it, and nothing that lies right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import graphrec

ROOT = Path(graphrec.__file__).parent
ROOMS = (
    ("media",),
    ("loaders",),
    ("store",),
    ("graph",),
    ("models",),
    ("training",),
    ("evaluation",),
    ("serving",),
    ("api", "interop"),
    ("app",),
    ("cli",),
)
FOLDERS = {
    name: ROOT / name if (ROOT / name).is_dir() else ROOT.parent / name for group in ROOMS for name in group
}


def imported(file: Path) -> Iterator[str]:
    """Yield what of graphrec a file imports, also where it does so late."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("graphrec"):
            within = (node.module or "").split(".")[1:]
            yield from within[:1] or (name.name for name in node.names)


@pytest.mark.parametrize("place", range(len(ROOMS)))
def test_no_import_goes_back(place: int) -> None:
    right = {name for group in ROOMS[place + 1 :] for name in group}
    files = [file for name in ROOMS[place] for file in FOLDERS[name].rglob("*.py")]
    assert files
    assert {(file.name, name) for file in files for name in imported(file) if name in right} == set()


def test_the_explorer_reads_through_serving() -> None:
    files = FOLDERS["app"].rglob("*.py")
    found = {name for file in files for name in imported(file)} & {name for group in ROOMS for name in group}
    assert found == {"app", "serving", "api", "interop", "training", "store", "loaders"}
