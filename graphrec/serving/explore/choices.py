"""Which published runs can answer, and for which labels."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec.serving.lookups import LABELS
from graphrec.serving.recommend import current_runs
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Choice:
    """A run whose embeddings are in the graph.

    Attributes:
        run: its id, which every function of serving takes as its ``model``.
        model: the model's name.
        label: what it recommends.
        labels: ``label``, and what else it has placed.
        published_at: epoch milliseconds.
    """

    run: str
    model: str
    label: str
    labels: tuple[str, ...]
    published_at: int | None


def choices(store: GraphStore) -> list[Choice]:
    """Return the runs whose embeddings no later run has replaced, the last published first."""
    return [
        Choice(
            run["id"],
            run["model"],
            run["label"],
            _labels(store, run["label"], run["property"]),
            run["published_at"],
        )
        for run in current_runs(store)
    ]


def _labels(store: GraphStore, own: str, name: str) -> tuple[str, ...]:
    others = [label for label in LABELS if label != own and store.has_embeddings(label, name)]
    return (own, *others)
