"""Processes that are stopped, killed or in each other's way: nothing is half-written, repeating finishes the job."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.command_line import begin
from graphrec.testing.limits import WAIT_S, Ending, until
from graphrec.workspace import Workspace

TRAIN = ("train", "--model", "transgrec", "--split", "random-70-10-20", "--set", "dimension=16", "--set", "epochs=40",
         "--set", "patience=99", "--no-publish")  # fmt: skip


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "graphrec", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_epochs(workspace: Path, running: Ending, count: int) -> Path:
    """Wait until some run has finished ``count`` epochs."""

    def find() -> Path | None:
        for metrics in workspace.glob("runs/*/metrics.jsonl"):
            if len(metrics.read_text(encoding="utf-8").splitlines()) >= count:
                return metrics.parent
        return None

    return until(find, running)


def fill_the_disk(running: subprocess.Popen[str], limit: int) -> None:
    """Let no file of a process grow beyond ``limit`` bytes, which fails as a full disk does."""
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (limit, limit))


def end(running: subprocess.Popen[str]) -> str:
    """Wait for the end of a process and return the one line that it told."""
    _, told = running.communicate(timeout=WAIT_S)
    assert told.count("\n") == 1, told
    return told.strip()


def published(workspace: Path) -> tuple[list[str], dict[str, dict[str, list[float]]]]:
    """Return the published runs, and the embeddings by label and id."""
    with closing(LadybugStore(Workspace(workspace))) as store:
        runs = store.read("MATCH (r:GraphrecRun) RETURN r.id AS id ORDER BY id")["id"].to_pylist()
        embeddings = {}
        for label in ("User", "Item"):
            ids, vectors = store.read_embeddings(label, "transgrec")
            embeddings[label] = dict(zip(ids.to_pylist(), vectors.tolist(), strict=True))
    return runs, embeddings


@pytest.fixture(scope="module")
def loaded_once(graphrec, load_command, ratings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loaded") / "w"
    done = graphrec(*load_command(ratings, folder))
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def loaded(loaded_once: Path, tmp_path: Path) -> Path:
    """A workspace with the ratings, to be changed."""
    return shutil.copytree(loaded_once, tmp_path / "loaded")


@pytest.fixture(scope="module")
def whole(graphrec, loaded_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A workspace with a run that nothing disturbed, and what was told of it."""
    folder = shutil.copytree(loaded_once, tmp_path_factory.mktemp("whole") / "w")
    done = graphrec(*TRAIN, "-w", folder, "--json")
    assert done.code == 0, done.err
    return folder, done.json


@pytest.fixture(scope="module")
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
    return shutil.copytree(unpublished[0], tmp_path / "w"), unpublished[1]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_training_cut_off_is_resumed_to_the_same_result(
    graphrec, loaded: Path, whole: tuple[Path, Any], how: int, code: int
) -> None:
    with begin(*TRAIN, "-w", loaded) as running:
        folder = wait_for_epochs(loaded, running, 2)
        running.send_signal(how)
        cut = running.end()
    assert cut.code == code
    stopped = "stopped; what was finished is kept, `graphrec runs` says how to go on\n"
    assert cut.err == (stopped if how == signal.SIGINT else "")
    cut_off = graphrec("runs", "-w", loaded, "--json").json
    assert [run["finished"] for run in cut_off] == [False]
    resumed = graphrec("train", "--resume", folder.name, "--no-publish", "-w", loaded, "--json")
    assert resumed.code == 0, resumed.err
    assert resumed.json["metrics"] == whole[1]["metrics"]


def test_same_seed_same_metrics_other_seed_others(graphrec, loaded: Path, whole: tuple[Path, Any]) -> None:
    again, other = (graphrec(*TRAIN, "--seed", seed, "-w", loaded, "--json").json for seed in ("0", "4"))
    assert again["metrics"] == whole[1]["metrics"]
    assert other["metrics"] != whole[1]["metrics"]


