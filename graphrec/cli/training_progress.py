"""How training goes, on a terminal or into a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING

from graphrec.cli.common import bar, err

if TYPE_CHECKING:
    from graphrec.api.cells import Step
    from graphrec.api.search import Tried
    from graphrec.training.trainer import Epoch, Within

LINE_SECONDS = 30.0
"""So often a line is written where there is no terminal to draw a bar on, whatever is being done."""


class TrainingProgress:
    """A bar over epochs, which moves within them too; where there is no terminal, a line now and then.

    Args:
        quiet: show nothing on a terminal.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._bar = bar(quiet=quiet)
        self._began = time.monotonic()
        self._said = "reading the graph"
        self._over = Event()
        # By a clock of its own: reading, a step of minutes, or the test tell nothing of how far they are.
        self._lines = None if sys.stderr.isatty() else Thread(target=self._write_lines, daemon=True)

    def __enter__(self) -> TrainingProgress:
        """Show it."""
        self._bar.__enter__()
        self._task = self._bar.add_task("training", total=None)
        if self._lines is not None:
            self._lines.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        self._over.set()
        if self._lines is not None:
            self._lines.join()
        self._bar.__exit__(kind, error, trace)

    def __call__(self, line: Epoch | Within, epochs: int) -> None:
        """Show how far training has come."""
        from graphrec.training.trainer import Epoch

        if isinstance(line, Epoch):
            parts = [_figures("loss", line.loss), _figures("valid", line.valid)]
            said = "  ".join([*filter(None, parts), f"{line.edges_per_s:,.0f} training records/s"])
            done = float(line.epoch)
        elif line.done == line.steps:
            said, done = f"epoch {line.epoch}: validation", float(line.epoch)
        else:
            left = line.seconds / line.done * (line.steps - line.done)
            said = f"epoch {line.epoch}: step {line.done:,} of {line.steps:,}, {left:,.0f} s left in it"
            done = line.epoch - 1 + line.done / line.steps
        self._bar.update(self._task, total=epochs, completed=done, description=said)
        self._said = f"epoch {done:.2f} of at most {epochs}: {said}"

    def say(self, line: str) -> None:
        """Write a line that stays, of what begins or has ended."""
        err.print(line, markup=False, highlight=False, soft_wrap=True)
        self._said = line
        self._bar.reset(self._task, total=None, description="training")

    def far(self, what: str, done: int, total: int) -> None:
        """Show how far something other than a training has come."""
        self._bar.update(self._task, total=total, completed=done, description=what)
        self._said = f"{what}: {done:,} of {total:,}"

    def step(self, step: Step) -> None:
        """Tell which of several trainings begins, and how long all that remain will take."""
        what = f"{step.system}, fold {step.fold}, seed {step.seed}"
        self.say(f"run {step.number} of {step.of}: {what}{and_left(step.left_s)}")

    def _write_lines(self) -> None:
        while not self._over.wait(LINE_SECONDS):
            seconds = time.monotonic() - self._began
            err.print(f"{seconds:,.0f} s: {self._said}", markup=False, highlight=False)


def trial_line(tried: Tried) -> str:
    """Return what a trial tries, or what came of it, in a line."""
    of = f" of {tried.of}" if tried.of is not None else ""
    settings = " ".join(f"{name}={value}" for name, value in tried.settings.items())
    best = f"; best {tried.best:.4f}" if tried.best is not None else ""
    what = tried.outcome or settings
    return f"trial {tried.number}{of}: {what}{best}{and_left(tried.left_s)}"


def and_left(seconds: float | None) -> str:
    """Return how long it will take, as the end of a line; empty where nobody knows."""
    if seconds is None:
        return ""
    minutes = seconds / 60
    return f"; about {minutes:,.0f} min left" if minutes >= 2 else f"; about {seconds:.0f} s left"


def _figures(what: str, figures: Mapping[str, float]) -> str:
    """Return them in a line; empty where there are none, such as losses of what is worked out at once."""
    return " ".join([what, *(f"{name} {value:.4f}" for name, value in figures.items())]) if figures else ""
