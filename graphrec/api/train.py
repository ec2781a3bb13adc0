"""The verb ``train``: graph -> snapshot -> split -> training -> test metrics -> run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graphrec import schema
from graphrec.api.blending import as_given, completed, take_members
from graphrec.api.ground import Ground, read_ground
from graphrec.api.plan import Plan, read_given
from graphrec.api.several import tested_also, told_also
from graphrec.errors import DataError, TrainingError
from graphrec.evaluation.account import TrainingAccount
from graphrec.evaluation.accounting import account
from graphrec.evaluation.calibrating import LOGLOSS, calibrate, check_calibration
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.judging import validation_judge
from graphrec.evaluation.protocols import protocol_of
from graphrec.features import FeatureStore
from graphrec.graph.snapshot import GENRES, Snapshot
from graphrec.graph.splits import base_name
from graphrec.learning.options import MANY_RECORDS, TrainOptions
from graphrec.media.kept_encoders import kept_encoder
from graphrec.models.of_runs import OfRuns
from graphrec.models.registry import model as model_class
from graphrec.serving.load_model import Loaded
from graphrec.serving.same_scores import require_same_scores
from graphrec.tasks.base import Task
from graphrec.tasks.beside import together
from graphrec.tasks.cases import Split
from graphrec.tasks.ranking import Ranking
from graphrec.training.checkpoint import load_checkpoint
from graphrec.training.manifest import CALIBRATION, FORMAT, REFUSED, write_manifest
from graphrec.training.manifest import FILE as MANIFEST
from graphrec.training.runs import (
    Run,
    as_told,
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
    plan = completed(workspace, plan)
    return train_on(workspace, plan, read_ground(workspace, plan, store=store, fresh=fresh), progress=progress)


def train_on(
    workspace: Workspace,
    plan: Plan,
    ground: Ground,
    *,
    progress: Progress | None = None,
    begun: Callable[[Run], None] | None = None,
) -> Trained:
    """Train ``plan`` on a ground that was read for it, and test it; ``begun`` is told the run before it learns."""
    given = read_given(plan)
    kind, settings, options, task, shot = given.kind, given.settings, given.options, ground.task, ground.snapshot
    parts, beside = ground.split(plan, options.seed)
    features = shot.projection["features"]
    notes = [*ground.notes, *_tell(task, shot, parts, options), *_of_users(workspace, features)]
    notes += _learned(workspace, features)
    if isinstance(task, Ranking) and task.value and not kind.reads(settings).weights:
        notes.append(f"{kind.name} does not weigh records: {task.value} was not used.")
    kind.check(parts.data, settings)
    check_calibration(task, parts)
    notes += kind.notes(parts.data, settings)
    folder = new_run_folder(workspace, plan.model)
    chosen = ground.chosen(replace(plan, given={**as_given(plan), "seed": options.seed}), parts.name)
    write_config(folder, chosen.to_dict())
    extra = {
        "format": FORMAT,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "task": task.told(),
        "fold": plan.fold,
        "folds": plan.folds,
        "projection": shot.projection,
        "split_name": base_name(parts.name),
        "item_label": shot.item_label,
        "also": told_also(beside),
        "mapped": ground.mapped,
        "origins": _origins(workspace, shot),
        "baselines": plan.baselines,
        "notes": notes,
    }
    seed_everything(options.seed)
    model = kind(parts.data.shape, settings)
    if isinstance(model, OfRuns):
        take_members(workspace, model, shot, parts)
    run = Run(folder, extra)
    if begun is not None:
        begun(run)
    return _run(Loaded(run, model, shot, task, parts, beside), options, progress, resume=False)


def resume(workspace: Workspace, run_id: str, *, progress: Progress | None = None) -> Trained:
    """Go on with a run that was cut off; the result is that of one uninterrupted run.

    Raises ``NotFoundError`` for an unknown run or a snapshot that is gone, ``TrainingError`` for one that is of no use.
    """
    run = find_run(workspace, run_id)
    require_format(run)
    require_use(run)
    shot, task = snapshot_of(workspace, run), task_of(run)
    kind = model_class(run.model)
    with as_told(run):
        options, settings = TrainOptions(**run.manifest["options"]), kind.Settings(**run.manifest["settings"])
    parts = split_of(task, shot, run)
    beside = beside_of(workspace, run, parts, shot)
    parts = together(parts, shot, beside)
    seed_everything(options.seed)
    model = kind(parts.data.shape, settings)
    if isinstance(model, OfRuns) and load_checkpoint(run.folder) is None:
        # It was cut off before it had any tensors of its own.
        take_members(workspace, model, shot, parts)
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
        calibrated = calibrate(model, task, parts, seed=options.seed)
        told = result.manifest | ({} if calibrated is None else {CALIBRATION: calibrated.told()})
        _require_same(replace(loaded, run=Run(folder, told)))
        metrics = task.metrics(parts.test)
        test = judge_model(model, task, parts.data, parts.test, metrics, seed=options.seed)
        also = tested_also(model, loaded.beside, parts.data, seed=options.seed)
        said = [] if calibrated is None else [calibrated.sentence(test.metrics[LOGLOSS])]
        found = account(
            model,
            task,
            loaded.snapshot,
            parts,
            test,
            options,
            watched=result.metric,
            beside=loaded.run.manifest.get("baselines", True),
            notes=(*loaded.run.manifest.get("notes", ()), *model.learned(), *said),
        )
        manifest = told | {
            "protocol": protocol_of(parts.test),
            "test": test.to_dict(),
            "also": {name: {**told["also"][name], "test": one.to_dict()} for name, one in also.items()},
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


def _learned(workspace: Workspace, features: Sequence[str]) -> list[str]:
    """Say which features a run has learned, maybe of what a test asks for."""
    store = FeatureStore(workspace.features)
    by = {name: store.info(name).run for name in features if name != GENRES}
    return [
        f"{name} was learned by {run}, of records that are tested on too, which may flatter."
        for name, run in by.items()
        if run
    ]
