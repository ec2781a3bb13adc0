"""Users of whom very little to much is known: who finds what they will like from how many likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from graphrec.api.demo.measuring import ORACLE, Truth, baselines, measured
from graphrec.api.demo.tagged import load_tagged
from graphrec.api.demo.world import Say, Step, Table, World
from graphrec.api.plan import Plan
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import Recommendations, Request
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.sparsity import SparsityWorld, make_sparsity_world

OURS, GRAPH, PAIRS, CONTENT = "TransGRec", "LightGCN", "BPR", "content kNN"
BASELINES = {"random": "chance", "popularity": "popularity", "contentknn": CONTENT}
ITEMS, METRIC = "items", "recall@20"


def _make(folder: Path, seed: int, step: Step) -> SparsityWorld:
    return make_sparsity_world(folder, seed=seed)


def _load(store: GraphStore, world: SparsityWorld, workspace: Workspace, say: Say, step: Step) -> None:
    load_tagged(store, workspace, world.items, world.likes, ["tags"], say, split=True)


def _measure(world: SparsityWorld, runs: Mapping[str, Loaded], seed: int) -> Sequence[Table]:
    loaded = runs[OURS]
    systems = {**baselines(loaded, BASELINES, seed), PAIRS: runs[PAIRS], GRAPH: runs[GRAPH], OURS: loaded}
    shot = loaded.snapshot
    truth = Truth(world.scores, world.users, world.item_ids, shot.users, shot.items)
    rows = measured(systems, (METRIC, "ndcg@20", "map"), seed, oracle=truth)
    return (Table(ITEMS, "Likes held out, by how many others of the user are known: RECALL@20", rows, METRIC),)


def _told(tables: Mapping[str, Table], runs: Mapping[str, Loaded]) -> str:
    rows = tables[ITEMS].rows
    few, *_, many = rows[ORACLE].buckets

    def share(name: str, bucket: str) -> str:
        found, best = (rows[one].buckets[bucket].metrics[METRIC] for one in (name, ORACLE))
        return f"{found / best:.0%}"

    return (
        f"Of what {ORACLE} finds, {PAIRS}, which knows likes only, reaches {share(PAIRS, few)} with users of {few} "
        f"likes and {share(PAIRS, many)} with those of {many}; {GRAPH}, which smooths these over the graph, "
        f"{share(GRAPH, few)} and {share(GRAPH, many)}; {OURS}, with what items are, {share(OURS, few)} and "
        f"{share(OURS, many)}."
    )


def _request(world: SparsityWorld, loaded: Loaded) -> Request:
    return Request(world.users[int(world.known.argmin())], k=5)


def _next(ranking: Recommendations) -> Sequence[str]:
    return f"recommend {ranking.user} --explain", f"evaluate {ranking.basis} --k 20", "explore"


SPARSITY = World(
    name="sparsity",
    title="users of whom very little to much is known",
    make=_make,
    load=_load,
    plans={
        OURS: Plan("transgrec", {}, split="given"),
        GRAPH: Plan("lightgcn", {}, split="given"),
        PAIRS: Plan("bpr", {}, split="given"),
    },
    measure=_measure,
    told=_told,
    request=_request,
    asked="Of whom least is known",
    next=_next,
)
