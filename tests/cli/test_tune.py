"""``graphrec tune``: on the screen, killed, in two terminals."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from graphrec.testing.command_line import Running, begin
from graphrec.testing.limits import until

TUNE = ("tune", "bpr", "--split", "random-70-10-20", "--set", "dimension=4", "--set", "epochs=6", "--over", "l2",
        "--over", "learning_rate", "--seeds", "0")  # fmt: skip
TOGETHER = """
import graphrec.api.search as search
import os, time
from pathlib import Path
make = search._try
def wait(*given):
    folder = Path(given[0].study._storage._backend._file_path).parent
    (folder / f"began-{os.getpid()}").touch()
    while len(list(folder.glob("began-*"))) < 2:
        time.sleep(0.02)
    return make(*given)
search._try = wait
"""
STUCK = """
import graphrec.api.search as search
import time
train, begun = search.run_training, []
def stick(*given, **named):
    begun.append(1)
    if len(begun) == 2:
        given[4](search.Epoch(1, {}, {named["judge"].metric: 0.5}, 1.0, 1.0), 6)
        print("stuck", flush=True)
        time.sleep(3600)
    return train(*given, **named)
search.run_training = stick
"""


@pytest.fixture(scope="module")
def loaded(graphrec, load_command, ratings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned") / "w"
    assert graphrec(*load_command(ratings, folder)).code == 0
    return folder


def studies(workspace: Path) -> set[str]:
    return {path.name for path in workspace.glob("studies/tune-*")}


def says(running: Running, what: str) -> None:
    until(lambda: what in running.out.read_text(encoding="utf-8"), running)


def test_what_is_searched_what_came_of_it_and_how_to_use_it(typed, loaded: Path) -> None:
    done = typed(*TUNE, "--trials", "3", "-w", loaded)
    assert done.code == 0, done.err
    assert "l2: 0.002 to 0.2 by its logarithm" in done.err
    assert "trial 1 of 3: l2=0.02 learning_rate=0.1" in done.err
    assert re.search(r"trial 3 of 3: l2=\S+ learning_rate=\S+; best 0.\d+; about \d+ s left\n", done.err)
    assert "run 1 of 1: bpr, fold 0, seed 0; about" in done.err
    assert "validation recall@20" in done.out
    command = next(line for line in done.out.splitlines() if line.startswith("graphrec train --config"))
    assert typed(*command.split()[1:], "-w", loaded, "--no-publish").code == 0
    study = Path(command.split()[-1]).parent.name
    told = typed("tune", "--resume", study, "-w", loaded, "--json").json
    assert (told["id"], told["model"], told["metric"]) == (study, "bpr", "recall@20")
    assert told["trials"]["complete"] == 3
    assert told["best_value"] >= told["default_value"]
    assert told["test"]["recall@20"]["mean"] > 0


def test_a_search_that_was_killed_goes_on(typed, loaded: Path) -> None:
    before = studies(loaded)
    with begin(*TUNE, "--trials", "4", "-w", loaded, before=STUCK) as running:
        says(running, "stuck")
        running.send_signal(signal.SIGKILL)
        assert running.end().code == -signal.SIGKILL
    (study,) = studies(loaded) - before
    journal = loaded / "studies" / study / "journal.log"
    journal.write_bytes(journal.read_bytes() + b'{"op_code":7,"trial_id":1,"st')
    told = typed("tune", "--resume", study, "-w", loaded, "--json")
    assert told.code == 0, told.err
    assert [told.err.count(f"trial {number} of 4: l2=") for number in (1, 2, 3, 4)] == [0, 1, 1, 1]
    assert sum(told.json["trials"].values()) == 4
    assert len(told.json["runs"]) == 1


def test_ctrl_c_says_how_to_go_on(loaded: Path) -> None:
    before = studies(loaded)
    with begin(*TUNE, "--trials", "4", "-w", loaded, before=STUCK) as running:
        says(running, "stuck")
        running.send_signal(signal.SIGINT)
        ended = running.end()
    (study,) = studies(loaded) - before
    assert ended.code == 130
    assert ended.err.splitlines()[-1] == (
        f"stopped; what was finished is kept, `graphrec tune --resume {study}` goes on"
    )


def test_two_terminals_make_the_trials_of_one_search(loaded: Path) -> None:
    before = studies(loaded)
    with begin(*TUNE, "--trials", "7", "-w", loaded, "--json", before=TOGETHER) as first:
        until(lambda: any((loaded / "studies" / name / "workers").is_dir() for name in studies(loaded) - before), first)
        (study,) = studies(loaded) - before
        with begin("tune", "--resume", study, "-w", loaded, "--json", before=TOGETHER) as second:
            ends = [second.end(), first.end()]
    assert [one.code for one in ends] == [0, 0], [one.err for one in ends]
    made = [one.err.count("best epoch") + one.err.count("worse than most") for one in ends]
    assert sum(made) == 7
    assert min(made) > 0
    assert sorted(len(one.json["runs"]) for one in ends) == [0, 1]


def test_slips_are_one_clear_line(typed, loaded: Path) -> None:
    for arguments, code, told in (
        (["tune"], 2, "which model?"),
        (["tune", "bpr", "--over", "l3"], 1, "did you mean 'l2'"),
        (["tune", "bpr", "--seeds", "a"], 2, "--seeds takes whole numbers"),
        (["tune", "--resume", "tune-x"], 1, "no study named 'tune-x'"),
        (["tune", "bpr", "--resume", "tune-x"], 2, "leave out bpr"),
        (["tune", "--resume", "tune-x", "--seeds", "1", "--trials", "3"], 2, "tune-x as it began: leave out --seeds"),
        (["study", "--resume", "study-x", "--folds", "3"], 2, "study-x as it began: leave out --folds"),
        (["reproduce", "--resume", "jifr-x", "--tune", "3"], 2, "jifr-x as it began: leave out --tune"),
    ):
        asked = typed(*arguments, "-w", loaded)
        assert (asked.code, asked.err.count("\n")) == (code, 1), asked
        assert told in asked.err
