"""Ranked lists made to vary: by what the proposing run says is alike, and by what the graph says of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from graphrec.errors import ConfigError
from graphrec.ragged import Ragged
from graphrec.serving.best import Best
from graphrec.serving.published import PublishedRun
from graphrec.serving.shared_values import in_words, values_of
from graphrec.serving.variety import Variety, picked
from graphrec.store.base import Floats, GraphStore
from graphrec.store.nearest import unit
from graphrec.training.runs import Run
from graphrec.workspace import Workspace


def varied(
    store: GraphStore,
    workspace: Workspace,
    rule: Variety,
    label: str,
    by: PublishedRun | Run | None,
    lists: Sequence[Best],
    k: int,
) -> list[Best]:
    """Return the ``k`` of each of ``lists`` that ``rule`` takes, in its order, and what was done among what is said.

    Args:
        store: the graph.
        workspace: where runs are.
        rule: what to keep to.
        label: of what is ranked.
        by: the run that proposed, whose embeddings say what is alike; None where popularity did.
        lists: the candidates, best first.
        k: how many.

    Raises ``ConfigError`` where a list is to be diverse and ``by`` has no embeddings, ``NotFoundError`` for what is no
    property or relationship.
    """
    ids = list(dict.fromkeys(one.id for best in lists for one in best.items))
    place = {node: at for at, node in enumerate(ids)}
    looks = _looks(store, workspace, label, by, place) if rule.diversity else None
    values = None if rule.of is None else _values(store, label, rule.of, ids)
    found = []
    for best in lists:
        rows = np.array([place[one.id] for one in best.items], np.int64)
        own = None if looks is None else looks[rows]
        having = None if values is None else values.take(rows)
        taken = picked(rule, k, [one.score for one in best.items], own, having)
        said = _said(rule, label, by, len(rows), own, having, min(k, len(rows)) - len(taken))
        found.append(replace(best, items=[best.items[at] for at in taken.tolist()]).saying(*said))
    return found


def _looks(
    store: GraphStore, workspace: Workspace, label: str, by: PublishedRun | Run | None, place: dict[str, int]
) -> Floats:
    """Return the directions of embeddings, float32 [nodes, D], 0 where there is none."""
    if by is None:
        raise ConfigError(
            f"no run for {label} is published whose embeddings say what is alike; `graphrec train --model transgrec`, "
            "or leave --diversity out"
        )
    if isinstance(by, PublishedRun):
        known, vectors = store.read_embeddings(label, by.property, list(place))
    else:
        # Here, not above: models need torch, which takes seconds.
        from graphrec.models.base import SPACE, Embeds
        from graphrec.serving.load_model import kept_run
        from graphrec.serving.run_embeddings import run_embeddings

        loaded = kept_run(workspace, by)
        if not isinstance(loaded.model, Embeds):
            raise ConfigError(
                f"{by.model} has no embeddings that say what is alike; let a run that has some propose and this one "
                f"rank: `--model MODEL --rank-by {by.id}`, or leave --diversity out"
            )
        known, vectors = run_embeddings(loaded)[SPACE][label]
    told = {node: row for row, node in enumerate(known.to_pylist()) if node in place}
    found = np.zeros((len(place), vectors.shape[1] if len(known) else 1), np.float32)
    found[[place[node] for node in told]] = unit(vectors[[*told.values()]]) if told else 0
    return found


def _values(store: GraphStore, label: str, name: str, ids: Sequence[str]) -> Ragged:
    told = values_of(store, label, name, ids)
    number = {value: at for at, value in enumerate(dict.fromkeys(one for node in told.values() for one in node))}
    rows = [(row, number[value]) for row, node in enumerate(ids) for value in told.get(node, ())]
    pairs = np.array(rows, np.int64).reshape(-1, 2)
    return Ragged.from_sorted(pairs[:, 0], pairs[:, 1], len(ids))


def _said(
    rule: Variety,
    label: str,
    by: PublishedRun | Run | None,
    candidates: int,
    looks: Floats | None,
    values: Ragged | None,
    missing: int,
) -> list[str]:
    said = []
    if looks is not None and by is not None:
        share = rule.diversity
        said.append(
            f"of {candidates:,} candidates each next has the most {1 - share:g} x score - {share:g} x cosine to the "
            "most alike above it, the score 0 for the lowest candidate and 1 for the highest, cosines in the space of "
            f"{by.id}"
        )
        if unplaced := int((~looks.any(1)).sum()):
            said.append(f"{unplaced:,} of them have no place there and count as like nothing")
    if values is not None:
        shared = in_words(label, str(rule.of))
        said.append(f"at most {rule.at_most} of one {shared} among {candidates:,} candidates")
        if free := int((values.lengths == 0).sum()):
            said.append(f"{free:,} of them have no {shared} in the graph and are not limited")
        if missing:
            said.append(f"no more candidates keep to that: the list is {missing:,} short")
    return said
