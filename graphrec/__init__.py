"""Recommendations for videos nobody has seen yet, from a property graph.

The verbs, importable from here: ``open_store``, ``load``, ``describe``, ``snapshot``, ``split``, ``train``,
``evaluate``, ``publish``, ``embed``, ``ingest``, ``recommend``, ``write_lists``, ``similar``, ``explain``,
``audience``, ``forget``, ``prunable`` and ``prune``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphrec.api.describe import describe
    from graphrec.api.evaluate import evaluate_run as evaluate
    from graphrec.api.forget import forget
    from graphrec.api.ingest import ingest
    from graphrec.api.plan import Plan
    from graphrec.api.prune import prunable
    from graphrec.api.prune import remove as prune
    from graphrec.api.train import train
    from graphrec.graph.build import snapshot
    from graphrec.loading.load import load
    from graphrec.serving.audience import audience
    from graphrec.serving.embed import embed
    from graphrec.serving.explain import explain
    from graphrec.serving.lists import write_lists
    from graphrec.serving.load_model import load_run
    from graphrec.serving.publish import publish
    from graphrec.serving.recommend import Request, recommend
    from graphrec.serving.similar import similar
    from graphrec.store.open import open_store
    from graphrec.tasks.split import split
    from graphrec.training.runs import find_run
    from graphrec.workspace import Workspace

_HOMES = {
    "Plan": ("graphrec.api.plan", "Plan"),
    "Request": ("graphrec.serving.recommend", "Request"),
    "Workspace": ("graphrec.workspace", "Workspace"),
    "audience": ("graphrec.serving.audience", "audience"),
    "describe": ("graphrec.api.describe", "describe"),
    "embed": ("graphrec.serving.embed", "embed"),
    "evaluate": ("graphrec.api.evaluate", "evaluate_run"),
    "explain": ("graphrec.serving.explain", "explain"),
    "find_run": ("graphrec.training.runs", "find_run"),
    "forget": ("graphrec.api.forget", "forget"),
    "ingest": ("graphrec.api.ingest", "ingest"),
    "load": ("graphrec.loading.load", "load"),
    "load_run": ("graphrec.serving.load_model", "load_run"),
    "open_store": ("graphrec.store.open", "open_store"),
    "prunable": ("graphrec.api.prune", "prunable"),
    "prune": ("graphrec.api.prune", "remove"),
    "publish": ("graphrec.serving.publish", "publish"),
    "recommend": ("graphrec.serving.recommend", "recommend"),
    "similar": ("graphrec.serving.similar", "similar"),
    "snapshot": ("graphrec.graph.build", "snapshot"),
    "split": ("graphrec.tasks.split", "split"),
    "train": ("graphrec.api.train", "train"),
    "write_lists": ("graphrec.serving.lists", "write_lists"),
}

__all__ = [
    "Plan",
    "Request",
    "Workspace",
    "audience",
    "describe",
    "embed",
    "evaluate",
    "explain",
    "find_run",
    "forget",
    "ingest",
    "load",
    "load_run",
    "open_store",
    "prunable",
    "prune",
    "publish",
    "recommend",
    "similar",
    "snapshot",
    "split",
    "train",
    "write_lists",
]


def __getattr__(name: str) -> Any:
    """Import a verb when it is first used: torch takes seconds, and loading needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'graphrec' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
