from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graphrec.cli import main
from graphrec.testing import command_line
from graphrec.testing.command_line import CommandResult

Run = Callable[..., CommandResult]
LoadCommand = Callable[[Path, Path], tuple[str | Path, ...]]


@pytest.fixture(scope="session")
def graphrec() -> Run:
    """Run the command line as a user does, in a process of its own."""
    return command_line.graphrec


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRAPHREC_WORKSPACE", raising=False)

    def run(*arguments: str | Path) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["graphrec", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        told = capsys.readouterr()
        return CommandResult(int(stop.value.code or 0), told.out, told.err)

    return run


@pytest.fixture(scope="session")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two camps of users, each with its own half of the items."""
    rng = np.random.default_rng(0)
    lines = ["user,item,rating,time"]
    for user in range(60):
        items = rng.choice(20, 8, replace=False) + 20 * (user % 2)
        lines += [
            f"u{user},i{item},{rng.choice([4.0, 4.5, 5.0])},{1_000 + user * 50 + item}" for item in items
        ]
    path = tmp_path_factory.mktemp("data") / "ratings.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def load_command() -> LoadCommand:
    """Return the arguments that load a file of ratings into a workspace."""

    def command(file: Path, workspace: Path) -> tuple[str | Path, ...]:
        return ("load", "table", file, "--rels", "RATED", "--from", "User:user", "--to", "Item:item",
                "--property", "rating", "--property", "at:time", "--workspace", workspace)  # fmt: skip

    return command


@pytest.fixture(scope="session")
def workspace(
    graphrec: Run, load_command: LoadCommand, ratings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A workspace with the ratings loaded and TransGRec trained and published."""
    folder = tmp_path_factory.mktemp("workspace") / "w"
    loaded = graphrec(*load_command(ratings, folder))
    assert loaded.code == 0, loaded.err
    trained = graphrec(
        "train",
        "--model",
        "transgrec",
        "--set",
        "epochs=30",
        "--set",
        "dimension=16",
        "--set",
        "learning_rate=0.02",
        "--split",
        "random-70-10-20",
        "--workspace",
        folder,
    )
    assert trained.code == 0, trained.err
    return folder
