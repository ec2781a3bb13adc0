"""The verb ``evaluate``: a run's metrics on its own split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from typing import Any

from graphrec.errors import ConfigError, DataError
from graphrec.evaluation.common_cases import CaseKeys, Compared, case_keys, compare
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.protocols import SAMPLED, protocol_of, under
from graphrec.evaluation.sampled import mean_of_draws, sampled, told_draws
from graphrec.serving.load_model import load_run
from graphrec.tasks.base import Task
from graphrec.tasks.cases import Cases, RankingCases, Split
from graphrec.training.runs import Run, find_run
from graphrec.workspace import Workspace

WHOLE = ("map", "mrr", "auc")
CUT = ("recall", "ndcg", "hr", "precision", "f1")


@dataclass(frozen=True)
class Evaluated:
    """A run's metrics.

    Attributes:
        run: which.
        protocol: by which of ``PROTOCOLS`` it was measured.
        evaluation: what was found.
        also: the same of each further projection.
        keys: what the cases are, for comparisons.
        changed: metrics that are not what training had measured on the same cases: then, and now.
        among: what was drawn to rank among, a sentence; empty where nothing was.
    """

    run: Run
    protocol: str
    evaluation: Evaluation
    also: Mapping[str, Evaluation]
    keys: CaseKeys
    changed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    among: str = ""

    @property
    def warning(self) -> str:
        """Say in a sentence what has changed since training; empty where that is nothing."""
        if not self.changed:
            return ""
        told = ", ".join(f"{name} {now:.4f}, then {then:.4f}" for name, (then, now) in self.changed.items())
        return (
            f"not what training had measured (on {self.run.manifest['device']}): {told}; where that is more than "
            "another machine explains, the model or its code has changed since: train again"
        )

    def against(self, other: Evaluated) -> Compared:
        """Compare with another run on the cases that both have, whenever each was trained.

        Raises ``DataError`` where there are none, or the two were measured by different protocols.
        """
        if self.protocol != other.protocol:
            raise DataError(
                f"{self.run.id} was measured by the protocol {self.protocol}, {other.run.id} by {other.protocol}; "
                "--protocol full measures both alike where they rank items"
            )
        return compare(self.evaluation, other.evaluation, (self.keys, other.keys))


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
        protocol: one of ``PROTOCOLS``, or ``sampled``, for the first task; by default that of the run's split.

    Raises ``NotFoundError`` for an unknown run or protocol, ``ConfigError`` for a protocol that the split has not.
    """
    if part not in ("test", "valid"):
        raise ConfigError(f"a run is measured on test or valid, not {part!r}")
    run = find_run(workspace, run_id)
    loaded = load_run(workspace, run)

    def measured(task: Task[Any], split: Split[Any], cases: Cases, names: Sequence[str]) -> Evaluation:
        seed, first = run.manifest["seed"], loaded.split.data
        return judge_model(loaded.model, task, split.data, cases, names, seed=seed, first=first)

    def of(split: Split[Any]) -> Cases:
        cases: Cases = split.test if part == "test" else split.valid
        return cases

    cases = of(loaded.split)
    by = protocol or protocol_of(cases)
    among = ""
    if by == SAMPLED:
        drawn = sampled(under(cases, by), loaded.split)
        among = told_draws(drawn)
        found = mean_of_draws(measured(loaded.task, loaded.split, drawn, [*WHOLE, *_cut(cuts)]))
    else:
        cases = cases if protocol is None else under(cases, protocol)
        found = measured(loaded.task, loaded.split, cases, _names(loaded.task, cases, cuts))
    also = {
        name: measured(one.task, one.split, of(one.split), _names(one.task, of(one.split), cuts))
        for name, one in loaded.beside.items()
    }
    keys = case_keys(cases, loaded.split, loaded.snapshot)
    changed = _changed(run, found) if part == "test" and by == run.manifest.get("protocol") else {}
    return Evaluated(run, by, found, also, keys, changed, among)


def _changed(run: Run, found: Evaluation) -> dict[str, tuple[float, float]]:
    """Return the metrics that differ from those in the run's manifest in the digits that are shown."""
    then = run.manifest.get("test", {}).get("metrics", {})
    return {
        name: (then[name], now)
        for name, now in found.metrics.items()
        if then.get(name) is not None and not isclose(then[name], now, rel_tol=1e-4, abs_tol=5e-5)
    }


def _names(task: Task[Any], cases: Cases, cuts: Sequence[int]) -> Sequence[str]:
    if not isinstance(cases, RankingCases):
        return task.metrics(cases)
    if cases.candidates is not None:
        return [*WHOLE, "nmsd", *_cut(cuts)]
    return [*WHOLE, *_cut(cuts), *(f"coverage@{k}" for k in cuts)]


def _cut(cuts: Sequence[int]) -> list[str]:
    return [f"{stem}@{k}" for k in cuts for stem in CUT]
