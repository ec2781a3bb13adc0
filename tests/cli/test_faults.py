"""Processes that are stopped, killed or in each other's way: nothing is half-written, repeating finishes the job."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

T = TypeVar("T")

TRAIN = ("train", "--model", "transgrec", "--split", "random-70-10-20", "--set", "dimension=16", "--set", "epochs=40",
         "--set", "patience=99", "--no-publish")  # fmt: skip


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "graphrec", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_until(running: subprocess.Popen[str], find: Callable[[], T | None]) -> T:
    """Wait until ``find`` returns something, and return it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        found = find()
        if found:
            return found
        time.sleep(0.001)
    raise AssertionError("the process ended, or never got so far")


def wait_for_epochs(workspace: Path, running: subprocess.Popen[str], count: int) -> Path:
    """Wait until some run has finished ``count`` epochs."""

    def find() -> Path | None:
        for metrics in workspace.glob("runs/*/metrics.jsonl"):
            if len(metrics.read_text(encoding="utf-8").splitlines()) >= count:
                return metrics.parent
        return None

    return wait_until(running, find)


def fill_the_disk(running: subprocess.Popen[str], limit: int) -> None:
    """Let no file of a process grow beyond ``limit`` bytes, which fails as a full disk does."""
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, limit))


def end(running: subprocess.Popen[str]) -> str:
    """Wait for the end of a process and return the one line that it told."""
    _, told = running.communicate(timeout=60)
    assert told.count("\n") == 1, told
    return told.strip()


def published(workspace: Path) -> tuple[list[str], dict[str, dict[str, list[float]]]]:
    """Return the published runs, and the embeddings by label and id."""
    with closing(LadybugStore(Workspace(workspace))) as store:
        runs = store.read("MATCH (r:Run) RETURN r.id AS id ORDER BY id")["id"].to_pylist()
        embeddings = {}
        for label in ("User", "Item"):
            ids, vectors = store.read_embeddings(label, "transgrec")
            embeddings[label] = dict(zip(ids.to_pylist(), vectors.tolist(), strict=True))
    return runs, embeddings


