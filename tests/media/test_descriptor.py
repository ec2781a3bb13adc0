import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media.descriptor import DIMENSION, PARTS, encode

Y, X = np.mgrid[:54, :96]


def _clip(moving=0.0, colour=(200, 120, 60), angle=0.0, frames=10):
    """Stripes of one colour; ``angle`` turns them, ``moving`` is their shift per frame in pixels."""
    shift = moving * np.arange(frames)[:, None, None]
    wave = 0.5 + 0.4 * np.sin(2 * np.pi / 16 * (np.cos(angle) * X + np.sin(angle) * Y - shift))
    return (wave[..., None] * np.array(colour)).astype(np.uint8)


def _distances(one, other):
    change = encode(one) - encode(other)
    return {name: float(np.linalg.norm(change[columns])) for name, columns in PARTS.items()}


def test_parts_tile_the_vector_and_are_comparable():
    columns = np.concatenate([np.arange(DIMENSION)[part] for part in PARTS.values()])
    assert columns.tolist() == list(range(DIMENSION))
    vector = encode(np.random.default_rng(0).integers(0, 256, (4, 33, 47, 3), dtype=np.uint8))
    assert vector.dtype == np.float32
    for part in PARTS.values():
        assert 0.5 < np.linalg.norm(vector[part]) < 1.001


def test_movement_shows_in_motion():
    distances = _distances(_clip(), _clip(moving=3))
    assert distances["motion"] > 0.5
    assert max(distances[name] for name in ("colour", "layout", "texture")) < 0.2


def test_a_still_clip_and_a_single_frame_have_no_motion():
    assert not encode(_clip())[PARTS["motion"]].any()
    assert not encode(_clip(moving=3, frames=1))[PARTS["motion"]].any()


def test_direction_of_movement_is_told_apart():
    assert _distances(_clip(moving=3), _clip(moving=-3))["motion"] > 0.5


def test_colour_shows_in_colour_and_layout():
    # The same brightness, so that edges stay as they are.
    distances = _distances(_clip(colour=(200, 100, 100)), _clip(colour=(100, 130, 209)))
    assert distances["colour"] > 0.9
    assert distances["layout"] > 0.3
    assert max(distances["texture"], distances["motion"]) < 0.05


def test_turned_stripes_show_in_texture():
    distances = _distances(_clip(), _clip(angle=np.pi / 2))
    assert distances["texture"] > 0.9
    assert max(distances["colour"], distances["motion"]) < 0.2


def test_where_a_colour_stands_shows_in_layout_only():
    left = np.zeros((2, 54, 96, 3), np.uint8)
    left[:, :, :48] = (200, 40, 40)
    distances = _distances(left, left[:, :, ::-1])
    assert distances["layout"] > 0.9
    assert distances["colour"] == 0


def test_noise_of_a_flat_picture_is_not_blown_up():
    flat = np.full((6, 54, 96, 3), 90, np.uint8)
    noisy = flat + np.random.default_rng(0).integers(0, 3, flat.shape, dtype=np.uint8)
    vector = encode(noisy)
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector[PARTS["texture"]]) < 0.05
    assert np.linalg.norm(vector[PARTS["motion"]]) < 0.05


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_are_finite(value):
    assert np.isfinite(encode(np.full((3, 8, 8, 3), value, np.uint8))).all()


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((0, 54, 96, 3), np.uint8),
        np.zeros((2, 54, 96, 3)),
        np.zeros((54, 96, 3), np.uint8),
        np.zeros((2, 7, 96, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(frames):
    with pytest.raises(DataError, match="is needed"):
        encode(frames)
