"""The made world of micro-videos: its truth, and that its files show and sound like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphrec.media.describe_file import describe
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.settings import DescribeSettings, EncoderSpecs
from graphrec.media.thumbnails import spooling
from graphrec.worlds.micro_videos import GENRES, KINDS, make_micro_video_world, read_hidden, write_micro_video


def test_the_same_seed_gives_the_same_world(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        make_micro_video_world(tmp_path / name, seed=seed, videos=3, users=5, per_user=2)
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "same" / path.relative_to(tmp_path / "one")).read_bytes()
    assert (tmp_path / "one" / "hidden.csv").read_bytes() != (tmp_path / "other" / "hidden.csv").read_bytes()


def test_every_sort_tells_something_of_genres_and_users_click_by_it(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    world = make_micro_video_world(
        tmp_path, seed=0, videos=60, users=40, per_user=10, progress=lambda done, of: seen.append((done, of))
    )
    assert seen[-1] == (60, 60)
    hidden = read_hidden(tmp_path)
    np.testing.assert_array_equal(hidden.to_numpy(), world.kinds)
    assert hidden.index.tolist() == world.ids
    assert world.kinds.max() == KINDS - 1
    for sort in range(3):
        rows = [world.genres[world.kinds[:, sort] == kind].mean(0) for kind in range(KINDS)]
        assert np.ptp(rows, 0).max() > 0.3
        assert 0 < np.abs(np.array(rows) - 0.5).max() < 0.5 + 1e-9
    lines = (tmp_path / "ratings.csv").read_text().splitlines()[1:]
    assert {line.split(",")[2] for line in lines} == {"1", "5"}
    assert len((tmp_path / "videos" / "metadata.csv").read_text().splitlines()) == 61
    assert len(GENRES) == world.genres.shape[1]


@pytest.mark.parametrize("kind", range(KINDS))
def test_files_show_and_sound_like_their_kinds(kind: int, tmp_path: Path) -> None:
    looks, sounds = [], []
    encoders = make_encoders(EncoderSpecs(EncoderSpec("clip"), EncoderSpec("spectrogram")))
    for both in (0, KINDS - 1):
        path = tmp_path / f"{both}.mp4"
        write_micro_video(path, np.array([kind, kind, both]), np.random.default_rng(both))
        with spooling(tmp_path / f"spool{both}") as spool:
            found = describe(path, DescribeSettings(), encoders, spool)[0]
        assert found.info.has_audio
        assert found.sounds is not None
        looks.append(found.looks[2].reshape(32, 24, 24, 3))
        sounds.append(found.sounds[2].reshape(32, 24, 24))
    assert looks[1].mean() > 2 * looks[0].mean(), "brighter"
    assert sounds[1].max() > sounds[0].max() + 0.5, "louder"
    band = sounds[1].mean((0, 1)).argmax()
    assert band == pytest.approx((4, 8, 13, 19)[kind], abs=2), "how high"
    red, green, blue = looks[1].mean((0, 1, 2)) / looks[1].mean()
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1
    assert min(abs(angle - kind / KINDS), 1 - abs(angle - kind / KINDS)) < 0.1, "in which colour"
