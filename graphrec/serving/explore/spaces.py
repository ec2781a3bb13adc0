"""What the published runs have embedded, and so for what each can answer."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec import schema
from graphrec.serving.lookups import FOUND, LABELS
from graphrec.serving.published import PublishedRun, current_runs, for_label
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Space:
    """The embeddings of a published run.

    Attributes:
        run: which.
        labels: of those that can be looked at, of which any node has one in its first space, in the schema's order.
        recommended: what it can recommend: its own label, then what else it has placed, in any of its spaces.
    """

    run: PublishedRun
    labels: tuple[str, ...]
    recommended: tuple[str, ...]


def spaces(store: GraphStore) -> list[Space]:
    """Return what the runs have embedded that no later run has replaced, the last published first."""
    return [Space(run, labels_of(store, run), _recommended(store, run)) for run in current_runs(store)]


def labels_of(store: GraphStore, run: PublishedRun) -> tuple[str, ...]:
    """Return the labels of ``FOUND`` of which any node has an embedding of ``run``, in the schema's order."""
    labels = (label for label in schema.EMBEDDED_LABELS if label in FOUND)
    return tuple(label for label in labels if store.has_embeddings(label, run.property))


def ranking_runs(store: GraphStore) -> list[PublishedRun]:
    """Return the runs that rank for users, the last published first."""
    return [run for run in current_runs(store) if run.ranks()]


def _recommended(store: GraphStore, run: PublishedRun) -> tuple[str, ...]:
    others = (label for label in LABELS if label != run.label and for_label(store, run, label) is not None)
    return (run.label, *others)