AT_A_POINT = """
import os
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.command_line import begin
from graphrec.testing.limits import WAIT_S, Ending, until

point, number = {point!r}, {number}
write_embeddings, write_nodes, run = LadybugStore.write_embeddings, LadybugStore.write_nodes, LadybugStore._run
labels = []

def come_to(here):
    if here == point:
        os.kill(os.getpid(), number)

def embeddings(store, label, *given):
    write_embeddings(store, label, *given)
    labels.append(label)
    come_to(f"the embeddings of {{len(labels)}} of 2 labels are written")

def nodes(store, label, table):
    written = write_nodes(store, label, table)
    if label == "GraphrecRun":
        come_to("the run is written")
    return written

def statement(store, text, **given):
    if text == "COMMIT" and labels:
        come_to("all is written")
    answer = run(store, text, **given)
    if text == "COMMIT" and labels:
        come_to("all is committed")
    return answer

LadybugStore.write_embeddings, LadybugStore.write_nodes, LadybugStore._run = embeddings, nodes, statement
"""
"""Has a publish send itself a signal when it comes to a point, by its own account of it."""

POINTS = (
    "the embeddings of 1 of 2 labels are written",
    "the embeddings of 2 of 2 labels are written",
    "the run is written",
    "all is written",
    "all is committed",
)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("first", [True, False])
def test_killed_publish_leaves_all_or_nothing(
    graphrec, loaded: Path, to_publish: tuple[Path, str], point: str, first: bool
) -> None:
    workspace, run = to_publish
    if first:
        for path in (loaded / "graph.lbug", loaded / "versions.json"):
            shutil.copy(path, workspace)
    before = published(workspace)
    assert bool(before[0]) != first
    killed = graphrec(
        "publish", run, "-w", workspace, before=AT_A_POINT.format(point=point, number=int(signal.SIGKILL))
    )
    assert killed.code == -signal.SIGKILL, killed
    runs, embeddings = published(workspace)
    if point == "all is committed":
        assert runs == sorted([*before[0], run])
        assert [{len(vector) for vector in found.values()} for found in embeddings.values()] == [{32}, {32}]
    else:
        assert (runs, embeddings) == before
    repeated = graphrec("publish", run, "-w", workspace, "--json")
    assert repeated.code == 0, repeated.err
    assert repeated.json["counts"]["User"] == 60
    runs, embeddings = published(workspace)
    assert runs == sorted([*before[0], run])
    assert {label: len(found) for label, found in embeddings.items()} == repeated.json["counts"]


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
    with begin(*load_command(file, loaded)) as running:
        until(lambda: versions.read_text(encoding="utf-8") != before, running)
        running.send_signal(signal.SIGINT)
        stopped = running.end()
    assert (stopped.code, stopped.err) == (130, f"{STOPPED}\n")
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
    time.sleep(3600)

graphrec.cli.nested = like_a_query_of_ladybug
sys.argv = ["graphrec", "doctor"]
graphrec.cli.main()
"""


def test_ctrl_c_while_ladybug_asks_for_the_handler_is_not_lost() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WHILE_ASKED], capture_output=True, text=True, timeout=WAIT_S
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.startswith("stopped; ")


@pytest.mark.parametrize("point", [POINTS[0], POINTS[3]])
def test_ctrl_c_in_publishing_keeps_what_was_published(
    graphrec, to_publish: tuple[Path, str], point: str
) -> None:
    workspace, run = to_publish
    before = published(workspace)
    pressed = AT_A_POINT.format(point=point, number=int(signal.SIGINT))
    stopped = graphrec("publish", run, "-w", workspace, before=pressed)
    assert (stopped.code, stopped.err) == (130, f"{STOPPED}\n")
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
         "import sys; from graphrec.store.open import open_store; "
         f"store = open_store({str(loaded)!r}, write=True); print('held', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
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


def test_a_run_leaves_a_manifest(whole: tuple[Path, Any]) -> None:
    folder, told = whole
    manifest = json.loads((folder / "runs" / told["run"] / "manifest.json").read_text(encoding="utf-8"))
    assert {"versions", "seed", "settings", "options", "snapshot", "device", "test", "train_seconds"} <= set(
        manifest
    )
    assert manifest["versions"]["torch"]
    assert (folder / "snapshots" / manifest["snapshot"] / "meta.json").exists()
