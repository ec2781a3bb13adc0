"""Accuracy of models on one workspace: several seeds or folds, mean figures, and a paired test against a reference.

    python benchmarks/accuracy.py WORKSPACE --split cold-items --folds 5 --seeds 3 --reference contentknn \\
        random popularity contentknn transgrec transgrec:transfer=adversarial

A model may carry settings after a colon, with commas between them. All figures come from this run: mean and standard
deviation over folds and seeds, or, of a single test, its mean and the 95 % bootstrap interval over cases.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from graphrec.api.train import Plan, train
from graphrec.evaluation.confidence import paired_test
from graphrec.evaluation.evaluate import Evaluation
from graphrec.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--split")
    parser.add_argument("--folds", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--reference", help="model of the paired test")
    parser.add_argument("--metrics", default="recall@20,ndcg@20,map,auc")
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    names = asked.metrics.split(",")
    print(f"| model | {' | '.join(names)} | against {asked.reference} | p | best epochs | s |")
    print("|---|" + "---|" * (len(names) + 4))
    reference: list[Evaluation] = []
    for spec in sorted(asked.models, key=lambda spec: spec != asked.reference):
        found, epochs, seconds = measure(asked, spec)
        reference = reference or found
        means = " | ".join(_mean(found, name) for name in names)
        print(
            f"| {spec} | {means} | {_compared(found, reference, names[0])} | {epochs} | {seconds:.0f} |",
            flush=True,
        )


def measure(asked: argparse.Namespace, spec: str) -> tuple[list[Evaluation], list[int], float]:
    """Train and test a model once per fold and seed."""
    model, _, settings = spec.partition(":")
    given = dict(pair.split("=") for pair in settings.split(",") if pair)
    found, epochs, started = [], [], time.monotonic()
    for fold in range(asked.folds):
        for seed in range(asked.seeds):
            plan = Plan(model, {**given, "seed": seed}, split=asked.split, fold=fold)
            trained = train(Workspace(asked.workspace), plan)
            found.append(trained.test)
            epochs.append(trained.run.manifest["best_epoch"])
    return found, epochs, time.monotonic() - started


def _mean(found: list[Evaluation], name: str) -> str:
    values = [e.metrics[name] for e in found]
    if len(values) > 1:
        return f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"
    low, high = found[0].ci95.get(name, (np.nan, np.nan))
    return f"{values[0]:.4f} ({low:.4f} to {high:.4f})"


def _compared(found: list[Evaluation], reference: list[Evaluation], name: str) -> str:
    if found is reference:
        return "- | -"
    ours, theirs = (_per_user(run, name) for run in (found, reference))
    if not np.array_equal(ours[0], theirs[0]):
        return "other cases | -"
    mean = np.mean([e.metrics[name] for e in reference])
    difference = np.mean([e.metrics[name] for e in found]) - mean
    return f"{difference:+.4f} ({difference / mean:+.0%}) | {paired_test(ours[1], theirs[1], seed=0).p_value:.4f}"


def _per_user(found: list[Evaluation], name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return the users and the sum of each one's values: folds and seeds of one user are no independent cases."""
    users, groups = np.unique(np.concatenate([e.users for e in found]), return_inverse=True)
    return users, np.bincount(groups, np.concatenate([e.values[name] for e in found]))


if __name__ == "__main__":
    main()
