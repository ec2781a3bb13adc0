"""Training runs on disk: their names, where they are, what they were."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graphrec.errors import NotFoundError, TrainingError, unknown
from graphrec.files import replacing
from graphrec.graph.snapshot import Snapshot, open_snapshot
from graphrec.tasks.base import Task
from graphrec.tasks.beside import FurtherTask
from graphrec.tasks.cases import Split
from graphrec.tasks.parts_of_items import AS_ITEMS, split_as_items
from graphrec.tasks.registry import told_task
from graphrec.training.manifest import FILE, FORMAT, REFUSED, read_manifest
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Run:
    """A run's folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def model(self) -> str:
        """Name of the model."""
        return str(self.manifest["model"])

    @property
    def finished(self) -> bool:
        """Whether training came to its end, was tested, and the run is of use."""
        return "test" in self.manifest and REFUSED not in self.manifest

    @property
    def also(self) -> dict[str, Run]:
        """The run as its manifest speaks of it for each further projection that it was trained for."""
        told: Mapping[str, Any] = self.manifest.get("also", {})
        return {name: Run(self.folder, {**self.manifest, **other}) for name, other in told.items()}


def new_run_folder(workspace: Workspace, model: str) -> Path:
    """Make the folder of a run that begins now; no two runs get the same."""
    name = f"{model}-{time.strftime('%Y%m%d-%H%M%S')}"
    for again in count(1):
        folder = workspace.runs / (name if again == 1 else f"{name}-{again}")
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            break
    return folder


def list_runs(workspace: Workspace) -> list[Run]:
    """Return all runs, oldest first."""
    found = sorted(workspace.runs.glob(f"*/{FILE}"), key=lambda path: path.parent.stat().st_ctime)
    runs = [Run(path.parent, read_manifest(path.parent)) for path in found]
    return sorted(runs, key=lambda run: str(run.manifest.get("started", "")))


def find_run(workspace: Workspace, name: str | None = None, *, model: str | None = None) -> Run:
    """Return the run called ``name``, or else the newest finished one (of ``model``, if given).

    Raises ``NotFoundError`` with the nearest right name.
    """
    if name is not None:
        folder = workspace.runs / name
        # Whoever is recommended something asks for one run by its name: the others' manifests stay unread.
        if folder.name == name and (folder / FILE).exists():
            return Run(folder, read_manifest(folder))
        raise unknown("run", name, [run.id for run in list_runs(workspace)])
    for run in reversed(list_runs(workspace)):
        if run.finished and model in (None, run.model):
            return run
    of_model = f" of {model}" if model else ""
    raise NotFoundError(
        f"there is no finished run{of_model} yet; start one with "
        f"`graphrec train --model {model or 'transgrec'}`"
    )


def write_config(folder: Path, values: Mapping[str, Any]) -> None:
    """Write ``config.toml``, which ``graphrec train --config`` reads; ``values`` are plain or lists of such."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    with replacing(folder / "config.toml") as file:
        file.write(("\n".join(lines) + "\n").encode())


def snapshot_of(workspace: Workspace, run: Run) -> Snapshot:
    """Return the snapshot that ``run`` was trained on."""
    folder = workspace.snapshots / str(run.manifest["snapshot"])
    if not (folder / "meta.json").exists():
        raise TrainingError(f"the snapshot {folder} of run {run.id} is gone; train again")
    return open_snapshot(folder)


def require_format(run: Run) -> None:
    """Raise ``TrainingError`` for a run whose files are those of another version."""
    if run.manifest.get("format") != FORMAT:
        raise _of_another_version(run)


@contextmanager
def as_told(run: Run) -> Iterator[None]:
    """Read settings from the manifest of ``run``; raises ``TrainingError`` where they are those of another version."""
    try:
        yield
    except ValidationError as error:
        names = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise _of_another_version(run, f" with other settings ({names})") from error


def _of_another_version(run: Run, how: str = "") -> TrainingError:
    return TrainingError(
        f"run {run.id} was made by another version of graphrec{how}; train again: "
        f"`graphrec train --config {run.folder / 'config.toml'}`"
    )


def require_use(run: Run) -> None:
    """Raise ``TrainingError`` for a run that its training has refused."""
    if REFUSED in run.manifest:
        raise TrainingError(f"run {run.id} is of no use: {run.manifest[REFUSED]}")


def task_of(run: Run) -> Task[Any]:
    """Return what ``run`` was trained for."""
    with as_told(run):
        return told_task(run.manifest["task"])


def split_of(task: Task[Any], shot: Snapshot, run: Run) -> Split[Any]:
    """Return the split that ``run`` was trained on."""
    told = run.manifest
    return task.split(
        shot, told["split_name"], seed=told["seed"], fold=told["fold"], folds=told["folds"]
    )


def beside_of(workspace: Workspace, run: Run, first: Split[Any], items: Snapshot) -> dict[str, FurtherTask]:
    """Return what ``run`` was trained for beside its ``first`` task, which is of ``items``, by projection."""
    found = {}
    for name, part in run.also.items():
        task, shot = task_of(part), snapshot_of(workspace, part)
        as_items = part.manifest["split_name"] == AS_ITEMS
        split = split_as_items(task, shot, first, items) if as_items else split_of(task, shot, part)
        if split is None:
            raise TrainingError(f"the split of {name} of run {run.id} cannot be made again; train again")
        found[name] = FurtherTask(task, shot, split)
    return found
