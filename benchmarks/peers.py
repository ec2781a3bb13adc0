"""Models of rankings and ratings against peers, on one workspace: accuracy, and seconds an epoch.

    python benchmarks/peers.py WORKSPACE bpr ials ease --split temporal-last --seeds 5
    python benchmarks/peers.py WORKSPACE mf --seeds 5

Every peer is installed in an environment of its own (--envs) and given the same training records; its scores are
judged by the same code. All have D = 64, or what GRIDS says, two threads, as many settings to choose from (GRIDS) and
no early stop. The setting with the best validation metric is trained and tested once a seed; for ratings once a fold of
five, errors pooled. Seconds are of the fit by its epochs, the least of all those trainings.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphrec.evaluation.judged import judge_model, known_metric
from graphrec.graph.build import snapshot
from graphrec.graph.data import Shape
from graphrec.graph.projection import choose
from graphrec.graph.snapshot import Snapshot
from graphrec.learning.options import TrainOptions
from graphrec.models.registry import model as model_class
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.tasks.base import Task
from graphrec.tasks.cases import PairCases, Split
from graphrec.tasks.registry import task_class
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import train
from graphrec.workspace import Workspace

THREADS = 2
WORKER = Path(__file__).resolve().with_name("peer_worker.py")
PACKAGES: dict[str, list[str]] = {
    "implicit": ["implicit==0.7.2"],
    "cornac": ["cornac==2.3.4", "torch"],
    "surprise": ["scikit-surprise==1.1.5", "pandas"],
    "myfm": ["myfm==0.5.0", "numpy<2", "scipy"],
    "lenskit": ["lenskit==2025.6.1", "pandas"],
    "recbole": [
        "recbole==1.2.1",
        "numpy<2",
        "pandas<2.2",
        "scipy<1.12",
        "torch==2.5.1",
        "ray",
        "kmeans-pytorch",
    ],
    "fuxictr": ["fuxictr==2.3.10", "torch"],
}

Settings = Mapping[str, Any]
GRIDS: dict[str, dict[str, dict[str, list[Any]]]] = {
    "bpr": {
        "graphrec bpr": {"epochs": [40, 80], "l2": [0.01, 0.02], "learning_rate": [0.05, 0.1]},
        "implicit BPR": {"epochs": [100, 200], "regularization": [0.01, 0.03], "learning_rate": [0.03, 0.1]},
        "cornac BPR": {"epochs": [100, 200], "lambda_reg": [0.003, 0.01], "learning_rate": [0.03, 0.1]},
        "RecBole BPR": {"epochs": [40, 80], "learning_rate": [0.001, 0.003], "weight_decay": [0, 1e-5]},
    },
    "itemknn": {
        "graphrec itemknn": {"neighbours": [20, 100, 500], "popularity": [0, 0.5]},
        "implicit Cosine": {"neighbours": [20, 50, 100, 200, 500, 1000]},
        "LensKit ItemKNN": {"neighbours": [20, 50, 100, 200, 500, 1000]},
    },
    "lightgcn": {
        "graphrec lightgcn": {"epochs": [60], "layers": [2, 3], "l2": [0.002, 0.005]},
        "RecBole LightGCN": {
            "epochs": [60],
            "n_layers": [2, 3],
            "reg_weight": [1e-4, 1e-3],
            "learning_rate": [0.005],
        },
    },
    "vbpr": {
        "graphrec vbpr": {"epochs": [40, 80], "l2": [0.003, 0.01]},
        "cornac VBPR": {"epochs": [20, 40], "lambda_w": [0.001, 0.01], "learning_rate": [0.005]},
    },
    "ials": {
        "graphrec ials": {"epochs": [12], "l2": [0.01, 0.03], "alpha": [0.01, 0.03, 0.1, 0.3]},
        "implicit ALS": {"epochs": [12], "regularization": [10, 30, 100, 300], "alpha": [10, 30]},
    },
    "ease": {
        "graphrec ease": {"l2": [30, 100, 300, 1000]},
        "graphrec ease, users alike": {"l2": [30, 100, 300, 1000], "user_weighting": [0]},
        "numpy": {"l2": [30, 100, 300, 1000]},
    },
    "libfm": {
        "graphrec libfm": {"dimension": [8], "epochs": [100], "burn_in": [10], "kept": [90]},
        "myFM MCMC": {"dimension": [8], "epochs": [100], "kept": [90]},
    },
    "svdpp": {
        "graphrec svdpp": {"dimension": [20], "epochs": [20], "l2": [0.05, 0.1], "learning_rate": [0.005, 0.01]},
        "Surprise SVD++": {"dimension": [20], "epochs": [20], "reg_all": [0.05, 0.1], "lr_all": [0.005, 0.01]},
    },
    "mf": {
        "graphrec mf": {"epochs": [2, 4, 8, 12], "l2": [0.05, 0.1]},
        "Surprise SVD": {"epochs": [20, 40], "lr_all": [5e-3, 1e-2], "reg_all": [0.02, 0.1]},
        "LensKit BiasedMF": {"epochs": [5, 10], "regularization": [0.05, 0.1, 0.2, 0.4]},
    },
}


@dataclass(frozen=True)
class Asked:
    """What every system of a model is asked."""

    name: str
    task: Task[Any]
    shot: Snapshot
    split: str | None

    def parts(self, seed: int) -> Split[Any]:
        """Return the split; of ratings the ``seed``-th of five folds."""
        if self.task.name == "rating":
            return self.task.split(self.shot, "random-k-fold", fold=seed)
        return self.task.split(self.shot, self.split)


class Told:
    """A peer's scores, to be judged as a model's are.

    Args:
        shape: of the data.
        rows: int64 [users], which row of ``scores`` is a user's.
        scores: float32 [rows, items].
    """

    name, device = "the peer", torch.device("cpu")

    def __init__(self, shape: Shape, rows: torch.Tensor, scores: torch.Tensor) -> None:
        self.shape, self.rows, self.scores = shape, rows, scores

    def scorer(self, target: Any = None) -> Told:
        return self

    def grid(self, users: torch.Tensor, items: torch.Tensor | None = None) -> torch.Tensor:
        found = self.scores[self.rows[users]]
        return found if items is None else found[:, items]

    def pairs(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return self.scores[self.rows[users], items]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("models", nargs="+", choices=list(GRIDS))
    parser.add_argument("--split", help="of rankings")
    parser.add_argument(
        "--where", action="append", default=[], help="what counts as positive, such as rating>=3"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--envs", type=Path, default=Path(".cache/peers"))
    asked = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, {THREADS} threads for all\n"
    )
    print(
        "| model | system | settings | valid | test | s an epoch | times ours |\n|---|---|---|---|---|---|---|"
    )
    missing: list[str] = []
    for name in asked.models:
        question = ask(asked, name)
        ours = None
        for system, grid in GRIDS[name].items():
            python = environment(system, asked.envs)
            if python is None:
                missing.append(system)
                continue
            chosen, valid, tests, seconds = measure(question, system, python, grid, asked.seeds)
            ours = ours or seconds
            told = " ".join(f"{key}={value:g}" for key, value in chosen.items())
            print(
                f"| {name} | {system} | {told} | {valid:.4f} | {tests} | {seconds:.4f} | {seconds / ours:.2f} |",
                flush=True,
            )
    if missing:
        print(f"\nCould not be installed here: {', '.join(missing)}")


def ask(asked: argparse.Namespace, name: str) -> Asked:
    """Read what a model is asked about from the workspace."""
    workspace, kind = Workspace(asked.workspace), task_class(model_class(name).tasks[0])
    with closing(open_store(workspace)) as graph:
        projection = choose(None, graph.counts(), kind.projections)
        task = kind.of(projection, asked.where)
        reads = task.reads(projection)
        shot = snapshot(
            graph, reads if model_class(name).needs.features else replace(reads, features=()), workspace
        )
    return Asked(name, task, shot, asked.split)


def environment(system: str, folder: Path) -> Path | None:
    """Return the Python that has ``system``, installed if need be; None where that fails."""
    package = system.split()[0].lower()
    if package not in PACKAGES:
        return Path(sys.executable)
    home = (folder / package).absolute()
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        commands = [
            [sys.executable, "-m", "venv", home],
            [python, "-m", "pip", "install", "--quiet", *PACKAGES[package]],
        ]
        for command in commands:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                print(done.stderr[-500:], file=sys.stderr)
                return None
        ready.touch()
    return python


def measure(
    asked: Asked, system: str, python: Path, grid: Mapping[str, Sequence[Any]], seeds: int
) -> tuple[Settings, float, str, float]:
    """Choose a setting on validation; return it, its validation metric, its test metrics, and seconds an epoch."""
    parts = asked.parts(0)
    watched = asked.task.watched(parts.valid)
    sign = 1 if known_metric(parts.valid, watched) else -1
    valid: list[tuple[float, Settings]] = []
    fastest = np.inf
    for settings in points(grid):
        model, seconds = fit(asked, system, python, parts, settings, 0)
        valid.append((judge(asked, parts, model, "valid", [watched])[watched], settings))
        fastest = min(fastest, seconds)
    best, chosen = max(valid, key=lambda pair: sign * pair[0])
    metrics = ["rmse", "mae"] if isinstance(parts.test, PairCases) else ["recall@20", "ndcg@20"]
    found = []
    for seed in range(seeds):
        parts = asked.parts(seed)
        model, seconds = fit(asked, system, python, parts, chosen, seed)
        found.append(judge(asked, parts, model, "test", metrics))
        fastest = min(fastest, seconds)
    return chosen, best, ", ".join(_told(name, [one[name] for one in found]) for name in metrics), fastest


def points(grid: Mapping[str, Sequence[Any]]) -> Iterator[Settings]:
    """Yield every combination."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def fit(
    asked: Asked, system: str, python: Path, parts: Split[Any], settings: Settings, seed: int
) -> tuple[Any, float]:
    """Return what can be judged, and seconds an epoch."""
    if system.startswith("graphrec"):
        kind = model_class(asked.name)
        own = {key: value for key, value in settings.items() if key in kind.Settings.model_fields}
        rest = {key: value for key, value in settings.items() if key not in own}
        options = TrainOptions.model_validate({**kind.defaults, **rest, "seed": seed})
        seed_everything(seed)
        model = kind(parts.data.shape, kind.Settings(**own))
        result = train(model, parts, options)
        return model, sum(line.seconds for line in result.history) / len(result.history)
    return peer(system, python, parts, {**settings, "seed": seed})


