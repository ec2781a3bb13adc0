"""Models of clicks against FuxiCTR's, on one workspace: AUC and log loss of the same test records, tuned alike.

    python benchmarks/clicks.py WORKSPACE [fm deepfm autoint dcn] --split random-70-10-20 --seeds 5

FuxiCTR is installed in an environment of its own (--envs) and given the codes that our fields have, so that both know
the same of the same records: who user and item are, their properties and lists, and what was there before; not the
items taken last. All have D = 16, Adam, the same batches, layers and patience, and choose by AUC on validation among
the same number of settings (GRIDS): ``l2`` is each library's own, on a batch's vectors here, on whole tables there.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers import Settings, answer, environment, points

from graphrec.api.ground import read_ground
from graphrec.api.plan import Plan
from graphrec.evaluation.confidence import paired_test
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.evaluate_predictions import evaluate_predictions
from graphrec.evaluation.predictions import Predictions
from graphrec.learning.options import TrainOptions
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ints
from graphrec.tasks.cases import Floats, PairCases, Split
from graphrec.tasks.click import TARGET
from graphrec.training.judge import Judge
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import train
from graphrec.workspace import Workspace

WORKER = Path(__file__).resolve().with_name("click_worker.py")
METRICS = ("auc", "gauc", "logloss")
PEERS = {"fm": "FuxiCTR FM", "deepfm": "FuxiCTR DeepFM", "autoint": "FuxiCTR AutoInt", "dcn": "FuxiCTR DCNv2"}
SAME: Settings = {"dimension": 16, "batch_size": 4096, "epochs": 60, "patience": 3}
RATES = {"learning_rate": [1e-3, 3e-3]}
DROPOUT = {"dropout": [0.1, 0.3]}
OURS = {"l2": [1e-3, 1e-2]}
HELD = {"autoint": {"layers_l2": [3e-3]}}
"""What ours has beside the grid, found on validation."""
THEIRS = {"l2": [1e-5, 1e-4]}


@dataclass(frozen=True)
class Told:
    """What all systems are told.

    Attributes:
        parts: of our split.
        encoded: the same by codes, as ``click_worker.py`` reads it.
        threads: of each training.
    """

    parts: Split[PairCases]
    encoded: Mapping[str, Any]
    threads: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("models", nargs="*", default=list(PEERS))
    parser.add_argument("--projection")
    parser.add_argument("--split")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=SAME["epochs"], help="at most")
    parser.add_argument("--trials", type=int, default=100, help="settings tried of each grid, at most")
    parser.add_argument("--envs", type=Path, default=Path(".cache/peers"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, {asked.threads} threads for all\n"
    )
    plan = Plan("fm", {}, asked.split, projection=asked.projection, task="click")
    ground = read_ground(Workspace(asked.workspace), plan)
    parts = ground.task.split(ground.snapshot, asked.split)
    told = Told(parts, encoded(parts), asked.threads)
    names = ", ".join(told.encoded["names"])
    print(f"{len(parts.data.records):,} training records, {len(parts.test.users):,} of the test; {names}\n")
    print("| model | system | settings | valid AUC | AUC | AUC within users | log loss | p |\n|" + "---|" * 8)
    for name in asked.models:
        python = environment(PEERS[name], asked.envs)
        if python is None:
            print(f"\nCould not be installed here: {PEERS[name]}")
            continue
        first = None
        for system, own in ((f"graphrec {name}", {**OURS, **HELD.get(name, {})}), (PEERS[name], THEIRS)):
            grid = {**RATES, **own, **({} if name == "fm" else DROPOUT)}
            chosen, best, found = measure(told, system, python, grid, asked)
            first = first or found
            print(
                f"| {name} | {system} | {' '.join(f'{key}={value:g}' for key, value in chosen.items())} | {best:.4f} | "
                f"{' | '.join(spread([one.metrics[metric] for one in found]) for metric in METRICS)} | "
                f"{'' if first is found else tested(first, found)} |",
                flush=True,
            )


def encoded(parts: Split[PairCases]) -> dict[str, Any]:
    """Return every part by the codes of our fields, from 0 in each field, and the list of each record's item."""
    data = parts.data
    kind = model_class("fm")
    model = kind(data.shape, kind.Settings(last=0))
    model.fields.fit(data)
    model.fields.attach(data)
    model.moments.attach(data)
    model.moments.fit(data)
    sides = model.fields._sides
    order = [field for field in model.fields.order if field.kind != "list"]
    first = torch.tensor([model.fields.first[field.name] for field in order])
    sizes = [model.fields._values(field) + 2 for field in order]
    records = data.records
    train = PairCases(records.user, np.asarray(records.item), records.values[TARGET], at=np.asarray(records.order))
    listed = [one for side in sides for one in side.lists]
    found: dict[str, Any] = {}
    for name, part in (("train", train), ("valid", parts.valid), ("test", parts.test)):
        users, items, at = (torch.from_numpy(np.array(one)) for one in (part.users, part.items, part.at))
        codes = torch.cat([side.codes[rows] for side, rows in zip(sides, (users, items), strict=True)], 1) - first
        found[f"{name}_codes"] = torch.cat([codes, model.moments.codes(users, items, at)], 1).numpy()
        found[f"{name}_clicks"] = part.targets.astype(np.float32)
        if listed:
            found[f"{name}_lists"] = padded(listed[-1])[items].numpy()
    sizes += model.moments.first.diff().tolist()
    names = [*(field.name for field in model.fields.order), "User.before", "Item.before", "hour", "weekday"]
    most = {"listed": max(int(found[f"{name}_lists"].max()) for name in ("train", "valid", "test"))} if listed else {}
    return {**found, **most, "sizes": np.array(sizes), "names": names}


