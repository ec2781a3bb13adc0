"""``graphrec compare``: on the screen, as files, after Ctrl-C."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from graphrec.testing.command_line import begin

COMPARE = ("compare", "random", "ease", "--split", "random-70-10-20", "--seeds", "0,1")
CUT = """
import os, signal
import graphrec.api.cells as cells
train, trained = cells.train_on, []
def cut(*given, **named):
    if len(trained) == 2:
        os.kill(os.getpid(), signal.SIGINT)
    trained.append(1)
    return train(*given, **named)
cells.train_on = cut
"""


@pytest.fixture(scope="module")
def loaded(graphrec, load_command, ratings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared") / "w"
    assert graphrec(*load_command(ratings, folder)).code == 0
    return folder


def test_what_ctrl_c_ended_is_gone_on_with_and_printed_in_every_form(typed, loaded: Path, tmp_path: Path) -> None:
    with begin(*COMPARE, "-w", loaded, before=CUT) as running:
        ended = running.end()
    assert ended.code == 130
    (study,) = (path.name for path in loaded.glob("studies/compare-*"))
    assert ended.err.splitlines()[-1] == (
        f"stopped; what was finished is kept, `graphrec compare --resume {study}` goes on"
    )
    assert "run 1 of 4: random, fold 0, seed 0\n" in ended.err
    assert "run 2 of 4: random, fold 0, seed 1; about" in ended.err
    again = ("compare", "--resume", study, "-w", loaded)
    early = typed(*again, "--so-far")
    assert early.code == 1
    assert early.err.splitlines()[-1].startswith("error: fewer than two models of compare-")
    done = typed(*again, "--picture", tmp_path / "p.svg")
    assert done.code == 0, done.err
    assert "run 2 of 4" not in done.err
    assert "run 4 of 4: ease, fold 0, seed 1; about" in done.err
    assert "< .001" in done.out
    assert "The same cases for all, of " in done.out
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").count("<svg ") == 1
    told = typed(*again, "--json").json
    assert told == json.loads(typed(*again, "--format", "json").out)
    assert (told["id"], list(told["runs"])) == (study, ["random", "ease"])
    best = typed(*again, "--format", "csv", "--reference", "best", "--metric", "map")
    assert best.out.splitlines()[2].startswith("map,ease,2,")
    assert best.out.splitlines()[2].endswith(",,,")
    assert typed(*again, "--format", "latex").out.startswith("\\begin{table}")


def test_study_says_how_to_go_on_too(loaded: Path) -> None:
    study = ("study", "-m", "ease", "--split", "random-70-10-20", "--seeds", "0,1,2")
    with begin(*study, "-w", loaded, before=CUT) as running:
        ended = running.end()
    assert ended.code == 130 == 128 + signal.SIGINT
    (name,) = (path.name for path in loaded.glob("studies/ease-*"))
    assert f"`graphrec study --resume {name}` goes on" in ended.err


def test_slips_are_one_clear_line(typed, loaded: Path) -> None:
    for arguments, code, told in (
        ([], 2, "compare what?"),
        (["ease", "eas"], 1, "did you mean 'ease'"),
        (["ease", "random", "--seeds", "x"], 2, "--seeds takes whole numbers"),
        (["ease", "random", "--picture", "p.pdf"], 1, "a picture is .svg or .png"),
        (["--resume", "compare-x"], 1, "no study named 'compare-x'"),
        (["ease", "--resume", "compare-x", "--tune", "3"], 2, "compare-x as it began: leave out ease, --tune"),
        (["ease", "random", "--so-far"], 2, "name it with --resume"),
        (["ease", "random", "--in-folds", "2"], 2, "say how many with --tune"),
        (["ease", "random", "--tune", "2", "--in-folds", "2"], 1, "is for the splits cold-items, random-k-fold"),
        (["ease", "vbpr", "--tune", "2"], 1, "needs features"),
    ):
        asked = typed("compare", *arguments, "-w", loaded)
        assert (asked.code, asked.err.count("\n")) == (code, 1), asked
        assert told in asked.err
