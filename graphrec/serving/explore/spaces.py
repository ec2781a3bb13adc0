"""What the published runs have embedded, and so for what each can answer."""

from __future__ import annotations

from dataclasses import dataclass

from graphrec import schema
from graphrec.serving.lookups import LABELS
from graphrec.serving.published import PublishedRun, current_runs
from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Space:
    """The embeddings of a published run, and the ``labels`` of which any node has one, in the schema's order."""

    run: PublishedRun
    labels: tuple[str, ...]

    @property
    def recommended(self) -> tuple[str, ...]:
        """What the run can recommend: its own label, then what else it has placed."""
        others = (label for label in LABELS if label in self.labels and label != self.run.label)
        return (self.run.label, *others)


def spaces(store: GraphStore) -> list[Space]:
    """Return what the runs have embedded that no later run has replaced, the last published first."""
    return [Space(run, labels_of(store, run)) for run in current_runs(store)]


def labels_of(store: GraphStore, run: PublishedRun) -> tuple[str, ...]:
    """Return the labels of which any node has an embedding of ``run``, in the schema's order."""
    return tuple(label for label in schema.EMBEDDED_LABELS if store.has_embeddings(label, run.property))
