"""The verb ``train``: graph -> snapshot -> split -> training -> test metrics -> run."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from graphrec import schema
from graphrec.api.first_contact import refuse_unmapped
from graphrec.api.several import check_also, read_also, split_also, tested_also, told_also
from graphrec.errors import ConfigError, DataError, TrainingError, unknown
from graphrec.evaluation.account import TrainingAccount
from graphrec.evaluation.accounting import account
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.judging import validation_judge
from graphrec.evaluation.protocols import protocol_of
from graphrec.features import FeatureStore
from graphrec.graph.build import snapshot
from graphrec.graph.projection import Projection, choose
from graphrec.graph.refresh import unchecked
from graphrec.graph.snapshot import GENRES, Snapshot
from graphrec.graph.splits import AT, base_name, split_at
from graphrec.learning.options import MANY_RECORDS, TrainOptions
from graphrec.media.kept_encoders import kept_encoder
from graphrec.models.base import Model
from graphrec.models.registry import model as model_class
from graphrec.models.registry import read_settings
from graphrec.serving.load_model import Loaded
from graphrec.serving.same_scores import require_same_scores
from graphrec.store.base import TellingStore, closing
from graphrec.store.open import open_store
from graphrec.tasks.base import Task
from graphrec.tasks.beside import together
from graphrec.tasks.cases import Split
from graphrec.tasks.ranking import Ranking
from graphrec.tasks.registry import task_class
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.manifest import FORMAT, REFUSED, write_manifest
from graphrec.training.runs import (
    Run,
    beside_of,
    find_run,
    new_run_folder,
    require_format,
    require_use,
    snapshot_of,
    split_of,
    task_of,
    write_config,
)
from graphrec.training.seeding import seed_everything
from graphrec.training.trainer import Progress, TrainResult
from graphrec.training.trainer import train as run_training
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    import py2neo

log = logging.getLogger(__name__)

@dataclass(frozen=True)
class Trained:
    """A finished run, its model as it was trained, the test metrics, and an account of it all.

    ``also`` are the test metrics of each further projection.
    """

    loaded: Loaded
    test: Evaluation
    also: Mapping[str, Evaluation]
    account: TrainingAccount

    @property
    def run(self) -> Run:
        """Its folder and manifest."""
        return self.loaded.run


@dataclass(frozen=True)
class Plan:
    """What to train, on which part of the graph.

    Attributes:
        model: name of the model.
        given: settings of model and task and options of training by name; strings are converted, None is left out.
        split: name of the split; None for what the data say.
        fold: which fold, for splits that have folds.
        projection: name of the projection; None for what the data hold.
        where: conditions on the relationships, such as ``"rating>=4"``.
        features: names of the feature matrices; None for all that the model reads.
        task: name of the task; None for the model's usual one.
        folds: how many folds a split has that has folds.
        also: names of further projections to learn from and to be tested on, for a model that takes several; each is
            split as the data say, and an early stop looks at the first only.
        at: the moment of the split ``temporal-cut``, which is meant where none is named: a date, or a share of the
            records by time.
        baselines: whether popularity, chance and, by features, content kNN are measured on the same test cases.
    """

    model: str
    given: Mapping[str, Any]
    split: str | None = None
    fold: int = 0
    projection: str | None = None
    where: Sequence[str] = ()
    features: Sequence[str] | None = None
    task: str | None = None
    folds: int = 5
    also: Sequence[str] = ()
    at: str | None = None
    baselines: bool = True

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
    fresh: bool = False,
) -> Trained:
    """Train a model and test it; the database is held only while the snapshot is made.

    ``store`` is what ``open_store`` takes. With ``fresh`` the graph is read whole, though it may be known already.

    Raises what the parts raise: ``NotFoundError`` and ``ConfigError`` for names and values, ``DataError`` where the
    graph has nothing to learn from, ``TrainingError``.
    """
    kind = model_class(plan.model)
    task_kind = _task_kind(kind, plan.task)
    settings, options, asked = _read(plan.model, task_kind, plan.given)
    with closing(open_store(workspace, store)) as graph:
        refuse_unmapped(graph)
        counts = graph.counts()
        projection = choose(plan.projection, counts, task_kind.projections, graph.properties)
        task = _task(task_kind, projection, plan.where, asked)
        check_also(kind, projection, plan.also)
        shot = snapshot(graph, _needed(kind, task.reads(projection), plan.features), workspace, fresh=fresh)
        further = read_also(
            graph,
            workspace,
            task_kind,
            plan.also,
            projection.item,
            lambda theirs: _needed(kind, theirs, None),
            fresh=fresh,
        )
        missed = None if fresh else unchecked(graph)
        mapped = dict(graph.mapped) if isinstance(graph, TellingStore) else {}
    parts = task.split(shot, split_at(plan.split, plan.at), seed=options.seed, fold=plan.fold, folds=plan.folds)
    beside = split_also(further, parts, shot, seed=options.seed, fold=plan.fold, folds=plan.folds)
    parts = together(parts, shot, beside)
    notes = [
        *([missed] if missed else []),
        *_tell(task, shot, parts, options),
        *_of_users(workspace, shot.projection["features"]),
    ]
    if isinstance(task, Ranking) and task.value and not kind.needs.weights:
        notes.append(f"{kind.name} does not weigh records: {task.value} was not used.")
    kind.check(parts.data, settings)
    split_name = base_name(parts.name)
    named, _, at = split_name.partition(AT)
    folder = new_run_folder(workspace, plan.model)
    # With what was chosen by default, which may be something else once the graph has grown.
    chosen = replace(
        plan,
        given={**plan.given, "seed": options.seed},
        task=task.name,
        split=named,
        at=at or None,
        projection=projection.name,
        features=shot.projection["features"],
    )
    write_config(folder, chosen.to_dict())
    extra = {
        "format": FORMAT,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "task": task.told(),
        "fold": plan.fold,
        "folds": plan.folds,
        "projection": shot.projection,
        "split_name": split_name,
        "item_label": shot.item_label,
        "also": told_also(beside),
        "mapped": mapped,
        "origins": _origins(workspace, shot),
        "baselines": plan.baselines,
        "notes": notes,
    }
    seed_everything(options.seed)
    model = kind(parts.data.shape, settings)
    loaded = Loaded(Run(folder, extra), model, shot, task, parts, beside)
    return _run(loaded, options, progress, resume=False)


def resume(workspace: Workspace, run_id: str, *, progress: Progress | None = None) -> Trained:
    """Go on with a run that was cut off; the result is that of one uninterrupted run.

    Raises ``NotFoundError`` for an unknown run or a snapshot that is gone, ``TrainingError`` for one that is of no use.
    """
    run = find_run(workspace, run_id)
    require_format(run)
    require_use(run)
    shot, task = snapshot_of(workspace, run), task_of(run)
    options = TrainOptions(**run.manifest["options"])
    parts = split_of(task, shot, run)
    beside = beside_of(workspace, run, parts, shot)
    parts = together(parts, shot, beside)
    kind = model_class(run.model)
    seed_everything(options.seed)
    model = kind(parts.data.shape, kind.Settings(**run.manifest["settings"]))
    return _run(Loaded(run, model, shot, task, parts, beside), options, progress, resume=True)


def _run(loaded: Loaded, options: TrainOptions, progress: Progress | None, *, resume: bool) -> Trained:
    model, task, parts, folder = loaded.model, loaded.task, loaded.split, loaded.run.folder
    began = time.monotonic()
    try:
        result: TrainResult = run_training(
            model,
            parts,
            options,
            folder,
            progress,
            judge=validation_judge(task, parts, options),
            snapshot=loaded.snapshot.fingerprint,
            extra=loaded.run.manifest,
            resume=resume,
        )
        _require_same(replace(loaded, run=Run(folder, result.manifest)))
        metrics = task.metrics(parts.test)
        test = judge_model(model, task, parts.data, parts.test, metrics, seed=options.seed)
        also = tested_also(model, loaded.beside, parts.data, seed=options.seed)
        told = result.manifest["also"]
        found = account(
            model,
            task,
            loaded.snapshot,
            parts,
            test,
            options,
            watched=result.metric,
            beside=loaded.run.manifest.get("baselines", True),
            notes=loaded.run.manifest.get("notes", ()),
        )
        manifest = result.manifest | {
            "protocol": protocol_of(parts.test),
            "test": test.to_dict(),
            "also": {name: {**told[name], "test": one.to_dict()} for name, one in also.items()},
            "account": found.to_dict(),
            "total_seconds": round(time.monotonic() - began, 3),
        }
        write_manifest(folder, manifest)
    except DataError as error:
        if not (folder / MANIFEST).exists():
            raise
        raise DataError(f"{error}. `graphrec train --resume {folder.name}` goes on with this run") from error
    return Trained(replace(loaded, run=Run(folder, manifest)), test, also, found)


def _require_same(loaded: Loaded) -> None:
    """Refuse a run whose files do not give the scores that would be measured, in its manifest too."""
    try:
        require_same_scores(loaded)
    except TrainingError as error:
        write_manifest(loaded.run.folder, {**loaded.run.manifest, REFUSED: str(error)})
        raise TrainingError(f"{error}; the run {loaded.run.id} is refused") from error


def _task_kind(kind: type[Model[Any]], name: str | None) -> type[Task[Any]]:
    found = task_class(name or kind.tasks[0])
    if found.name not in kind.tasks:
        raise ConfigError(f"{kind.name} cannot be trained for {found.name}; it is for {', '.join(kind.tasks)}")
    return found


def _task(
    kind: type[Task[Any]], projection: Projection, where: Sequence[str], asked: Mapping[str, Any]
) -> Task[Any]:
    task = kind.of(projection, where)
    return kind.model_validate({**task.model_dump(), **asked})


def _needed(
    kind: type[Model[Any]], projection: Projection, features: Sequence[str] | None
) -> Projection:
    """Return the projection with what the model reads, and no features for a model that reads none."""
    needs = kind.needs
    names = tuple(features) if features is not None else None if needs.features else ()
    return replace(projection, features=names).asking(
        values=needs.values, lists=needs.lists, fields=needs.fields, described=needs.described
    )


def _tell(task: Task[Any], shot: Snapshot, parts: Split[Any], options: TrainOptions) -> list[str]:
    """Say which records a ranking trains on and is asked for, where that is not all, and how large batches are.

    Returns what of it the account of the training does not tell by itself, a sentence each.
    """
    records, notes = len(parts.data.records), list[str]()
    if options.batch_size == 0 and records > MANY_RECORDS:
        notes.append(
            f"Takes {options.batch(records):,} of {records:,} training records a step; --set batch_size changes that."
        )
        log.info(notes[-1])
    if isinstance(task, Ranking) and task.positive:
        kept = int(task.holds(shot.records, shot.fields).sum())
        name, rules = shot.projection["relationship"], ", ".join(map(str, task.positive))
        if kept < len(shot.records):
            log.info(f"trains on {kept:,} of {len(shot.records):,} {name}, where {rules}; --where changes that")
    if isinstance(task, Ranking) and (known := parts.valid.known + parts.test.known):
        log.info(f"does not ask for {known:,} held-out items that their users had chosen before")
    return notes


def _origins(workspace: Workspace, shot: Snapshot) -> dict[str, str]:
    """Return by feature what its matrix began with, so that one that was made anew is known."""
    features = FeatureStore(workspace.features)
    return {name: features.info(name).origin for name in shot.projection["features"] if name != GENRES}


def _of_users(workspace: Workspace, features: Sequence[str]) -> list[str]:
    """Say which features hold what users wrote, which a test may ask for."""
    written = {end for _, end in schema.relationship("WROTE").ends}
    made = {name: kept_encoder(workspace.encoders, name) for name in features}
    return [
        f"{name} holds what users wrote, of what they are tested on too, which may flatter; --feature chooses others."
        for name, one in made.items()
        if one and one.values.onto and one.values.label in written
    ]


def _read(
    name: str, task: type[Task[Any]], given: Mapping[str, Any]
) -> tuple[Any, TrainOptions, dict[str, Any]]:
    """Return the model's settings, the options of training, and what is said of the task."""
    kind = model_class(name)
    own, options, of_task = kind.Settings.model_fields, TrainOptions.model_fields, task.model_fields
    for key in given:
        if key not in own and key not in options and key not in of_task:
            # `positive` and `value` have flags of their own, --where and --value.
            raise unknown(f"setting of {name}", key, [*own, *options, *(set(of_task) - {"positive", "value"})])
    settings = {key: value for key, value in given.items() if key in own}
    rest = {key: value for key, value in given.items() if key not in own and key in options}
    asked = {key: value for key, value in given.items() if key not in own and key not in options}
    return (
        read_settings(kind.Settings, settings, f"setting of {name}"),
        read_settings(TrainOptions, {**kind.defaults, **rest}, "option of training"),
        asked,
    )
