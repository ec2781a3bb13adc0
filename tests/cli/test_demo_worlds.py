"""The demo of each world, of few users: what is measured stands between chance and the truth, and can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphrec.api.demo import key_frames as of_key_frames
from graphrec.api.demo.demo import DemoResult, demo
from graphrec.api.demo.measuring import ORACLE
from graphrec.api.demo.world import Table, World
from graphrec.cli.demo import show
from graphrec.errors import DataError
from graphrec.workspace import Workspace
from graphrec.worlds.key_frames import make_key_frame_world

QUICK = {"device": "cpu", "learning_rate": 0.02, "batch_size": 128}
KEY_FRAMES = of_key_frames.KEY_FRAMES


def run(folder: Path, world: World[Any], make: Callable[..., Any], epochs: int, **size: int) -> DemoResult:
    """Run the demo of ``world``, but of few users, and with models that are trained for a short while."""
    plans = {
        title: replace(plan, given={**plan.given, **QUICK, "epochs": epochs})
        for title, plan in world.plans.items()
    }
    small = replace(world, make=lambda folder, seed, step: make(folder, seed=seed, **size), plans=plans)
    return demo(Workspace(folder), small, seed=3)


def between_chance_and_truth(table: Table, *systems: str) -> None:
    metric = next(iter(table.rows["chance"].metrics))
    for system in systems:
        assert table.metric("chance", metric) < table.metric(system, metric) < table.metric(ORACLE, metric)


def next_works(typed: Callable[..., Any], result: DemoResult) -> None:
    for command in result.next:
        if command != "explore":
            done = typed(*command.replace("'", "").split(), "-w", result.workspace)
            assert done.code == 0, done.err


@pytest.fixture(scope="module")
def key_frames(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    folder = tmp_path_factory.mktemp("demo") / "w"
    return run(folder, KEY_FRAMES, make_key_frame_world, 30, users=100, items=60, per_user=16)


def test_items_and_key_frames_are_found(key_frames: DemoResult) -> None:
    items, frames = key_frames.tables
    between_chance_and_truth(items, *key_frames.runs)
    between_chance_and_truth(frames, of_key_frames.FRAMES_ONLY, of_key_frames.PLAIN)
    # A case is of 3 to 8 frames, one of them liked.
    assert frames.metric("chance", "hr@1") == pytest.approx(1 / 5.5, abs=0.08)


def test_items_come_with_the_frame_to_show(key_frames: DemoResult, typed, capsys) -> None:
    items = key_frames.ranking.items
    assert len(items) == 5
    assert all(one.frame is not None and one.frame.id.startswith(one.id) for one in items)
    next_works(typed, key_frames)
    show(key_frames, KEY_FRAMES.asked)
    shown = " ".join(capsys.readouterr().out.split())
    assert "Key frames: which of an item's frames drew the user" in shown
    assert f"JIFR {key_frames.tables[0].metric('JIFR', 'recall@20'):.4f}" in shown
    assert key_frames.told in shown
    assert f"{KEY_FRAMES.asked}, for user u0000:" in shown


def test_another_world_or_seed_needs_another_workspace(key_frames: DemoResult) -> None:
    folder = Workspace(key_frames.workspace)
    with pytest.raises(DataError, match=r"another demo \(world key-frames, seed 3\); name another --workspace"):
        demo(folder, KEY_FRAMES, seed=4)
    with pytest.raises(DataError, match="world key-frames"):
        demo(folder, seed=3)


def test_a_world_that_there_is_not(typed) -> None:
    asked = typed("demo", "--world", "keyframes")
    assert asked.code == 1
    assert "no world named 'keyframes'; did you mean 'key-frames'?" in asked.err
