"""What a paper is to a reproduction: the systems of its tables, its studies, where data are, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphrec.api.plan import Plan
from graphrec.api.reproduce.report import Section
from graphrec.evaluation.systems import Measured
from graphrec.serving.load_model import Loaded
from graphrec.store.base import GraphStore
from graphrec.tasks.beside import FurtherTask
from graphrec.training.runs import Run
from graphrec.workspace import Workspace

Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Row:
    """A system of the paper's tables.

    Attributes:
        title: as the paper calls it.
        given: what is fixed of it: ``model``, and settings.
        printed: the paper's figures by metric.
    """

    title: str
    given: Mapping[str, Any]
    printed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A row whose tuned settings are kept, but for some.

    Attributes:
        title: of the study.
        row: title of the row.
        variants: by name, what differs; the row itself is one of them, by a name of its own.
        printed: the paper's figures, by variant and metric.
        quick: whether ``--quick`` has it too.
    """

    title: str
    row: str
    variants: Mapping[str, Mapping[str, Any]]
    printed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    quick: bool = False


LATER, OWN = "for later", "not in it"
"""What the paper says of what it leaves for later, and of what is ours."""


@dataclass(frozen=True)
class Claim:
    """That one system is better than others in a metric, as the paper has it.

    Attributes:
        said: in words.
        kind: of measurement.
        metric: likewise.
        better: a title.
        worse: titles; the best of them by our own mean is taken.
        printed: what the paper says of it; ``LATER`` where it only asks, ``OWN`` where it is ours.
    """

    said: str
    kind: str
    metric: str
    better: str
    worse: Sequence[str]
    printed: str = ""


@dataclass(frozen=True)
class Source:
    """Data that a paper can be tried on.

    Attributes:
        title: of the data.
        where: from where people get them.
        find: returns the paths to load from a folder, or None.
        load: writes them into the graph.
        differs: how they differ from the paper's, a sentence each.
    """

    title: str
    where: str
    find: Callable[[Path], Sequence[Path] | None]
    load: Callable[[GraphStore, Sequence[Path], Workspace, Step], None]
    differs: Sequence[str]


@dataclass(frozen=True)
class Found:
    """All that was trained and measured.

    Attributes:
        workspace: where the runs are.
        runs: by title and ``fold/seed``.
        plans: by title.
        tuned: what searches found, by title.
        measured: by kind of measurement and title, a run each.
        studies: by title of the study, its variants' measurements of the first kind.
        left_out: rows and studies that the data do not allow as they are, how they differ, and why.
        quick: whether it is the made world.
        store: what ``open_store`` takes.
        load: loads a run.
    """

    workspace: Workspace
    runs: Mapping[str, Mapping[str, Run]]
    plans: Mapping[str, Plan]
    tuned: Mapping[str, Mapping[str, Any]]
    measured: Mapping[str, Mapping[str, Sequence[Measured]]]
    studies: Mapping[str, Mapping[str, Sequence[Measured]]]
    left_out: Mapping[str, str]
    quick: bool
    store: str | None
    load: Callable[[str], Loaded]


@dataclass(frozen=True)
class Paper:
    """See the module.

    Attributes:
        name: by which it is asked for.
        title: with authors and venue.
        doi: likewise; empty where it has none.
        projections: which records it learns from, the first of which the graph holds any.
        common: what all its systems share: the split and the like.
        quick: what they share in the made world beside that.
        rows: of its tables.
        studies: likewise.
        claims: what it says of them.
        sources: data, the best first.
        make_world: writes and loads the made world.
        world_differs: how that differs from the paper's data, a sentence each.
        judge: measures a loaded run by kind, given what runs of the same fold and seed were asked beside.
        main: the metrics of its tables, of the first kind of measurement.
        differs: how we differ whatever the data.
        sections: what the report shows beside the parts that all have.
        folds: in how many folds each system is trained; None for a split without folds.
        seeds: by which, unless others are asked for.
        trials: how many settings of each system are tried, unless another number is asked for; None: none are.
        ready: makes what the systems learn from beside what was loaded, given the store, whether it is the made world,
            and who is told what begins.
    """

    name: str
    title: str
    doi: str
    projections: tuple[str, ...]
    common: Mapping[str, Any]
    quick: Mapping[str, Any]
    rows: Sequence[Row]
    studies: Sequence[Study]
    claims: Sequence[Claim]
    sources: Sequence[Source]
    make_world: Callable[[GraphStore, Workspace, int, Step], None]
    world_differs: Sequence[str]
    judge: Callable[[Loaded, Mapping[str, FurtherTask]], Mapping[str, Measured]]
    main: Sequence[str]
    differs: Sequence[str]
    sections: Callable[[Found], Sequence[Section]]
    folds: int | None = None
    seeds: Sequence[int] = (0, 1, 2)
    trials: int | None = 10
    ready: Callable[[Workspace, str | None, bool, Callable[[str], None]], None] | None = None
