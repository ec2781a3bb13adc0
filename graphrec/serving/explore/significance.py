"""Whether two runs differ by more than chance: a paired test on the cases of both, kept beside the first run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from graphrec.errors import DataError
from graphrec.files import read_json, write_json
from graphrec.training.manifest import FILE
from graphrec.training.runs import Run
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.evaluation.common_cases import CaseKeys
    from graphrec.evaluation.evaluate import Evaluation

FOLDER = "significance"


@dataclass(frozen=True)
class Difference:
    """What a paired test says of a metric.

    Attributes:
        difference: mean of the first run less mean of the second.
        ci95: the difference's 95 % interval, low and high; None of too few cases.
        p_value: two-sided.
        cases: how many cases were paired.
        of: how many cases each of the two has.
    """

    difference: float
    ci95: tuple[float, float] | None
    p_value: float
    cases: int
    of: tuple[int, int]


def kept(first: Run, second: Run) -> Mapping[str, Difference] | None:
    """Return by metric what was found when these two runs, as they are now, were compared; None before that."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = read_json(_path(first, second))
        if told["of"] == _versions(first, second):
            return {
                name: Difference(**{**value, "ci95": value["ci95"] and tuple(value["ci95"]), "of": tuple(value["of"])})
                for name, value in told["metrics"].items()
            }
    return None


def compare(
    workspace: Workspace, first: Run, second: Run, progress: Callable[[float], None] | None = None
) -> Mapping[str, Difference]:
    """Rank the test cases by both runs' models, test every metric that both have on the cases that both have.

    What is found is kept.

    Args:
        workspace: where the runs are.
        first: one run.
        second: the other.
        progress: told the share that is done.

    Raises:
        DataError: the two have no test case in common, or one of them was not tested at all.
        TrainingError: a run's weights or snapshot are gone.
    """
    tell = progress or (lambda share: None)
    for run in (first, second):
        if not run.finished:
            raise DataError(f"run {run.id} is not finished: `graphrec train --resume {run.id}`")
    from graphrec.evaluation.common_cases import compare as compared

    one, keys = _evaluated(workspace, first)
    tell(0.4)
    other, other_keys = _evaluated(workspace, second)
    tell(0.8)
    both = compared(one, other, (keys, other_keys))
    found = {
        name: Difference(test.difference, test.ci95, test.p_value, test.cases, both.of)
        for name, test in both.metrics.items()
    }
    tell(1.0)
    value = {"of": _versions(first, second), "metrics": {name: asdict(one) for name, one in found.items()}}
    write_json(_path(first, second), value)
    return found


def _evaluated(workspace: Workspace, run: Run) -> tuple[Evaluation, CaseKeys]:
    # Here, not above: reading what was found should not wait for torch.
    from graphrec.evaluation.common_cases import case_keys
    from graphrec.evaluation.judged import judge_model
    from graphrec.serving.load_model import load_run

    loaded = load_run(workspace, run)
    names = list(run.manifest["test"]["metrics"])
    parts = loaded.split
    found = judge_model(loaded.model, loaded.task, parts.data, parts.test, names, seed=run.manifest["seed"])
    return found, case_keys(parts.test, parts, loaded.snapshot)


def _versions(*runs: Run) -> list[str]:
    return [_digest(run.folder / FILE) for run in runs]


def _digest(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=12).hexdigest()


def _path(first: Run, second: Run) -> Path:
    return first.folder / FOLDER / f"{second.id}.json"
