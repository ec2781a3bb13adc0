"""Highlights of real video files, and new videos, of which nobody has highlighted anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv

from graphrec.api.demo.measuring import ORACLE, Truth, baselines, measured
from graphrec.api.demo.world import Say, Step, Table, World
from graphrec.api.plan import Plan
from graphrec.graph.snapshot import Snapshot
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.media.segments import overlapping
from graphrec.ragged import Ragged
from graphrec.serving.load_model import Loaded
from graphrec.serving.recommend import Recommendations, Request
from graphrec.store.base import GraphStore
from graphrec.tasks.cases import RankingCases
from graphrec.workspace import Workspace
from graphrec.worlds.highlights import HighlightWorld, make_world

METRICS = ("map", "nmsd", "ndcg@5", "recall@5")
BASELINES = {
    "random": "chance",
    "popularity": "popularity",
    "position": "position prior",
    "contentknn": "content kNN",
}
OURS = "TransGRec"
LAST, NEW = "last_video", "new_videos"


def _make(folder: Path, seed: int, step: Step) -> HighlightWorld:
    return make_world(folder, seed=seed, progress=lambda done, total: step("videos written", done, total))


def _load(store: GraphStore, world: HighlightWorld, workspace: Workspace, say: Say, step: Step) -> None:
    say("loading the videos: decode, cut in segments of 5 s, describe")
    done = 0

    def loaded_one(name: str, rows: int, *, of: int | None = None) -> None:
        nonlocal done
        done += of is not None
        step("videos loaded", done, len(world.topics))

    load(store, VideoLoader(), [world.videos], VideoOptions.model_validate({}), workspace, progress=loaded_one)
    say("loading the highlights")
    options = TableOptions(
        rels="HIGHLIGHTED", from_="User:user", to="Item:video", interval="start_s:end_s", property=["at"]
    )
    load(store, TableLoader(), [world.highlights], options, workspace)


def _measure(world: HighlightWorld, runs: Mapping[str, Loaded], seed: int) -> Sequence[Table]:
    loaded = runs[OURS]
    systems = {**baselines(loaded, BASELINES, seed), OURS: loaded}
    last = measured(systems, METRICS, seed)
    unseen = _unseen_cases(world, loaded.snapshot)
    new = measured(systems, METRICS, seed, cases=unseen, oracle=_oracle(world, loaded.snapshot))
    title = "Each user's last video (TransGRec's protocol; more MAP and less NMSD is better)"
    return Table(LAST, title, last), Table(NEW, "Videos that nobody has highlighted yet", new)


def _told(tables: Mapping[str, Table], runs: Mapping[str, Loaded]) -> str:
    ours, chance, popular, oracle = (
        tables[NEW].metric(name, "map") for name in (OURS, "chance", "popularity", ORACLE)
    )
    return (
        f"TransGRec finds what users will like in new videos {ours / chance:.1f} times as well as chance, "
        f"{ours / popular:.1f} times as well as popularity, and reaches {ours / oracle:.0%} of {ORACLE}."
    )


def _request(world: HighlightWorld, loaded: Loaded) -> Request:
    unseen = _unseen_cases(world, loaded.snapshot)
    return Request(loaded.snapshot.users[int(unseen.users[0])], k=5, new_only=True)


def _next(ranking: Recommendations) -> Sequence[str]:
    user, best = ranking.user, ranking.items[0]
    return (
        f"recommend {user} --within {best.video}",
        f"explain {user} '{best.id}'",
        f"similar '{best.id}'",
        "explore",
    )


def _unseen_cases(world: HighlightWorld, shot: Snapshot) -> RankingCases:
    """What users would highlight in the videos that nobody has highlighted: one case per user and video."""
    truth = pacsv.read_csv(world.truth)
    user = shot.users.index(truth["user"].combine_chunks())
    video = shot.groups.index(truth["video"].combine_chunks())
    # A user without any highlight is not in the graph, so nobody could be asked about her.
    known = user >= 0
    start_s, end_s = (truth[name].to_numpy()[known] for name in ("start_s", "end_s"))
    user, video = user[known], video[known]
    row, position = overlapping(start_s, end_s, shot.videos.members.lengths[video] * 5.0)
    keys, case = np.unique(user[row] * len(shot.groups) + video[row], return_inverse=True)
    liked = shot.videos.members.indices[shot.videos.members.indptr[video[row]] + position]
    pairs = np.unique(np.stack([case, liked]), axis=1)
    relevant = Ragged.from_pairs(pairs[0], pairs[1], len(keys))
    candidates = shot.videos.members.take(keys % len(shot.groups))
    return RankingCases(keys // len(shot.groups), relevant, candidates=candidates)


def _oracle(world: HighlightWorld, shot: Snapshot) -> Truth:
    """A segment's score is the user's hidden taste for its hidden topic."""
    segments, topics = [], []
    for number in range(len(shot.groups)):
        segments += shot.items.take(shot.videos.members[number])
        topics += world.topics[shot.groups[number]].tolist()
    return Truth(world.tastes[:, topics], world.users, segments, shot.users, shot.items)


HIGHLIGHTS = World(
    name="highlights",
    title="a small world of video files",
    make=_make,
    load=_load,
    plans={OURS: Plan("transgrec", {}, split="temporal-last", projection="highlights")},
    measure=_measure,
    told=_told,
    request=_request,
    asked="From the new videos",
    next=_next,
)
