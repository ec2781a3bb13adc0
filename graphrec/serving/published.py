"""The runs whose embeddings are in the graph: what its ``GraphrecRun`` nodes say, and which of them count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graphrec.errors import ConfigError, NotFoundError
from graphrec.serving.lookups import rows
from graphrec.store.base import GraphStore, TellingStore
from graphrec.training.runs import Run

BESIDE = "_2"
"""Behind an embedding's name: where a long publish writes, beside what is in use."""


INNER_PRODUCT, PROPOSAL, DESCRIPTION = "inner product", "proposal", "description"
"""What the inner product of two embeddings of a run is: its score, or what proposes to the model that scores; or none
of these, where they describe nodes and there are no users among them."""


@dataclass(frozen=True)
class PublishedRun:
    """A run that the graph answers by; what its node does not say is None. Its folder may be on another machine.

    Attributes:
        id: of the run; every function of serving takes it as its ``model``.
        model: the model's name.
        label: what it recommends.
        property: the node property that holds its embeddings.
        dimension: of these.
        score: ``INNER_PRODUCT``, ``PROPOSAL`` or ``DESCRIPTION``.
        spaces: the properties of its further spaces, by name.
        published_at: epoch milliseconds.
        split: what it was tested on.
        seed: of everything random in its training.
        metrics: what it came to on the test data, by name.
    """

    id: str
    model: str
    label: str
    property: str
    dimension: int | None
    score: str
    spaces: Mapping[str, str]
    published_at: int | None
    split: str | None
    seed: int | None
    metrics: Mapping[str, float]

    def ranks(self) -> bool:
        """Return whether it ranks for users; else it only describes nodes."""
        return self.score != DESCRIPTION


def current_runs(store: GraphStore) -> list[PublishedRun]:
    """Return the runs whose embeddings no later run has replaced, the last published first."""
    newest: dict[str, PublishedRun] = {}
    for row in rows(store, "published"):
        told = {name: json.loads(row[name] or "{}") for name in ("metrics", "spaces")}
        run = PublishedRun(**{**row, **told, "score": row["score"] or INNER_PRODUCT})
        newest.setdefault(run.property.removesuffix(BESIDE), run)
    return list(newest.values())


def current_run(
    store: GraphStore, model: str | None = None, label: str | None = None, *, describing: bool = False
) -> PublishedRun | None:
    """Return the run published last, of those whose embeddings no later one has replaced, or None.

    Args:
        store: the graph.
        model: only runs of this model, or the run of this id; raises ``NotFoundError`` when there is none.
        label: only runs that recommend this label or, where there is none, that have placed nodes of it.
        describing: runs that only describe nodes will do too, after the others; else a ``model`` that only does that
            raises ``ConfigError``.
    """
    asked = [run for run in current_runs(store) if model in (None, run.model, run.id)]
    found = [run for run in asked if run.ranks()]
    if describing:
        found += [run for run in asked if not run.ranks()]
    elif model and asked and not found:
        raise ConfigError(
            f"{asked[0].id} describes nodes and ranks nothing for users; `graphrec similar NODE --model "
            f"{asked[0].model}` tells what is alike, and `graphrec train --feature {asked[0].model}-item` takes what "
            "it says of items for features of another model"
        )
    for run in found:
        if label in (None, run.label):
            return as_mapped(store, run)
    for run in found:
        if label and (placed := for_label(store, run, label)) is not None:
            return as_mapped(store, placed)
    if model:
        of_label = f" for {label}" if label else ""
        cure = placing(found[0], f"`graphrec embed --run {found[0].id}` places what has features") if found else ""
        raise NotFoundError(
            f"no run of {model!r}{of_label} is published; {cure or '`graphrec runs` lists the runs'}"
        )
    return None


def in_first_space(run: PublishedRun) -> bool:
    """Return whether ``run`` ranks by its first space, in which it puts users who came after training."""
    return run.property not in run.spaces.values()


def for_label(store: GraphStore, run: PublishedRun, label: str) -> PublishedRun | None:
    """Return ``run`` as it ranks ``label`` nodes: by the first of its spaces that has any; None where none has.

    For what it does not recommend itself, an inner product is all there is.
    """
    if label == run.label:
        return run
    used = next((one for one in (run.property, *run.spaces.values()) if store.has_embeddings(label, one)), None)
    return None if used is None else replace(run, property=used, score=INNER_PRODUCT)


def placing(run: PublishedRun, cure: str) -> str:
    """Return ``cure``, which places nodes by their features, or what helps where the run's model does not do so."""
    # Models need torch, which takes seconds.
    from graphrec.models.base import Encodes, Places, PlacesByParts
    from graphrec.models.registry import models

    kind = models().get(run.model)
    if kind is None or issubclass(kind, Places | PlacesByParts | Encodes):
        return cure
    return f"{run.model} does not place what came after training: `graphrec train --model {run.model}` again"


def published_run(store: GraphStore, run: str) -> PublishedRun | None:
    """Return the run called ``run`` as published; None unless the graph holds its embeddings.

    Raises ``ConfigError`` where they were written by another mapping of the graph.
    """
    found = next((one for one in current_runs(store) if one.id == run), None)
    return None if found is None else as_mapped(store, found)


def require_published(store: GraphStore, run: Run) -> PublishedRun:
    """Return ``run`` as published; raises ``ConfigError`` unless the graph holds its embeddings."""
    found = published_run(store, run.id)
    if found is None:
        raise ConfigError(
            f"the graph does not hold the embeddings of {run.id}; `graphrec publish {run.id}` first"
        )
    return found


def as_mapped(store: GraphStore, run: PublishedRun) -> PublishedRun:
    """Return ``run``; raises ``ConfigError`` where its embeddings were written by another mapping of the graph."""
    if isinstance(store, TellingStore):
        _refuse_mapped_otherwise(store, store.mapped_for("User", run.property), run.id)
    return run


def check_mapped(store: GraphStore, run: Run) -> None:
    """Raise ``ConfigError`` where ``run`` was trained by another mapping of the graph, so that its ids are others."""
    _refuse_mapped_otherwise(store, run.manifest.get("mapped") or {}, run.id)


def _refuse_mapped_otherwise(store: GraphStore, then: Mapping[str, str], run: str) -> None:
    now = store.mapped if isinstance(store, TellingStore) else {}
    # Of a graph of graphrec's own a run may be published into another.
    for key, value in then.items() if now else ():
        if now.get(key) != value:
            said = f"now says {now[key]!r}" if key in now else "says nothing of it now"
            raise ConfigError(
                f"run {run} was trained with {key} = {value!r}, and graphrec.toml {said}: train again, or put it back"
            )
