"""The main job on a small world of real video files: make, load, train, judge, write back, recommend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pacsv
import torch
from torch import Tensor

from graphrec.api.plan import Plan
from graphrec.api.train import Trained, train
from graphrec.errors import DataError
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.judged import judge_model
from graphrec.files import read_json, write_json
from graphrec.graph.snapshot import Snapshot
from graphrec.learning.options import TrainOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.media.segments import overlapping
from graphrec.models.base import Model
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ragged
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Recommendations, Request, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.tasks.cases import RankingCases
from graphrec.training.trainer import Epoch
from graphrec.training.trainer import train as run_training
from graphrec.workspace import Workspace
from graphrec.worlds.highlights import HighlightWorld, make_world

METRICS = ("map", "nmsd", "ndcg@5", "recall@5")
BASELINES = {
    "random": "chance",
    "popularity": "popularity",
    "position": "position prior",
    "contentknn": "content kNN",
}
ORACLE = "an oracle that knows every taste"

Say = Callable[[str], None]
Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoResult:
    """What the demo measured, in one run.

    Attributes:
        workspace: where everything is.
        trained: the TransGRec run.
        last: by the paper's protocol, each user's last video; by name of the model.
        new: on videos that nobody has highlighted, likewise, with the oracle.
        ranking: what is recommended to ``ranking.user`` from those videos.
    """

    workspace: Path
    trained: Trained
    last: Mapping[str, Evaluation]
    new: Mapping[str, Evaluation]
    ranking: Recommendations


def demo(
    workspace: Workspace,
    *,
    seed: int = 0,
    say: Say = lambda text: None,
    step: Step = lambda what, done, total: None,
) -> DemoResult:
    """Run the main job end to end.

    Args:
        workspace: an empty folder, or one that a demo of the same seed has made.
        seed: of the world and of training; another seed gives another world.
        say: told what begins.
        step: told how far it is.

    Raises ``DataError`` when the workspace holds something else.
    """
    _claim(workspace, seed)
    say("writing a small world of video files")
    world = make_world(
        workspace.root / "world", seed=seed, progress=lambda d, t: step("videos written", d, t)
    )
    say("loading the videos: decode, cut in segments of 5 s, describe")
    total = len(world.topics)
    with closing(open_store(workspace, write=True)) as store:
        done = 0

        def loaded_one(name: str, rows: int, *, of: int | None = None) -> None:
            nonlocal done
            done += of is not None
            step("videos loaded", done, total)

        load(store, VideoLoader(), [world.videos], VideoOptions.model_validate({}), workspace, progress=loaded_one)
        say("loading the highlights")
        options = TableOptions(
            rels="HIGHLIGHTED", from_="User:user", to="Item:video", interval="start_s:end_s", property=["at"]
        )
        load(store, TableLoader(), [world.highlights], options, workspace)
    say("training TransGRec")
    plan = Plan("transgrec", {"seed": seed}, split="temporal-last", projection="highlights", baselines=False)
    trained = train(
        workspace,
        plan,
        progress=lambda line, epochs: step("epochs", line.epoch, epochs) if isinstance(line, Epoch) else None,
    )
    loaded = trained.loaded
    say("judging it beside the baselines")
    shot, parts = loaded.snapshot, loaded.split
    models: dict[str, Model[Any]] = {}
    for name, title in BASELINES.items():
        kind: Any = model_class(name)
        models[title] = kind(parts.data.shape, kind.Settings())
        run_training(models[title], parts, TrainOptions.model_validate({"seed": seed}))
    models["TransGRec"] = loaded.model
    unseen = _unseen_cases(world, shot)
    last, new = {}, {}
    with torch.inference_mode():
        for title, model in models.items():
            last[title] = judge_model(model, loaded.task, parts.data, parts.test, METRICS, seed=seed)
            new[title] = judge_model(model, loaded.task, parts.data, unseen, METRICS, seed=seed)
        new[ORACLE] = evaluate(_Oracle(world, shot), unseen, parts.data, METRICS, seed=seed, model=ORACLE)
    say("writing the embeddings back")
    with closing(open_store(workspace, write=True)) as store:
        publish(store, loaded)
    user = shot.users[int(unseen.users[0])]
    with closing(open_store(workspace)) as store:
        ranking = recommend(store, workspace, Request(user, k=5, new_only=True))
    return DemoResult(workspace.root, trained, last, new, ranking)


def _claim(workspace: Workspace, seed: int) -> None:
    workspace.create()
    mark = workspace.root / "demo.json"
    if mark.exists() and read_json(mark)["seed"] != seed:
        raise DataError(
            f"{workspace.root} holds the demo world of seed {read_json(mark)['seed']}; "
            f"name another --workspace for seed {seed}"
        )
    if not mark.exists() and workspace.database.exists():
        raise DataError(f"{workspace.root} holds a graph that is not the demo's; name another --workspace")
    write_json(mark, {"seed": seed})


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


class _Oracle:
    """Scores a segment by the user's hidden taste for its hidden topic."""

    def __init__(self, world: HighlightWorld, shot: Snapshot) -> None:
        tastes = {user: row for row, user in enumerate(world.users)}
        self._tastes = torch.from_numpy(
            world.tastes[[tastes[shot.users[u]] for u in range(len(shot.users))]]
        ).float()
        topic = np.zeros(len(shot.items), np.int64)
        for number in range(len(shot.groups)):
            members = shot.videos.members[number]
            topic[members] = world.topics[shot.groups[number]][: len(members)]
        self._topic = torch.from_numpy(topic)

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        topic = self._topic if items is None else self._topic[items]
        return self._tastes[users][:, topic]

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        return self._tastes[users, self._topic[items]]
