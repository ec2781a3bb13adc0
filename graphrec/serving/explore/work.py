"""The inside of a background process: what it is given, how it tells how far it is, and when it ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from graphrec.errors import GraphrecError

Teller = Callable[[float], None]
"""Tells whoever started the process the share that is done, from 0 to 1."""

NICENESS = 10
"""Pages are drawn first."""


def work(main: Callable[[bytes, Teller], None]) -> None:
    """Run ``main`` with what comes on standard input; what it tells goes to standard output, one JSON value a line.

    A ``GraphrecError`` ends the process with 1 and its words; it also ends when whoever started it is gone.
    """
    with suppress(OSError):
        os.nice(NICENESS)
    asked = sys.stdin.buffer
    given = asked.read(int(asked.readline()))
    Thread(target=_end_with_parent, args=(asked.fileno(),), daemon=True).start()
    out = sys.stdout

    def tell(share: float) -> None:
        print(json.dumps({"share": round(share, 3)}), file=out, flush=True)

    try:
        main(given, tell)
    except GraphrecError as error:
        print(json.dumps({"failed": str(error)}), file=out, flush=True)
        sys.exit(1)


def _end_with_parent(pipe: int) -> None:
    # Not by the file object, whose lock the interpreter needs at its end.
    while os.read(pipe, 1):
        pass
    os._exit(1)