def padded(lists: Any) -> torch.Tensor:
    """Return int64 [nodes, longest], codes from 1, 0 beyond what a node lists."""
    found = torch.zeros(len(lists.lengths), int(lists.lengths.max()), dtype=torch.long)
    rows = torch.arange(len(lists.lengths)).repeat_interleave(lists.lengths)
    places = torch.arange(len(lists.indices)) - lists.indptr[rows]
    found[rows, places] = lists.indices - lists.indices.min() + 1
    return found


def measure(
    told: Told, system: str, python: Path, grid: Mapping[str, Sequence[Any]], asked: argparse.Namespace
) -> tuple[Settings, float, list[Evaluation]]:
    """Choose a setting on validation; return it, its AUC there, and the test of every seed."""
    tried = []
    for settings in list(points(grid))[: asked.trials]:
        valid, _ = fit(told, system, python, {**SAME, **settings, "epochs": asked.epochs, "seed": 0})
        tried.append((judge(told, told.parts.valid, valid).metrics["auc"], settings))
    best, chosen = max(tried, key=lambda pair: pair[0])
    found = []
    for seed in range(asked.seeds):
        _, test = fit(told, system, python, {**SAME, **chosen, "epochs": asked.epochs, "seed": seed})
        found.append(judge(told, told.parts.test, test))
    return chosen, best, found


def fit(told: Told, system: str, python: Path, settings: Settings) -> tuple[Floats, Floats]:
    """Return the probabilities of validation and test."""
    library, name = system.split()
    if library != "graphrec":
        given = {key: value for key, value in told.encoded.items() if key != "names"}
        threads = {"threads": told.threads, "loader": "columns"}
        found = answer(WORKER, system, python, given, {**settings, **threads}, told.threads)
        return found["valid"].astype(np.float64), found["test"].astype(np.float64)
    kind = model_class(name)
    own = {key: value for key, value in settings.items() if key in kind.Settings.model_fields}
    rest = {key: value for key, value in settings.items() if key not in own}
    seed_everything(settings["seed"])
    model = kind(told.parts.data.shape, kind.Settings(**own, last=0))
    best = Judge("auc", True, lambda now: judge(told, told.parts.valid, asking(now, told.parts.valid)).metrics["auc"])
    options = TrainOptions.model_validate({**kind.defaults, **rest, "device": "cpu"})
    train(model, told.parts, options, judge=best)
    return asking(model, told.parts.valid), asking(model, told.parts.test)


def asking(model: Any, cases: PairCases) -> Floats:
    """Return the probabilities of ``cases``."""
    given = (torch.from_numpy(np.array(one)) for one in (cases.users, cases.items, cases.at))
    told: Floats = model.scorer().pairs_at(*given).double().numpy()
    return told


def judge(told: Told, cases: PairCases, predicted: Floats) -> Evaluation:
    """Return the metrics of probabilities of ``cases``."""
    made = Predictions(cases.users, cases.targets, predicted, np.ones(len(predicted), bool))
    records: Ints = told.parts.data.by_user.lengths[cases.users]
    return evaluate_predictions(made, METRICS, records, seed=0)


def tested(first: Sequence[Evaluation], other: Sequence[Evaluation]) -> str:
    """Return p of the metrics that single cases have, means over seeds, paired by users."""
    told = []
    for metric in ("gauc", "logloss"):
        means = [np.mean([one.values[metric] for one in found], 0) for found in (first, other)]
        told.append(f"{metric} {paired_test(*means, seed=0, clusters=first[0].clusters).p_value:.3f}")
    return ", ".join(told)


def spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.4f}" + (f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
