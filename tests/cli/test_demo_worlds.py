"""The demo of each world, of few users: what is measured stands between chance and the truth, and can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphrec.api.demo import key_frames as of_key_frames
from graphrec.api.demo import modalities as of_modalities
from graphrec.api.demo import sparsity as of_sparsity
from graphrec.api.demo.demo import DemoResult, demo
from graphrec.api.demo.measuring import ORACLE
from graphrec.api.demo.world import Table, World
from graphrec.cli.demo import show
from graphrec.errors import DataError
from graphrec.workspace import Workspace
from graphrec.worlds.key_frames import make_key_frame_world
from graphrec.worlds.modalities import MODALITIES, make_modality_world
from graphrec.worlds.sparsity import make_sparsity_world

KEY_FRAMES, SPARSITY, MODALITY = of_key_frames.KEY_FRAMES, of_sparsity.SPARSITY, of_modalities.MODALITY


def run(folder: Path, world: World[Any], make: Callable[..., Any], given: dict[str, Any], **size: int) -> DemoResult:
    """Run the demo of ``world``, but of few users, and with other settings."""
    plans = {title: replace(plan, given={**plan.given, **given}) for title, plan in world.plans.items()}
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
    quick = {"epochs": 30, "learning_rate": 0.02, "batch_size": 128}
    size = {"users": 100, "items": 60, "per_user": 16}
    return run(tmp_path_factory.mktemp("demo") / "w", KEY_FRAMES, make_key_frame_world, quick, **size)


def test_items_and_key_frames_are_found(key_frames: DemoResult) -> None:
    items, frames = key_frames.tables
    between_chance_and_truth(items, *key_frames.runs)
    between_chance_and_truth(frames, *key_frames.runs)
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


@pytest.fixture(scope="module")
def sparsity(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    return run(tmp_path_factory.mktemp("demo") / "w", SPARSITY, make_sparsity_world, {}, users=200, items=400)


def test_the_more_is_known_of_users_the_more_is_found(sparsity: DemoResult) -> None:
    (table,) = sparsity.tables
    between_chance_and_truth(table, *sparsity.runs, of_sparsity.CONTENT)
    # 400 items, less those that train.
    assert table.metric("chance", "recall@20") == pytest.approx(20 / 388, abs=0.02)
    few, middle, many = table.rows[of_sparsity.OURS].buckets.values()
    assert few.groups + middle.groups + many.groups == 200
    assert few.metrics["recall@20"] < many.metrics["recall@20"]
    oracle = table.rows[ORACLE].buckets
    for name in (*sparsity.runs, of_sparsity.CONTENT):
        for bucket, found in table.rows[name].buckets.items():
            assert found.metrics["map"] < oracle[bucket].metrics["map"]


def test_users_are_shown_by_how_much_is_known(sparsity: DemoResult, typed, capsys) -> None:
    next_works(typed, sparsity)
    show(sparsity, SPARSITY.asked)
    shown = " ".join(capsys.readouterr().out.split())
    row = sparsity.tables[0].rows[of_sparsity.OURS]
    figures = [bucket.metrics["recall@20"] for bucket in row.buckets.values()]
    assert " ".join(["TransGRec", *(f"{one:.4f}" for one in figures), f"{row.metrics['recall@20']:.4f}"]) in shown
    assert "[0,8) [8,16) [16,..) all" in shown
    assert sparsity.told in shown


@pytest.fixture(scope="module")
def modalities(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    size = {"users": 150, "items": 400, "per_user": 14}
    return run(tmp_path_factory.mktemp("demo") / "w", MODALITY, make_modality_world, {}, **size)


def test_the_modality_that_matters_stands_out(modalities: DemoResult) -> None:
    (table,) = modalities.tables
    found = {name: table.metric(name, "map") for name in table.rows}
    worth = of_modalities.weights(modalities.runs[of_modalities.WEIGHED].loaded)
    best = max(MODALITIES, key=lambda one: found[f"TransGRec, {one}"])
    assert f"By {best} alone" in modalities.told
    between_chance_and_truth(table, of_modalities.ALL, of_modalities.WEIGHED, f"content kNN, {best}")
    assert max(found.values()) == found[ORACLE]
    for other in set(MODALITIES) - {best}:
        for system in ("TransGRec", "content kNN"):
            assert found[f"{system}, {best}"] > 2 * found[f"{system}, {other}"]
            assert found[f"{system}, {other}"] == pytest.approx(found["chance"], abs=0.04)
        assert worth[of_modalities.feature(best)] > 5 * abs(worth[of_modalities.feature(other)])


def test_what_is_said_of_modalities_can_be_asked(modalities: DemoResult, typed) -> None:
    next_works(typed, modalities)


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
