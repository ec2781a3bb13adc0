"""Where there is no terminal, whoever waits hears of it now and then."""

from __future__ import annotations

import pytest

from graphrec.cli import training_progress
from graphrec.cli.training_progress import TrainingProgress
from graphrec.testing.limits import until
from graphrec.training.trainer import Epoch, Within


@pytest.mark.parametrize("quiet", [False, True])
def test_a_line_is_written_now_and_then_whatever_is_done(
    quiet: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_progress, "LINE_SECONDS", 0.05)
    heard = ""

    def says(what: str) -> bool:
        nonlocal heard
        heard += capsys.readouterr().err
        return what in heard

    with TrainingProgress(quiet=quiet) as show:
        until(lambda: says("reading the graph"))
        show(Within(3, 2, 4, 1.0), 10)
        until(lambda: says("epoch 2.50 of at most 10: epoch 3: step 2 of 4, 1 s left in it"))
        show(Within(3, 4, 4, 2.0), 10)
        until(lambda: says("epoch 3.00 of at most 10: epoch 3: validation"))
        show(Epoch(3, {"loss": 0.5}, {"map": 0.25}, 1000.0, 1.0), 10)
        until(lambda: says("epoch 3.00 of at most 10: loss loss 0.5000  valid map 0.2500"))
        show(Epoch(1, {}, {"map": 0.25}, 1000.0, 1.0), 1)
        until(lambda: says("epoch 1.00 of at most 1: valid map 0.2500  1,000 training records/s"))
    assert not says("never said")
