"""The verb ``train``: graph -> snapshot -> split -> training -> test metrics -> run."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.judging import validation_judge
from graphrec.evaluation.protocols import protocol_of
from graphrec.graph.build import snapshot
from graphrec.graph.data import Cases, Split
from graphrec.graph.projection import choose, narrowed
from graphrec.graph.snapshot import Snapshot
from graphrec.graph.splits import split
from graphrec.models.base import Recommender
from graphrec.models.registry import model as model_class
from graphrec.models.registry import read_settings
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.manifest import write_manifest
from graphrec.training.options import TrainOptions
from graphrec.training.runs import Run, find_run, new_run_folder, snapshot_of, split_of, write_config
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import Progress, TrainResult
from graphrec.training.trainer import train as run_training
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    import py2neo

log = logging.getLogger(__name__)

WITHIN_VIDEO = ("map", "nmsd", "hr@5", "ndcg@5", "recall@5", "precision@5", "mrr", "auc")
OVER_ALL = (
    "recall@20",
    "ndcg@20",
    "hr@20",
    "precision@20",
    "recall@10",
    "ndcg@10",
    "map",
    "mrr",
    "auc",
    "coverage@20",
)


@dataclass(frozen=True)
class Trained:
    """A finished run: its folder and manifest, and the test metrics."""

    run: Run
    test: Evaluation


@dataclass(frozen=True)
class Plan:
    """What to train, on which part of the graph.

    Attributes:
        model: name of the model.
        given: settings of the model and options of training by name; strings are converted, None is left out.
        split: name of the split; None for what the data say.
        fold: which fold, for splits that have folds.
        projection: name of the projection; None for what the data hold.
        where: conditions on the relationships, such as ``"rating>=4"``.
        features: names of the feature matrices; None for all.
    """

    model: str
    given: Mapping[str, Any]
    split: str | None = None
    fold: int = 0
    projection: str | None = None
    where: Sequence[str] = ()
    features: Sequence[str] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Plan:
        """Return the plan that ``values``, such as those of a run's config.toml, ask for.

        What is no attribute of a plan is a setting. Raises ``ConfigError`` for a value of the wrong type.
        """
        own = {field.name for field in fields(cls)} - {"given"}
        settings = {key: value for key, value in values.items() if key not in own}
        try:
            return TypeAdapter(cls).validate_python(
                {"given": settings, **{key: value for key, value in values.items() if key in own}}
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return what ``of`` turns into this plan again; what is None is left out."""
        own = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "given"}
        return {key: value for key, value in {**own, **self.given}.items() if value is not None}


def train(
    workspace: Workspace,
    plan: Plan,
    *,
    store: str | py2neo.Graph | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train a model and test it; the database is held only while the snapshot is made.

    ``store`` is what ``open_store`` takes.

    Raises what the parts raise: ``NotFoundError`` and ``ConfigError`` for names and values, ``DataError`` where the
    graph has nothing to learn from, ``TrainingError``.
    """
    settings, options = _read(plan.model, plan.given)
    with closing(open_store(workspace, store)) as graph:
        counts = graph.counts()
        projection = choose(plan.projection, counts)
        projection = narrowed(
            projection, list(plan.where), None if plan.features is None else list(plan.features)
        )
        shot = snapshot(graph, projection, workspace)
    name, of = projection.relationship, counts[projection.relationship]
    if projection.filters and shot.edges < of:
        log.info(
            f"trains on {shot.edges:,} of {of:,} {name}, where {projection.conditions}; --where changes that"
        )
    parts = split(shot, plan.split, seed=options.seed, fold=plan.fold)
    model_class(plan.model).check(parts.data, settings)
    split_name = parts.name.removesuffix(f"-{plan.fold}")
    folder = new_run_folder(workspace, plan.model)
    # With what was chosen by default, which may be something else once the graph has grown.
    chosen = replace(
        plan,
        given={**plan.given, "seed": options.seed},
        split=split_name,
        projection=projection.name,
        features=shot.projection["features"],
    )
    write_config(folder, chosen.to_dict())
    extra = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "fold": plan.fold,
        "projection": shot.projection,
        "split_name": split_name,
        "item_label": shot.item_label,
    }
    return _run(plan.model, settings, options, shot, parts, folder, progress, extra, resume=False)


def resume(workspace: Workspace, run_id: str, *, progress: Progress | None = None) -> Trained:
    """Go on with a run that was cut off; the result is that of one uninterrupted run.

    Raises ``NotFoundError`` for an unknown run or a snapshot that is gone.
    """
    run = find_run(workspace, run_id)
    shot = snapshot_of(workspace, run)
    options = TrainOptions(**run.manifest["options"])
    parts = split_of(shot, run)
    settings = model_class(run.model).Settings(**run.manifest["settings"])
    return _run(run.model, settings, options, shot, parts, run.folder, progress, run.manifest, resume=True)


def default_metrics(cases: Cases) -> Sequence[str]:
    """Return the metrics to report: within videos or over all items."""
    return WITHIN_VIDEO if cases.candidates is not None else OVER_ALL


def _run(
    name: str,
    settings: Any,
    options: TrainOptions,
    shot: Snapshot,
    parts: Split,
    folder: Path,
    progress: Progress | None,
    extra: dict[str, Any],
    *,
    resume: bool,
) -> Trained:
    seed_everything(options.seed)
    model: Recommender[Any] = model_class(name)(parts.data, settings)
    began = time.monotonic()

    try:
        result: TrainResult = run_training(
            model,
            parts,
            options,
            folder,
            progress,
            judge=validation_judge(parts, options),
            snapshot=shot.fingerprint,
            extra=extra,
            resume=resume,
        )
        scorer = model.scorer(parts.test.items)
        metrics = default_metrics(parts.test)
        test = evaluate(scorer, parts.test, parts.data, metrics, seed=options.seed, model=name)
        manifest = result.manifest | {
            "protocol": protocol_of(parts.test),
            "test": test.to_dict(),
            "total_seconds": round(time.monotonic() - began, 3),
        }
        write_manifest(folder, manifest)
    except DataError as error:
        if not (folder / MANIFEST).exists():
            raise
        raise DataError(f"{error}. `graphrec train --resume {folder.name}` goes on with this run") from error
    return Trained(Run(folder, manifest), test)


def _read(name: str, given: Mapping[str, Any]) -> tuple[Any, TrainOptions]:
    kind = model_class(name).Settings
    for key in given:
        if key not in kind.model_fields and key not in TrainOptions.model_fields:
            raise unknown(f"setting of {name}", key, [*kind.model_fields, *TrainOptions.model_fields])
    own = {key: value for key, value in given.items() if key in kind.model_fields}
    rest = {key: value for key, value in given.items() if key not in kind.model_fields}
    return read_settings(kind, own, f"setting of {name}"), read_settings(
        TrainOptions, rest, "option of training"
    )
