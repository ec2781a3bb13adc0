"""Items with several frames, of which one shows what draws its users: JIFR's two tasks, and what attention adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from graphrec.api.demo.measuring import ORACLE, Truth, baselines, measured
from graphrec.api.demo.world import Say, Step, Table, World
from graphrec.api.plan import Plan
from graphrec.api.reproduce.jifr_data import load_world
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import Recommendations, Request
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.key_frames import KeyFrameWorld, make_key_frame_world

OURS, PLAIN = "JIFR", "JIFR without attention"
ALSO = "frame-likes"
ITEMS, FRAMES = "items", "key_frames"
ITEM_METRICS, FRAME_METRICS = ("recall@20", "ndcg@20", "map"), ("hr@1", "hr@3", "ndcg@3")


def _plan(**given: str) -> Plan:
    return Plan("jifr", {"dimension": 32, **given}, split="random-70-10-20", also=[ALSO])


def _make(folder: Path, seed: int, step: Step) -> KeyFrameWorld:
    return make_key_frame_world(
        folder, seed=seed, users=300, items=200, per_user=20,
        progress=lambda done, total: step("pictures drawn", done, total),
    )  # fmt: skip


def _load(store: GraphStore, world: KeyFrameWorld, workspace: Workspace, say: Say, step: Step) -> None:
    say("loading items, likes and frames, each described by colour and texture")
    load_world(store, world, workspace, step)


def _measure(world: KeyFrameWorld, runs: Mapping[str, Loaded], seed: int) -> Sequence[Table]:
    loaded = runs[OURS]
    chance = baselines(loaded, {"random": "chance"}, seed)
    popular = baselines(loaded, {"popularity": "popularity"}, seed)
    trained = {title: runs[title] for title in (PLAIN, OURS)}
    users, frames = loaded.snapshot.users, loaded.beside[ALSO].snapshot
    items_truth = Truth(world.scores, world.users, world.item_ids, users, loaded.snapshot.items)
    frames_truth = Truth(world.draws, world.users, world.frame_ids, users, frames.items)
    return (
        Table(
            ITEMS,
            "Items that users had not liked yet, all of them ranked",
            measured({**chance, **popular, **trained}, ITEM_METRICS, seed, oracle=items_truth),
        ),
        Table(
            FRAMES,
            "Key frames: which of an item's frames drew the user",
            measured({**chance, **trained}, FRAME_METRICS, seed, oracle=frames_truth, also=ALSO),
        ),
    )


def _told(tables: Mapping[str, Table], runs: Mapping[str, Loaded]) -> str:
    ours, chance, oracle = (tables[ITEMS].metric(name, "recall@20") for name in (OURS, "chance", ORACLE))
    first, by_chance, at_best = (tables[FRAMES].metric(name, "hr@1") for name in (OURS, "chance", ORACLE))
    return (
        f"JIFR finds items {ours / chance:.1f} times as well as chance and reaches {ours / oracle:.0%} of {ORACLE}. "
        f"Of an item's frames it puts the one that drew the user first in {first:.0%} of the cases (chance "
        f"{by_chance:.0%}, the oracle {at_best:.0%}), without having learned from a like of a frame. Attention "
        f"to frames changes NDCG@20 of items by {_change(tables[ITEMS], 'ndcg@20')} and NDCG@3 of frames by "
        f"{_change(tables[FRAMES], 'ndcg@3')}."
    )


def _change(table: Table, metric: str) -> str:
    return f"{table.metric(OURS, metric) / table.metric(PLAIN, metric) - 1:+.0%}"


def _request(world: KeyFrameWorld, loaded: Loaded) -> Request:
    return Request(loaded.snapshot.users[0], k=5, with_frame=True)


def _next(ranking: Recommendations) -> Sequence[str]:
    user, best = ranking.user, ranking.items[0]
    return (
        f"recommend {user} --with-frame",
        f"recommend {user} --label Frame --within {best.id}",
        f"explain {user} {best.id}",
        "explore",
    )


KEY_FRAMES = World(
    name="key-frames",
    title="items with several frames, of which one shows what draws users",
    make=_make,
    load=_load,
    plans={OURS: _plan(), PLAIN: _plan(frames="mean")},
    measure=_measure,
    told=_told,
    request=_request,
    asked="Items with the frame to show",
    next=_next,
)
