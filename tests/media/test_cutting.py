import numpy as np
import pytest

from graphrec.errors import ConfigError
from graphrec.media.cutting import Cutting

SHOTS = np.array([0.0, 4.0, 6.0, 20.0, 21.0, 30.0])
TIMES = np.arange(0.5, 30)
NOTHING = np.ones((30, 1), np.float32)


@pytest.mark.parametrize(
    "text",
    ["", "fixed:", "fixed:0", "fixed:-1", "fixed:nan", "shots:2", "scene", "fixed:x", "equal", "equal:0", "equal:1.5"]
)
def test_what_is_no_cutting_is_refused(text):
    if text == "fixed:":
        assert Cutting.parse(text).seconds == 5
        return
    with pytest.raises(ConfigError, match="fixed:SECONDS, equal:COUNT, shots or scenes:SECONDS"):
        Cutting.parse(text)


def test_shots():
    assert Cutting.parse("shots").cut(SHOTS, TIMES, NOTHING).tolist() == [
        [0, 4],
        [4, 6],
        [6, 20],
        [20, 21],
        [21, 30],
    ]


def test_fixed():
    found = Cutting.parse("fixed:8").cut(np.array([0, 30.0]), TIMES, NOTHING)
    assert found.tolist() == [[0, 8], [8, 16], [16, 24], [24, 30]]


def test_equal_parts():
    cutting = Cutting.parse("equal:4")
    assert not cutting.by_shots
    assert cutting.cut(np.array([0, 30.0]), TIMES, NOTHING).tolist() == [[0, 7.5], [7.5, 15], [15, 22.5], [22.5, 30]]


def test_scenes_join_what_is_short_with_the_neighbour_that_looks_like_it():
    looks = np.zeros((30, 2), np.float32)
    looks[:4, 0] = looks[20:, 0] = 1
    looks[4:20, 1] = 1
    # The second from 20 s looks like what follows, the two from 4 s like what follows them.
    assert Cutting.parse("scenes:3").cut(SHOTS, TIMES, looks).tolist() == [[0, 4], [4, 20], [20, 30]]
    assert Cutting.parse("scenes:100").cut(SHOTS, TIMES, looks).tolist() == [[0, 30]]