@pytest.fixture
def loaded(graphrec, load_command, ratings: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    graphrec(*load_command(ratings, folder))
    return folder


@pytest.fixture(scope="session")
def unpublished(graphrec, workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace with a published run, and a second run, of another dimension, that is not."""
    folder = tmp_path_factory.mktemp("unpublished") / "w"
    shutil.copytree(workspace, folder)
    trained = graphrec("train", "--model", "transgrec", "--set", "epochs=0", "--set", "dimension=32",
                       "--no-publish", "-w", folder, "--json")  # fmt: skip
    assert trained.code == 0, trained.err
    return folder, trained.json["run"]


@pytest.fixture
def to_publish(unpublished: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """The same, to be changed."""
    shutil.copytree(unpublished[0], tmp_path / "w")
    return tmp_path / "w", unpublished[1]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_training_cut_off_is_resumed_to_the_same_result(graphrec, loaded: Path, how: int, code: int) -> None:
    running = start(*TRAIN, "-w", loaded)
    folder = wait_for_epochs(loaded, running, 2)
    running.send_signal(how)
    _, told = running.communicate(timeout=60)
    assert running.returncode == code
    stopped = "stopped; what was finished is kept, `graphrec runs` says how to go on\n"
    assert told == (stopped if how == signal.SIGINT else "")
    cut_off = graphrec("runs", "-w", loaded, "--json").json
    assert [run["finished"] for run in cut_off] == [False]
    resumed = graphrec("train", "--resume", folder.name, "--no-publish", "-w", loaded, "--json")
    assert resumed.code == 0, resumed.err
    whole = graphrec(*TRAIN, "-w", loaded, "--json")
    assert resumed.json["metrics"] == whole.json["metrics"]


def test_same_seed_same_metrics_other_seed_others(graphrec, loaded: Path) -> None:
    first, again, other = (
        graphrec(*TRAIN, "--seed", seed, "-w", loaded, "--json").json for seed in ("3", "3", "4")
    )
    assert first["metrics"] == again["metrics"]
    assert first["metrics"] != other["metrics"]


def test_killed_publish_leaves_all_or_nothing(graphrec, loaded: Path) -> None:
    run = graphrec(*TRAIN, "-w", loaded, "--json").json["run"]
    for delay in (1.5, 2.0, 2.5, 3.0):
        running = start("publish", run, "-w", loaded)
        time.sleep(delay)
        running.kill()
        running.communicate(timeout=60)
        coverage = graphrec("stats", "-w", loaded, "--json")
        assert coverage.code == 0, coverage.err
        exported = graphrec("export", "embeddings", loaded / f"e{delay}", "-w", loaded)
        files = {path.name for path in (loaded / f"e{delay}").glob("*")}
        assert files in (set(), {"User.npy", "User.txt", "Item.npy", "Item.txt"}), exported
    done = graphrec("publish", run, "-w", loaded, "--json")
    assert done.code == 0, done.err
    assert done.json["counts"]["User"] == 60


def test_disk_full_before_training(graphrec, loaded: Path) -> None:
    running = start(*TRAIN, "-w", loaded)
    fill_the_disk(running, 200)
    told = end(running)
    assert running.returncode == 1
    assert f"{loaded}/snapshots/" in told
    assert "cannot be written" in told
    assert "free some space" in told
    assert not list(loaded.glob("snapshots/*"))
    assert not list(loaded.glob("runs/*"))
    repeated = graphrec(*TRAIN, "--set", "epochs=1", "-w", loaded)
    assert repeated.code == 0, repeated.err


@pytest.mark.slow
def test_disk_full_in_training_keeps_the_last_checkpoint(graphrec, loaded: Path) -> None:
    running = start(*TRAIN, "-w", loaded)
    folder = wait_for_epochs(loaded, running, 2)
    fill_the_disk(running, 50_000)
    told = end(running)
    assert running.returncode == 1
    assert f"{folder}/checkpoint/latest.safetensors cannot be written" in told
    assert "free some space" in told
    assert f"`graphrec train --resume {folder.name}` goes on" in told
    assert not list(folder.rglob(".*"))
    (run,) = graphrec("runs", "-w", loaded, "--json").json
    assert (run["run"], run["finished"]) == (folder.name, False)
    assert graphrec("stats", "-w", loaded, "--json").json["relationships"]["RATED"] == 480
    resumed = graphrec("train", "--resume", folder.name, "--no-publish", "-w", loaded, "--json")
    assert resumed.code == 0, resumed.err
    assert len((folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()) == 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "said"),
    [(0, "versions.json cannot be written"), (4096, "graph.lbug: writing to the disk failed")],
)
def test_disk_full_in_publishing_keeps_what_was_published(
    graphrec, to_publish: tuple[Path, str], limit: int, said: str
) -> None:
    workspace, run = to_publish
    before = published(workspace)
    running = start("publish", run, "-w", workspace)
    fill_the_disk(running, limit)
    told = end(running)
    assert running.returncode == 1
    assert f"{workspace}/{said}" in told
    assert "free some space" in told
    assert {r["finished"] for r in graphrec("runs", "-w", workspace, "--json").json} == {True}
    assert graphrec("stats", "-w", workspace, "--json").json["relationships"]["RATED"] == 480
    assert published(workspace) == before
    repeated = graphrec("publish", run, "-w", workspace, "--json")
    assert repeated.code == 0, repeated.err
    assert published(workspace)[0] == sorted([*before[0], run])


STOPPED = "stopped; what was finished is kept, repeat the command to go on"


def test_ctrl_c_in_loading_leaves_the_graph_as_it_was(
    graphrec, load_command, loaded: Path, tmp_path: Path
) -> None:
    file, versions = tmp_path / "large.csv", loaded / "versions.json"
    rows = "".join(f"v{n // 100},j{n % 100},4,{n}\n" for n in range(200_000))
    file.write_text("user,item,rating,time\n" + rows, encoding="utf-8")
    before = versions.read_text(encoding="utf-8")
    running = start(*load_command(file, loaded))
    wait_until(running, lambda: versions.read_text(encoding="utf-8") != before)
    running.send_signal(signal.SIGINT)
    assert end(running) == STOPPED
    assert running.returncode == 130
    left = graphrec("stats", "-w", loaded, "--json").json
    assert (left["nodes"], left["relationships"]) == ({"User": 60, "Item": 40}, {"RATED": 480})
    repeated = graphrec(*load_command(file, loaded), "--json").json["loaded"]
    assert {name: tally["created"] for name, tally in repeated.items()} == {
        "User": 2000, "Item": 100, "RATED": 200_000,
    }  # fmt: skip


WHILE_ASKED = """
import os, signal, sys, time
import graphrec.cli

real = signal._int_to_enum

def pressed(*given):
    os.kill(os.getpid(), signal.SIGINT)
    signal._int_to_enum = real
    return real(*given)

def like_a_query_of_ladybug(*_):
    signal._int_to_enum = pressed
    try:
        signal.getsignal(signal.SIGINT)
    except KeyboardInterrupt:
        print("lost")
    time.sleep(30)

graphrec.cli.nested = like_a_query_of_ladybug
sys.argv = ["graphrec", "doctor"]
graphrec.cli.main()
"""


def test_ctrl_c_while_ladybug_asks_for_the_handler_is_not_lost() -> None:
    ended = subprocess.run([sys.executable, "-c", WHILE_ASKED], capture_output=True, text=True, timeout=25)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.startswith("stopped; ")


@pytest.mark.slow
def test_ctrl_c_in_publishing_keeps_what_was_published(graphrec, to_publish: tuple[Path, str]) -> None:
    workspace, run = to_publish
    before = published(workspace)
    running = start("publish", run, "-w", workspace)
    holder = f'"pid": {running.pid},'
    wait_until(running, lambda: holder in (workspace / "lock").read_text(encoding="utf-8"))
    running.send_signal(signal.SIGINT)
    assert end(running) == STOPPED
    assert running.returncode == 130
    assert published(workspace) == before
    repeated = graphrec("publish", run, "-w", workspace, "--json")
    assert repeated.code == 0, repeated.err
    assert published(workspace)[0] == sorted([*before[0], run])


PRESS_WHEN_IMPORTED = """
import os, signal, sys

class Press:
    def find_spec(self, name, *rest):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Press())
from graphrec.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("graphrec.cli", "stopped before anything was done; repeat the command"),
        ("graphrec.cli.demo", STOPPED),
    ],
)
def test_ctrl_c_while_modules_are_imported(module: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRESS_WHEN_IMPORTED, module], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, said + "\n")


def test_a_second_writer_is_told_who_holds_the_workspace(graphrec, loaded: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import sys, time; from pathlib import Path; from graphrec.store.open import open_store; "
         f"store = open_store({str(loaded)!r}, write=True); print('held', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        refused = graphrec("init", "-w", loaded)
        assert refused.code == 1
        assert f"process {holder.pid}" in refused.err
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    assert graphrec("init", "-w", loaded).code == 0


def test_a_run_leaves_a_manifest(graphrec, loaded: Path) -> None:
    run = graphrec(*TRAIN, "-w", loaded, "--json").json["run"]
    manifest = json.loads((loaded / "runs" / run / "manifest.json").read_text(encoding="utf-8"))
    assert {"versions", "seed", "settings", "options", "snapshot", "device", "test", "train_seconds"} <= set(
        manifest
    )
    assert manifest["versions"]["torch"]
    assert (loaded / "snapshots" / manifest["snapshot"] / "meta.json").exists()
