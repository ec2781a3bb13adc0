"""The main job on a small made world: make, load, train, measure beside its truth, write back, recommend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graphrec.api.demo.highlights import HIGHLIGHTS
from graphrec.api.demo.key_frames import KEY_FRAMES
from graphrec.api.demo.modalities import MODALITY
from graphrec.api.demo.sparsity import SPARSITY
from graphrec.api.demo.world import Say, Step, Table, World
from graphrec.api.train import Trained, train
from graphrec.errors import DataError
from graphrec.files import read_json, write_json
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Recommendations, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.training.trainer import Epoch
from graphrec.workspace import Workspace

WORLDS: Mapping[str, World[Any]] = {world.name: world for world in (HIGHLIGHTS, KEY_FRAMES, SPARSITY, MODALITY)}


@dataclass(frozen=True)
class DemoResult:
    """What the demo measured, in one go.

    Attributes:
        workspace: where everything is.
        runs: what was trained, by title; the first is published.
        tables: what was measured.
        told: what is to be seen in them.
        ranking: what the first run recommends to ``ranking.user``.
        next: commands to try.
    """

    workspace: Path
    runs: Mapping[str, Trained]
    tables: Sequence[Table]
    told: str
    ranking: Recommendations
    next: Sequence[str]


def demo(
    workspace: Workspace,
    world: World[Any] = HIGHLIGHTS,
    *,
    seed: int = 0,
    say: Say = lambda text: None,
    step: Step = lambda what, done, total: None,
) -> DemoResult:
    """Run the main job end to end.

    Args:
        workspace: an empty folder, or one that a demo of the same world and seed has made.
        world: one of ``WORLDS``.
        seed: of the world and of training; another seed gives another world.
        say: told what begins.
        step: told how far it is.

    Raises ``DataError`` when the workspace holds something else.
    """
    _claim(workspace, world.name, seed)
    say(f"writing {world.title}")
    made = world.make(workspace.root / "world", seed, step)
    with closing(open_store(workspace, write=True)) as store:
        world.load(store, made, workspace, say, step)
    runs = {}
    for title, plan in world.plans.items():
        say(f"training {title}")
        runs[title] = train(
            workspace,
            replace(plan, given={**plan.given, "seed": seed}, baselines=False),
            progress=lambda line, epochs: step("epochs", line.epoch, epochs) if isinstance(line, Epoch) else None,
        )
    say("measuring beside chance and truth")
    loaded = {title: run.loaded for title, run in runs.items()}
    first = next(iter(loaded.values()))
    tables = world.measure(made, loaded, seed)
    say("writing the embeddings back")
    with closing(open_store(workspace, write=True)) as store:
        publish(store, first)
    with closing(open_store(workspace)) as store:
        ranking = recommend(store, workspace, world.request(made, first))
    told = world.told({table.name: table for table in tables}, loaded)
    return DemoResult(workspace.root, runs, tables, told, ranking, world.next(ranking))


def _claim(workspace: Workspace, world: str, seed: int) -> None:
    workspace.create()
    mark, asked = workspace.root / "demo.json", {"world": world, "seed": seed}
    if mark.exists() and (held := read_json(mark)) != asked:
        told = ", ".join(f"{name} {value}" for name, value in held.items())
        raise DataError(f"{workspace.root} holds another demo ({told}); name another --workspace")
    if not mark.exists() and workspace.database.exists():
        raise DataError(f"{workspace.root} holds a graph that is not the demo's; name another --workspace")
    write_json(mark, asked)
