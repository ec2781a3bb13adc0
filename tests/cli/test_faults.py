"""Processes that are stopped, killed or in each other's way: nothing is half-written, repeating finishes the job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TRAIN = ("train", "--model", "transgrec", "--split", "random-70-10-20", "--set", "dimension=16", "--set", "epochs=40",
         "--set", "patience=99", "--no-publish")  # fmt: skip


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "graphrec", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_epochs(workspace: Path, running: subprocess.Popen[str], count: int) -> Path:
    """Wait until some run has finished ``count`` epochs."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        for metrics in workspace.glob("runs/*/metrics.jsonl"):
            if len(metrics.read_text(encoding="utf-8").splitlines()) >= count:
                return metrics.parent
        time.sleep(0.01)
    raise AssertionError("training ended, or never got so far")


@pytest.fixture
def loaded(graphrec, load_command, ratings: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    graphrec(*load_command(ratings, folder))
    return folder


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_training_cut_off_is_resumed_to_the_same_result(graphrec, loaded: Path, how: int, code: int) -> None:
    running = start(*TRAIN, "-w", loaded)
    folder = wait_for_epochs(loaded, running, 2)
    running.send_signal(how)
    _, told = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in told
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
