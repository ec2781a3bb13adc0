import numpy as np
import pytest

from graphrec.errors import ConfigError
from graphrec.media.keyframes import Candidates, FrameRule, Pick, choose

CANDIDATES = Candidates(
    np.array([0.5, 1.5, 2.5, 3.5, 6.5]),
    np.array([[1, 0], [1, 0.1], [0, 1], [1, 0.2], [0, 1]], np.float32),
    np.array([1.0, 5.0, 9.0, 2.0, 1.0]),
)
STRETCHES = np.array([[0.0, 4.0], [4.0, 5.0], [5.0, 8.0]])
LOOKS = np.array([[1, 0.05], [1, 1], [0, 1]], np.float32)


@pytest.mark.parametrize(
    ("pick", "chosen"),
    # The sharpest of all, number 2, looks like nothing else there; nothing lies between 4 and 5 s.
    [(Pick.BEST, [1, 4]), (Pick.FIRST, [0, 4]), (Pick.MIDDLE, [1, 4])],
)
def test_choose(pick, chosen):
    assert choose(CANDIDATES, STRETCHES, LOOKS, pick).tolist() == chosen


def test_rules():
    assert FrameRule.parse("0.5/s") == FrameRule("rate", 0.5)
    assert FrameRule.parse("per-shot").kind == "shots"
    for text in ("", "1", "0/s", "x/s", "101/s"):
        with pytest.raises(ConfigError, match="N/s"):
            FrameRule.parse(text)