def peer(system: str, python: Path, parts: Split[Any], settings: Settings) -> tuple[Told, float]:
    """Train a peer in a process of its own."""
    data, cases = parts.data, (parts.valid, parts.test)
    users, items = (
        (np.concatenate([getattr(c, name) for c in cases]) for name in ("users", "items"))
        if data.value
        else (np.unique(np.concatenate([c.users for c in cases])), None)
    )
    given = {
        "user": data.records.user,
        "item": np.asarray(data.records.item),
        "shape": np.array([data.users, data.items]),
        "ask_user": users,
    }
    if data.content.width:
        # All from the standard normal, as ours are scaled too.
        looks = np.array(data.content.rows(slice(None)))
        given["looks"] = ((looks - looks.mean(0)) / np.maximum(looks.std(0), 1e-6)).astype(np.float32)
    if items is not None:
        given |= {"ask_item": items, "value": data.records.values[data.value]}
    scores, seconds = work(system, python, given, settings)
    rows = torch.zeros(data.users, dtype=torch.long)
    if items is None:
        rows[users] = torch.arange(len(users))
        return Told(data.shape, rows, scores), seconds
    whole = torch.full((data.users, data.items), torch.nan)
    whole[users, items] = scores
    return Told(data.shape, torch.arange(data.users), whole), seconds


