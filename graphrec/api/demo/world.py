"""What a world is to the demo: the files that it makes, what is trained on them, and what is measured and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from graphrec.api.plan import Plan
from graphrec.evaluation.evaluate import Evaluation
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import Recommendations, Request
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

W = TypeVar("W")
Say = Callable[[str], None]
Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Table:
    """What was measured on the same cases.

    Attributes:
        name: of the table, in JSON.
        title: on the screen.
        rows: by name of the system, chance first and the oracle last.
        by_history: the metric that is shown by how many training records users have; None: all metrics are shown.
    """

    name: str
    title: str
    rows: Mapping[str, Evaluation]
    by_history: str | None = None

    def metric(self, system: str, name: str) -> float:
        """Return a figure of a system."""
        return self.rows[system].metrics[name]


@dataclass(frozen=True)
class World(Generic[W]):
    """A made world, and what the demo does with it.

    Attributes:
        name: what ``--world`` calls it.
        title: what it is, in a line.
        make: writes its files into a folder, by a seed.
        load: loads them as a user would.
        plans: what is trained, by title; the first is published and asked.
        measure: from the world and its runs by title; the last argument is the seed.
        told: what is to be seen in the tables, in a sentence or two.
        request: what the first run is asked.
        asked: what that is, in words.
        next: commands to try, less the workspace.
    """

    name: str
    title: str
    make: Callable[[Path, int, Step], W]
    load: Callable[[GraphStore, W, Workspace, Say, Step], None]
    plans: Mapping[str, Plan]
    measure: Callable[[W, Mapping[str, Loaded], int], Sequence[Table]]
    told: Callable[[Mapping[str, Table], Mapping[str, Loaded]], str]
    request: Callable[[W, Loaded], Request]
    asked: str
    next: Callable[[Recommendations], Sequence[str]]
