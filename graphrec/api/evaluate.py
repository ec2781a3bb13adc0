"""The verb ``evaluate``: a run's metrics on its own split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphrec.errors import ConfigError
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.protocols import protocol_of, under
from graphrec.serving.load_model import load_run
from graphrec.tasks.base import Task
from graphrec.tasks.cases import RankingCases, Split
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

WHOLE = ("map", "mrr", "auc")
CUT = ("recall", "ndcg", "hr", "precision", "f1")


@dataclass(frozen=True)
class Evaluated:
    """A run, by which of ``PROTOCOLS`` it was measured, and its metrics; ``also`` those of each further projection."""

    run: Run
    protocol: str
    evaluation: Evaluation
    also: Mapping[str, Evaluation]


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
        protocol: one of ``PROTOCOLS``, for the first task; by default that of the run's split.

    Raises ``NotFoundError`` for an unknown run or protocol, ``ConfigError`` for a protocol that the split has not.
    """
    if part not in ("test", "valid"):
        raise ConfigError(f"a run is measured on test or valid, not {part!r}")
    run = find_run(workspace, run_id)
    loaded = load_run(workspace, run)

    def measured(task: Task[Any], split: Split[Any]) -> tuple[str, Evaluation]:
        cases = split.test if part == "test" else split.valid
        if protocol is not None and split is loaded.split:
            cases = under(cases, protocol)
        names = _rankings(cases, cuts) if isinstance(cases, RankingCases) else task.metrics(cases)
        found = judge_model(loaded.model, task, split.data, cases, names, seed=run.manifest["seed"])
        return protocol_of(cases), found

    also = {name: measured(other.task, other.split)[1] for name, other in loaded.beside.items()}
    return Evaluated(run, *measured(loaded.task, loaded.split), also)


def _rankings(cases: RankingCases, cuts: Sequence[int]) -> list[str]:
    within = cases.candidates is not None
    names = [*WHOLE, *(("nmsd",) if within else ()), *(f"{stem}@{k}" for k in cuts for stem in CUT)]
    return names if within else names + [f"coverage@{k}" for k in cuts]
