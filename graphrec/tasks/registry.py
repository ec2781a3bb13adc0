"""Finds tasks by their entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from graphrec.errors import unknown
from graphrec.tasks.base import Task

GROUP = "graphrec.tasks"
"""The entry-point group by which anyone adds a task."""


def task_names() -> list[str]:
    """Return the names of all installed tasks."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


@cache
def task_class(name: str) -> type[Task[Any]]:
    """Return the task called ``name``; raises ``NotFoundError`` with the nearest right name."""
    entry = next((entry for entry in entry_points(group=GROUP) if entry.name == name), None)
    if entry is None:
        raise unknown("task", name, task_names())
    kind = entry.load()
    if not (isinstance(kind, type) and issubclass(kind, Task)):
        raise TypeError(f"{entry.value} is not a subclass of graphrec.tasks.base.Task")
    return kind


def told_task(told: dict[str, Any]) -> Task[Any]:
    """Return the task of which a manifest says ``told`` (see ``Task.told``)."""
    settings = {key: value for key, value in told.items() if key != "name"}
    return task_class(str(told["name"])).model_validate(settings)
