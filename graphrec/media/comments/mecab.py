"""Words of Japanese by MeCab, of many in a process for each core."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError
from graphrec.media.comments import mecab_lines

MANY = 20_000
"""So many stretches are a process's work at a time; fewer in all are not worth one."""


def words_of_many(stretches: pa.Array) -> Iterator[pa.ListArray]:
    """Yield the words of ``stretches``, list<string>, part by part; many are shared out to a process for each core.

    MeCab holds the interpreter while it works, so that threads would wait for each other. Raises ``DataError`` where a
    process is killed.

    Args:
        stretches: string [n], without blanks, and none of them empty.
    """
    if len(stretches) <= MANY:
        yield pa.array(map(mecab_lines.tagger(), stretches.to_pylist()), pa.list_(pa.string()))
        return
    parts = (stretches.slice(begin, MANY) for begin in range(0, len(stretches), MANY))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_apart, parts)


def _apart(stretches: pa.Array) -> pa.ListArray:
    done = subprocess.run(
        # -P: a folder called graphrec where the user happens to be is not this package.
        [sys.executable, "-P", "-m", mecab_lines.__name__],
        input="\n".join(stretches.to_pylist()).encode(),
        stdout=subprocess.PIPE,
        check=False,
        # Ctrl-C ends the process that waits for this one.
        process_group=0,
    )
    if done.returncode:
        raise DataError(
            f"MeCab's process ended with status {done.returncode}; try again, or split without it by --splitter script"
        )
    return pc.split_pattern(pa.array(done.stdout.decode().split("\n")[:-1], pa.string()), " ")
