"""A stranger's model, in a package of its own, keeps the contract and does all that graphrec's own models do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest

from graphrec.graph.projection import PROJECTIONS
from graphrec.testing.command_line import graphrec
from graphrec.testing.model_contract import ModelContract
from graphrec.testing.planted import TOPICS, planted

PLUGIN = Path(__file__).with_name("plugin")
DOCS = Path(__file__).parents[2] / "docs" / "plugins.md"



def plugin(name):
    """Return a module of the package, which is not installed here."""
    spec = importlib.util.spec_from_file_location(name, PLUGIN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lightgcn, itemknn = plugin("lightgcn_plugin"), plugin("itemknn_plugin")


class TestLightGCN(ModelContract):
    kind = lightgcn.LightGCN
    settings: ClassVar = {"dimension": 8, "layers": 2}
    options: ClassVar = {"learning_rate": 0.02}


class TestItemKNN(ModelContract):
    kind = itemknn.ItemKNN
    settings: ClassVar = {"neighbours": 20}
    pairs_of_items = True


def test_the_documentation_shows_it():
    shown = DOCS.read_text(encoding="utf-8")
    for file in ("lightgcn_plugin.py", "itemknn_plugin.py", "pyproject.toml"):
        assert (PLUGIN / file).read_text(encoding="utf-8").strip() in shown, file


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The variables of a process that finds the package, installed as pip installs any."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(PLUGIN, folder / "source")
    command = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", folder / "site"]
    subprocess.run([sys.executable, "-m", "pip", *command, source], check=True, timeout=300)
    return {**os.environ, "PYTHONPATH": str(folder / "site"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def test_from_files_to_recommendations(environment, tmp_path):
    likes = planted(PROJECTIONS["likes"])
    rows = zip(likes.users.take(likes.records.user), likes.items.take(likes.records.item), strict=True)
    (tmp_path / "likes.csv").write_text("user,item\n" + "".join(f"{user},{item}\n" for user, item in rows))

    def run(*arguments):
        done = graphrec(*arguments, cwd=tmp_path, env=environment)
        assert done.code == 0, done.err
        return done

    run("load", "table", "likes.csv", "--rels", "LIKED", "--from", "User:user", "--to", "Item:item")
    training = [
        "train", "--model", "lightgcn_plugin", "--no-publish", "--split", "random-70-10-20",
        *(part for one in ("dimension=8", "epochs=30", "patience=30", "batch_size=16", "learning_rate=0.02",
                           "device=cpu") for part in ("--set", one)),
    ]  # fmt: skip
    cut = _killed(training, tmp_path, environment)
    assert not (cut / "model.safetensors").exists(), "it was killed before it had come to its end"
    resumed = run("train", "--resume", cut.name, "--no-publish", "--json").json
    evaluated = run("evaluate", cut.name, "--json").json
    assert evaluated["metrics"]["auc"] == resumed["metrics"]["auc"] > 0.75
    run("publish", cut.name)
    found = run("recommend", likes.users[0], "-k", "5", "--json").json
    assert found["basis"] == cut.name
    chosen = likes.items.index([one["id"] for one in found["items"]])
    assert len(chosen) == 5
    assert not set(chosen) & set(likes.records.by_user[0])
    # The first user's topic is that of every fourth item.
    assert sum(chosen % TOPICS == 0) >= 3


def _killed(arguments, folder, environment):
    """Start a training, kill it some epochs later, and return the run's folder."""
    command = [sys.executable, "-m", "graphrec", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as process:
        while not (found := list((folder / "graphrec-data" / "runs").glob("*/checkpoint/latest.safetensors"))):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    return found[0].parents[1]
