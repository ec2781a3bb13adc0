"""The verb ``evaluate``: a run's metrics on its own split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.protocols import protocol_of, under
from graphrec.serving.load_model import load_run
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

WHOLE = ("map", "mrr", "auc")
CUT = ("recall", "ndcg", "hr", "precision")


@dataclass(frozen=True)
class Evaluated:
    """A run, by which of ``PROTOCOLS`` it was measured, and its metrics."""

    run: Run
    protocol: str
    evaluation: Evaluation


def evaluate_run(
    workspace: Workspace,
    run_id: str,
    *,
    cuts: Sequence[int] = (5, 10, 20),
    part: str = "test",
    protocol: str | None = None,
) -> Evaluated:
    """Measure a run.

    Args:
        workspace: where it is.
        run_id: which.
        cuts: the K of recall@K and so on.
        part: ``"test"`` or ``"valid"``.
        protocol: one of ``PROTOCOLS``; by default that of the run's split.

    Raises ``NotFoundError`` for an unknown run or protocol, ``ConfigError`` for a protocol that the split has not.
    """
    if part not in ("test", "valid"):
        raise ConfigError(f"a run is measured on test or valid, not {part!r}")
    run = find_run(workspace, run_id)
    loaded = load_run(workspace, run)
    cases = loaded.split.test if part == "test" else loaded.split.valid
    if protocol is not None:
        cases = under(cases, protocol)
    within = cases.candidates is not None
    names = [*WHOLE, *(("nmsd",) if within else ()), *(f"{stem}@{k}" for k in cuts for stem in CUT)]
    if not within:
        names += [f"coverage@{k}" for k in cuts]
    with torch.inference_mode():
        found = evaluate(
            loaded.model.scorer(cases.items),
            cases,
            loaded.split.data,
            names,
            seed=run.manifest["seed"],
            model=run.model,
        )
    return Evaluated(run, protocol_of(cases), found)
