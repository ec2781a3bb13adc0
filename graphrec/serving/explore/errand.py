"""Work for a process of its own, and the inside of that process: ``python -m graphrec.serving.explore.errand``.

Not ``multiprocessing``, nor what is built on it: its new processes run the main module again, which in the explorer is
the page that is being drawn, and a copy of this process would hold its threads' locks and an open database.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

from graphrec.errors import GraphrecError

Teller = Callable[[float], None]
"""Tells whoever started the process the share that is done, from 0 to 1."""

NICENESS = 10
"""Pages are drawn first."""


@dataclass(frozen=True)
class Errand:
    """What a process is to do.

    Attributes:
        function: of a module, by whose name the process finds it; it takes ``arguments`` and a ``Teller``, and leaves
            what it finds in a file.
        arguments: what can be pickled.
    """

    function: Callable[..., object]
    arguments: tuple[Any, ...] = ()


def main() -> None:
    """Run the errand that comes on standard input; what is told goes to standard output, one JSON value a line.

    A ``GraphrecError`` ends the process with 1 and its words; it also ends when whoever started it is gone.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    asked = sys.stdin.buffer
    function, arguments = pickle.load(asked)
    Thread(target=_end_with_parent, args=(asked.fileno(),), daemon=True).start()
    out = sys.stdout

    def tell(share: float) -> None:
        print(json.dumps({"share": round(share, 3)}), file=out, flush=True)

    try:
        function(*arguments, tell)
    except GraphrecError as error:
        print(json.dumps({"failed": str(error)}), file=out, flush=True)
        sys.exit(1)


def _end_with_parent(pipe: int) -> None:
    # Not by the file object, whose lock the interpreter needs at its end.
    while os.read(pipe, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
