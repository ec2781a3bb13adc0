"""How training goes, on a terminal or into a file."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from graphrec.cli.common import bar, err

if TYPE_CHECKING:
    from graphrec.training.trainer import Epoch, Within

LINE_SECONDS = 30.0
"""So often a line is written where there is no terminal to draw a bar on."""


class TrainingProgress:
    """A bar over epochs, which moves within them too; where there is no terminal, a line now and then.

    Args:
        quiet: show nothing on a terminal.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._bar = bar(quiet=quiet)
        self._lines = not sys.stderr.isatty()
        self._written = time.monotonic()

    def __enter__(self) -> TrainingProgress:
        """Show it."""
        self._bar.__enter__()
        self._task = self._bar.add_task("training", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        self._bar.__exit__(kind, error, trace)

    def __call__(self, line: Epoch | Within, epochs: int) -> None:
        """Show how far training has come."""
        from graphrec.training.trainer import Epoch

        if isinstance(line, Epoch):
            loss = " ".join(f"{name} {value:.4f}" for name, value in line.loss.items())
            valid = " ".join(f"{name} {value:.4f}" for name, value in line.valid.items())
            said, done = f"loss {loss}  valid {valid}  {line.edges_per_s:,.0f} edges/s", float(line.epoch)
        else:
            left = line.seconds / line.done * (line.steps - line.done)
            said = f"epoch {line.epoch}: step {line.done:,} of {line.steps:,}, {left:,.0f} s left in it"
            done = line.epoch - 1 + line.done / line.steps
        self._bar.update(self._task, total=epochs, completed=done, description=said)
        now = time.monotonic()
        if self._lines and now - self._written >= LINE_SECONDS:
            self._written = now
            err.print(f"epoch {done:.2f} of at most {epochs}: {said}", markup=False, highlight=False)