def work(
    system: str, python: Path, given: Mapping[str, Any], settings: Settings
) -> tuple[torch.Tensor, float]:
    """Have a peer fit and score in a process of its own; return its scores and seconds an epoch."""
    found = answer(WORKER, system, python, given, settings)
    return torch.from_numpy(found["scores"]), float(found["seconds"])


def answer(
    worker: Path, system: str, python: Path, given: Mapping[str, Any], settings: Settings, threads: int = THREADS
) -> dict[str, Any]:
    """Return the arrays that ``worker`` writes of ``system``, in a process and an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, target, told = (Path(folder, name) for name in ("train.npz", "scores.npz", "settings.json"))
        np.savez(source, **given)
        told.write_text(json.dumps(settings))
        limits = {
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": "1" if "ALS" in system else str(threads),
        }
        # Some write logs into the folder that they run in, and say how far they are.
        done = subprocess.run(
            [python, worker, system, source, target, told],
            check=False,
            cwd=folder,
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{system} failed: {done.stderr[-2000:]}")
        return dict(np.load(target))


def judge(
    asked: Asked, parts: Split[Any], model: Any, part: str, metrics: Sequence[str]
) -> Mapping[str, float]:
    """Return metrics of ``part`` of the split."""
    return judge_model(model, asked.task, parts.data, getattr(parts, part), metrics, seed=0).metrics


def _told(name: str, values: Sequence[float]) -> str:
    if name == "rmse":
        return f"{name} {np.sqrt(np.mean(np.square(values))):.4f}"
    spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
    return f"{name} {np.mean(values):.4f}{spread}"


if __name__ == "__main__":
    main()
