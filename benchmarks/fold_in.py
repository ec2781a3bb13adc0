"""New users without retraining, against training anew: recall@20 of users whose records were hidden, and their wait.

    python benchmarks/fold_in.py WORKSPACE transgrec bpr ease ials --epochs 10

A fifth of the users has no training record while a model is trained, and is then placed by them. Retrained is the same
model trained with those records; both stop early on the other users.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphrec.evaluation.judging import validation_judge
from graphrec.graph.build import snapshot
from graphrec.graph.data import Data
from graphrec.graph.projection import choose
from graphrec.learning.options import TrainOptions
from graphrec.models.registry import model as model_class
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Split
from graphrec.tasks.registry import task_class
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import train
from graphrec.workspace import Workspace

HIDDEN, SEED, AT = 0.2, 0, 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--split")
    parser.add_argument("--epochs", type=int, help="at most; each model's own number without it")
    asked = parser.parse_args()
    task, parts = ask(asked.workspace, asked.split)
    hidden = np.zeros(parts.data.users, bool)
    hidden[np.random.default_rng(SEED).permutation(parts.data.users)[: int(HIDDEN * parts.data.users)]] = True
    kept = np.flatnonzero(~hidden[parts.valid.users])
    valid = replace(parts.valid, users=parts.valid.users[kept], relevant=parts.valid.relevant.take(kept))
    parts = replace(parts, valid=valid)
    records = parts.data.records.where(~hidden[parts.data.records.user])
    sampled = np.bincount(records.item, minlength=parts.data.items) > 0
    without = replace(parts, data=replace(parts.data, records=records, sampled=sampled))
    cases = [
        case for case, user in enumerate(parts.test.users) if hidden[user] and len(parts.data.by_user[user])
    ]
    print(f"{len(cases)} users\n\n| model | retrained | placed | share | ms a user |\n|---|---|---|---|---|")
    for name in asked.models:
        whole, fewer = (trained(name, task, split, asked.epochs) for split in (parts, without))
        scorer = whole.scorer()
        retrained, _ = recall(parts, cases, lambda user, by=scorer: by.grid(torch.tensor([user]))[0])
        placed, wait = recall(parts, cases, lambda user, by=fewer: by.user_scores(parts.data.by_user[user]))
        print(
            f"| {name} | {retrained:.4f} | {placed:.4f} | {placed / retrained:.1%} | {wait * 1000:.1f} |",
            flush=True,
        )


def ask(folder: Path, split: str | None) -> tuple[Task[Any], Split[Any]]:
    """Read what there is to rank from the workspace."""
    workspace, kind = Workspace(folder), task_class("ranking")
    with closing(open_store(workspace)) as graph:
        projection = choose(None, graph.counts(), kind.projections)
        task = kind.of(projection, [])
        shot = snapshot(graph, task.reads(projection), workspace)
    return task, task.split(shot, split)


def trained(name: str, task: Task[Any], split: Split[Any], epochs: int | None) -> Any:
    """Return the model with its own defaults."""
    kind = model_class(name)
    given = {**kind.defaults, "seed": SEED} | ({} if epochs is None else {"epochs": epochs})
    options = TrainOptions.model_validate(given)
    seed_everything(SEED)
    model = kind(split.data.shape, kind.Settings())
    train(model, split, options, judge=validation_judge(task, split, options))
    return model


@torch.no_grad()
def recall(parts: Split[Any], cases: list[int], score: Any) -> tuple[float, float]:
    """Return recall@20 and seconds a user; a user who cannot be placed has none."""
    data: Data = parts.data
    found, started = [], time.perf_counter()
    for case in cases:
        user, relevant = int(parts.test.users[case]), parts.test.relevant[case]
        scores: Tensor | None = score(user)
        if scores is None:
            found.append(0.0)
            continue
        scores = scores.clone()
        scores[torch.from_numpy(np.asarray(data.by_user[user]))] = -torch.inf
        found.append(len(np.intersect1d(scores.topk(AT).indices.numpy(), relevant)) / len(relevant))
    return float(np.mean(found)), (time.perf_counter() - started) / len(cases)


if __name__ == "__main__":
    main()
