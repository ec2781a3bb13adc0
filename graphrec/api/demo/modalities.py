"""Items that are described three ways, of which one tells what users love: what each is worth, and who finds out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphrec.api.demo.measuring import ORACLE, Truth, baselines, measured
from graphrec.api.demo.tagged import load_tagged
from graphrec.api.demo.world import Say, Step, Table, World
from graphrec.api.plan import Plan
from graphrec.models.svmd import SVMD
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import Recommendations, Request
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.modalities import MODALITIES, ModalityWorld, make_modality_world

ALL, WEIGHED = "TransGRec, all", "SVM-D, all"
NEW = "new_items"


def feature(modality: str) -> str:
    """Return what ``describe`` calls the matrix of it."""
    return f"item-{modality}"


def _plan(model: str, *modalities: str, **given: Any) -> Plan:
    return Plan(model, given, split="cold-items", features=[feature(one) for one in modalities])


def _make(folder: Path, seed: int, step: Step) -> ModalityWorld:
    return make_modality_world(folder, seed=seed)


def _load(store: GraphStore, world: ModalityWorld, workspace: Workspace, say: Say, step: Step) -> None:
    load_tagged(store, workspace, world.items, world.likes, MODALITIES, say, split=False)


def _measure(world: ModalityWorld, runs: Mapping[str, Loaded], seed: int) -> Sequence[Table]:
    loaded = runs[ALL]
    systems = baselines(loaded, {"random": "chance"}, seed)
    for which in (*MODALITIES, "all"):
        systems |= baselines(runs[f"TransGRec, {which}"], {"contentknn": f"content kNN, {which}"}, seed)
    systems |= {f"TransGRec, {which}": runs[f"TransGRec, {which}"] for which in (*MODALITIES, "all")}
    systems[WEIGHED] = runs[WEIGHED]
    shot = loaded.snapshot
    truth = Truth(world.scores, world.users, world.item_ids, shot.users, shot.items)
    rows = measured(systems, ("recall@20", "ndcg@20", "map"), seed, oracle=truth)
    return (Table(NEW, "New items, of which training saw no like, by what is known of them", rows),)


def weights(loaded: Loaded) -> dict[str, float]:
    """Return how much SVM-D makes of being like what a user has, by feature matrix."""
    assert isinstance(loaded.model, SVMD)
    return dict(zip(loaded.model.shape.widths, loaded.model.nearness.tolist(), strict=True))


def _told(tables: Mapping[str, Table], runs: Mapping[str, Loaded]) -> str:
    found = {one: tables[NEW].metric(f"TransGRec, {one}", "recall@20") for one in (*MODALITIES, "all")}
    chance, oracle = (tables[NEW].metric(name, "recall@20") for name in ("chance", ORACLE))
    best, *others = sorted(MODALITIES, key=lambda one: -found[one])
    weighed = ", ".join(f"{name} {weight:.2f}" for name, weight in weights(runs[WEIGHED]).items())
    return (
        f"By {best} alone TransGRec finds new items {found[best] / chance:.1f} times as well as chance and reaches "
        f"{found[best] / oracle:.0%} of {ORACLE}; by {' or '.join(others)} {found[others[0]] / chance:.1f} times at "
        f"best, by all together {found['all'] / chance:.1f} times. SVM-D, which learns what each is worth, gives them "
        f"the weights {weighed}."
    )


def _request(world: ModalityWorld, loaded: Loaded) -> Request:
    return Request(loaded.snapshot.users[0], k=5)


def _next(ranking: Recommendations) -> Sequence[str]:
    user, best = ranking.user, ranking.items[0]
    return f"explain {user} {best.id}", f"similar {best.id}", "explore"


MODALITY = World(
    name="modalities",
    title="items that are described three ways, of which one matters",
    make=_make,
    load=_load,
    plans={
        ALL: _plan("transgrec", *MODALITIES),
        **{f"TransGRec, {one}": _plan("transgrec", one) for one in MODALITIES},
        WEIGHED: _plan("svmd", *MODALITIES, scaling="none", l2=1.0, learning_rate=0.02, batch_size=256),
    },
    measure=_measure,
    told=_told,
    request=_request,
    asked="Of all items",
    next=_next,
)
