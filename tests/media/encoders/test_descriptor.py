import numpy as np
import pytest

from graphrec.errors import DataError
from graphrec.media.encoders.descriptor import DIMENSION, PARTS, Descriptor, encode

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


def _plain(frames):
    """The same numbers by formulas in double precision, picture by picture, with angles and without any tricks."""
    pixels = frames / 255
    luma = pixels @ [0.299, 0.587, 0.114]
    return np.concatenate(
        [
            np.sqrt(_plain_colour(pixels)),
            _scaled(
                _plain_grid([luma.mean(0), (pixels[..., 2] - luma).mean(0), (pixels[..., 0] - luma).mean(0)])
            ),
            _plain_texture(luma) / np.sqrt(2),
            _plain_texture(_plain_halved(luma)) / np.sqrt(2),
            _plain_motion(luma) / np.sqrt(3),
        ]
    )


def _plain_colour(pixels):
    counts = np.zeros(72)
    for r, g, b in pixels.reshape(-1, 3):
        value = max(r, g, b)
        saturation = (value - min(r, g, b)) / max(value, 1e-3)
        hue = _octant(2 * r - g - b, np.sqrt(3) * (g - b))
        counts[hue * 9 + min(int(saturation * 3), 2) * 3 + min(int(value * 3), 2)] += 1
    return counts / counts.sum()


def _plain_grid(planes):
    return np.array([cell.mean() for p in planes for row in _cut(p, 0) for cell in _cut(row, 1)])


def _cut(plane, axis):
    edges = [number * plane.shape[axis] // 4 for number in (1, 2, 3)]
    return np.split(plane, edges, axis)


def _plain_gradient(luma):
    across, down = np.gradient(luma, axis=2) * 2, np.gradient(luma, axis=1) * 2
    across[:, :, [0, -1]] = down[:, [0, -1]] = 0
    return across, down


def _plain_halved(luma):
    n, height, width = luma.shape
    return luma[:, : height // 2 * 2, : width // 2 * 2].reshape(n, height // 2, 2, width // 2, 2).mean((2, 4))


def _plain_texture(luma):
    across, down = _plain_gradient(luma)
    strength, twice = np.hypot(across, down), 2 * np.arctan2(down, across)
    height, width = luma.shape[1:]
    sums = np.zeros((2, 2, 8))
    for (n, y, x), s in np.ndenumerate(strength):
        if s >= 0.02:
            sums[
                y * 2 // height, x * 2 // width, _octant(np.cos(twice[n, y, x]), np.sin(twice[n, y, x]))
            ] += s
    return _scaled(sums.ravel() / luma.size, 1e-3)


def _plain_motion(luma):
    across, down = _plain_gradient(luma)
    change = luma[1:] - luma[:-1]
    size = np.where(np.abs(change) < 0.02, 0, np.abs(change))
    shares = np.array([(size > step).mean() for step in (0.02, 0.04, 0.08, 0.16, 0.24, 0.32)])
    sums = np.zeros(8)
    for at, d in np.ndenumerate(change):
        sums[_octant(-d * across[at], -d * down[at])] += size[at] * np.hypot(across[at], down[at])
    places = _scaled(_plain_grid([size.mean(0)]), 0.02)
    return np.concatenate([shares / np.sqrt(6), places, _scaled(sums / change.size, 1e-3)])


def _octant(x, y):
    turned = (np.arctan2(y, x) + np.pi / 8) % (2 * np.pi)
    return [7, 6, 2, 3, 1, 0, 4, 5][int(turned / (np.pi / 4)) % 8]


def _scaled(vector, floor=1e-6):
    return vector / max(np.linalg.norm(vector), floor)


@pytest.fixture(scope="module")
def flicker():
    """A video that brightens and darkens anywhere, of sides that no grid divides."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 6, (21, 5, 7, 3), dtype=np.uint8).repeat(5, axis=1).repeat(5, axis=2)
    steps = coarse[:, :23, :31] + rng.integers(0, 3, (21, 23, 31, 3), dtype=np.uint8)
    # So that no value or saturation is exactly a third, and no change exactly at a step, where rounding decides.
    return 2 + 21 * steps


@pytest.mark.parametrize(("first", "last"), [(0, 21), (0, 6), (3, 5), (15, 21)])
def test_pooled_moments_are_the_stretch_looked_at_together(flicker, first, last):
    descriptor = Descriptor()
    moments = descriptor.encode(np.concatenate([flicker[:1], flicker]))
    expected = _plain(flicker[first:last])
    np.testing.assert_allclose(descriptor.pool(moments[first:last]), expected, atol=2e-6)
    np.testing.assert_allclose(encode(flicker[first:last]), expected, atol=2e-6)


def test_one_moment_has_no_motion_whatever_came_before_it(flicker):
    descriptor = Descriptor()
    moment = descriptor.encode(flicker[7:9])
    assert moment[:, PARTS["motion"]].any()
    np.testing.assert_array_equal(descriptor.pool(moment), encode(flicker[8:9]))


def test_a_picture_to_compare_with_must_stand_before_the_first():
    with pytest.raises(DataError, match="n >= 2"):
        Descriptor().encode(np.zeros((1, 54, 96, 3), np.uint8))
