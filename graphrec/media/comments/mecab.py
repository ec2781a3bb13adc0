"""Words of Japanese by MeCab with the dictionary unidic-lite; as a program, those of a line each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError

MANY = 20_000
"""So many stretches are a process's work at a time; fewer in all are not worth one."""


def tagger() -> Callable[[str], list[str]]:
    """Return what tells the words of a stretch apart."""
    import fugashi
    import unidic_lite

    # Named, since another dictionary may be there that fugashi would take first.
    folder = unidic_lite.DICDIR
    found = fugashi.Tagger(f'-Owakati -r "{folder}/mecabrc" -d "{folder}"')
    return lambda text: str(found.parse(text)).split()


def words_of_many(stretches: pa.Array) -> Iterator[pa.ListArray]:
    """Yield the words of ``stretches``, list<string>, part by part; many are shared out to a process for each core.

    MeCab holds the interpreter while it works, so that threads would wait for each other. Raises ``DataError`` where a
    process is killed.

    Args:
        stretches: string [n], without blanks, and none of them empty.
    """
    if len(stretches) <= MANY:
        yield pa.array(map(tagger(), stretches.to_pylist()), pa.list_(pa.string()))
        return
    parts = (stretches.slice(begin, MANY) for begin in range(0, len(stretches), MANY))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_apart, parts)


def _apart(stretches: pa.Array) -> pa.ListArray:
    done = subprocess.run(
        # -P: a folder called graphrec where the user happens to be is not this package.
        [sys.executable, "-P", "-m", "graphrec.media.comments.mecab"],
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


def main() -> None:
    """Write the words of each line of the standard input, with a blank between them."""
    cut = tagger()
    lines = sys.stdin.buffer.read().decode().split("\n")
    sys.stdout.buffer.write("".join(f"{' '.join(cut(line))}\n" for line in lines).encode())


if __name__ == "__main__":
    main()
