"""Maps in two dimensions, and how they are kept."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from graphrec.errors import NotFoundError
from graphrec.serving.explore import map_files
from graphrec.serving.explore.map_files import keep, kept, map_name
from graphrec.serving.explore.maps import layout, principal
from graphrec.serving.explore.newcomers import company
from graphrec.workspace import Workspace

CROWDS = np.repeat(np.eye(3, 6, dtype=np.float32), 20, 0)


def crowds() -> np.ndarray:
    return CROWDS + 0.05 * np.random.default_rng(0).standard_normal(CROWDS.shape).astype(np.float32)


def test_the_first_component_is_along_the_longest_axis() -> None:
    # Deviations from the mean are (3, 0), (-3, 0), (0, 1), (0, -1): the axes are the components.
    found = principal(np.array([(8, 5), (2, 5), (5, 6), (5, 4)], np.float32), 2)
    assert np.allclose(found, [(3, 0), (-3, 0), (0, 1), (0, -1)])


def test_a_map_by_pca_goes_by_directions_alone() -> None:
    vectors = crowds()
    longer = vectors * np.arange(1, len(vectors) + 1, dtype=np.float32)[:, None]
    assert np.allclose(layout(vectors, "pca"), layout(longer, "pca"), atol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("method", ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_crowds_stay_together_and_the_same_seed_gives_the_same_map(method: str) -> None:
    if method == "umap":
        pytest.importorskip("umap")
    shares: list[float] = []
    found = layout(crowds(), method, 3, shares.append)
    assert found.dtype == np.float32
    assert found.shape == (60, 2)
    crowd = np.repeat(np.arange(3), 20)
    distance = np.linalg.norm(found[:, None] - found[None], axis=2)
    nearest = np.argsort(distance, axis=1)[:, 1:6]
    assert (crowd[nearest] == crowd[:, None]).all()
    assert np.array_equal(layout(crowds(), method, 3), found)
    assert shares == sorted(shares)
    assert (method == "pca") == (not shares)


@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_vectors_without_any_difference_have_a_map_too(count: int) -> None:
    assert layout(np.ones((count, 4), np.float32), "tsne").shape == (count, 2)


def test_a_method_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'tsne'"):
        layout(crowds(), "t-sne")


def test_maps_are_kept_and_those_looked_at_longest_ago_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_files, "KEPT", 2)
    workspace = Workspace(tmp_path)
    assert kept(workspace, "a") is None
    for at, name in enumerate("ab"):
        keep(workspace, name, np.full((3, 2), at, np.float32))
        os.utime(workspace.maps / f"{name}.npy", (at, at))
    assert kept(workspace, "a") is not None
    keep(workspace, "c", np.zeros((3, 2), np.float32))
    assert [kept(workspace, name) is not None for name in "abc"] == [True, False, True]
    (workspace.maps / "a.npy").write_bytes(b"cut off")
    assert kept(workspace, "a") is None


def test_a_maps_name_tells_vectors_method_and_seed() -> None:
    names = {
        map_name(*asked) for asked in (("d", "pca", 0), ("e", "pca", 0), ("d", "tsne", 0), ("d", "pca", 1))
    }
    assert len(names) == 4


def test_new_nodes_among_the_old_and_apart() -> None:
    # On a circle, two degrees from one to the next: every third is new, or the last third.
    angles = np.deg2rad(2.0 * np.arange(30))
    circle = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    mixed = company(circle, np.arange(30) % 3 == 1, k=2)
    assert mixed is not None
    # The neighbours on either side of a new one are old.
    assert (mixed.new, mixed.old, mixed.k, mixed.share) == (10, 20, 2, 1)
    assert mixed.by_chance == pytest.approx(20 / 29)
    apart = company(circle, np.arange(30) >= 20, k=2)
    assert apart is not None
    # Only the first of the new ones has an old neighbour: one of 10 x 2.
    assert apart.share == pytest.approx(1 / 20)
    assert company(circle, np.zeros(30, bool)) is None
    assert company(circle, np.ones(30, bool)) is None
