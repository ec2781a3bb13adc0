"""What a run's folder tells of it: how training went, and what the run came to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphrec.evaluation.any_metric import more_is_better
from graphrec.training.manifest import FILE, METRICS, REFUSED
from graphrec.training.runs import Run


@dataclass(frozen=True)
class Summary:
    """A line about a run; what an unfinished run does not know yet is None.

    Attributes:
        id: its folder's name.
        model: name of the model.
        projection: what it was trained on, ``likes`` for example.
        features: the feature matrices it read.
        split: what it was tested on.
        seed: of everything random in it.
        dimension: of its embeddings; None for a model without.
        started: when, ISO 8601.
        seconds: how long training and test took.
        metric: what it was stopped by.
        value: that metric on the test data.
        finished: whether it was tested.
        verdict: why it was refused, or what the account of its training concludes; "" where there is none.
    """

    id: str
    model: str
    projection: str
    features: tuple[str, ...]
    split: str
    seed: int
    dimension: int | None
    started: str
    seconds: float | None
    metric: str | None
    value: float | None
    finished: bool
    verdict: str


@dataclass(frozen=True)
class Figure:
    """A test metric with its 95 % interval, which coverage has not."""

    name: str
    value: float
    low: float | None
    high: float | None
    higher_is_better: bool


@dataclass(frozen=True)
class History:
    """How training went; the lists are of one length, an entry per epoch, None where an epoch has no such value.

    Attributes:
        epochs: their numbers, from 1.
        losses: mean loss by phase.
        valid: validation metrics by name.
    """

    epochs: Sequence[int]
    losses: Mapping[str, Sequence[float | None]]
    valid: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class BucketReport:
    """Test metrics of the users with so many training records: at least ``low``, and fewer than ``high``, if any."""

    low: int
    high: int | None
    cases: int
    metrics: Mapping[str, float]


def summary(run: Run) -> Summary:
    """Return the line about a run."""
    told = run.manifest
    name = told.get("metric")
    return Summary(
        run.id,
        run.model,
        str(told["projection"]["name"]),
        tuple(told["projection"].get("features") or ()),
        str(told["split"]),
        int(told["seed"]),
        told["settings"].get("dimension"),
        str(told.get("started", "")),
        told.get("total_seconds"),
        name,
        told.get("test", {}).get("metrics", {}).get(name),
        run.finished,
        told.get(REFUSED) or told.get("account", {}).get("verdict", {}).get("sentence", ""),
    )


def figures(run: Run) -> list[Figure]:
    """Return the test metrics as the manifest has them; none of an unfinished run."""
    test = run.manifest.get("test", {})
    intervals = test.get("ci95", {})
    return [
        Figure(name, value, low, high, more_is_better(name))
        for name, value in test.get("metrics", {}).items()
        for low, high in [intervals.get(name, (None, None))]
        if value is not None
    ]


def buckets(run: Run) -> list[BucketReport]:
    """Return the test metrics by how much is known of the users, sparse ones first.

    Those of whom nothing is known, from 0 to 0 records, are among the next as well.
    """
    cold = run.manifest.get("test", {}).get("cold")
    found = [BucketReport(0, 0, cold["groups"], cold["metrics"])] if cold else []
    for name, told in run.manifest.get("test", {}).get("buckets", {}).items():
        low, _, high = name.strip("[)").partition(",")
        found.append(BucketReport(int(low), None if high == ".." else int(high), told["groups"], told["metrics"]))
    return sorted(found, key=lambda bucket: bucket.low)


def history(run: Run) -> History:
    """Return how training went, as far as it has come; a model that does not train has no epochs."""
    lines = _lines(run)
    return History([line["epoch"] for line in lines], _columns(lines, "loss"), _columns(lines, "valid"))


def how_far(run: Run) -> str:
    """Return a text that is another as soon as the run has come further."""
    found = [run.folder / name for name in (FILE, METRICS)]
    return " ".join(str(path.stat().st_mtime_ns) for path in found if path.exists())


def _lines(run: Run) -> list[dict[str, Any]]:
    with suppress(FileNotFoundError):
        return [json.loads(line) for line in (run.folder / METRICS).read_text(encoding="utf-8").splitlines()]
    return []


def _columns(lines: Sequence[Mapping[str, Any]], part: str) -> dict[str, list[float | None]]:
    names = dict.fromkeys(name for line in lines for name in line[part])
    return {name: [line[part].get(name) for line in lines] for name in names}
