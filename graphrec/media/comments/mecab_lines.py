"""Words of Japanese by MeCab with the dictionary unidic-lite; as a program, those of a line each.

A process is started for every few lines: nothing is imported here that takes long.
"""

from __future__ import annotations

import sys
from collections.abc import Callable


def tagger() -> Callable[[str], list[str]]:
    """Return what tells the words of a stretch apart."""
    import fugashi
    import unidic_lite

    # Named, since another dictionary may be there that fugashi would take first.
    folder = unidic_lite.DICDIR
    found = fugashi.Tagger(f'-Owakati -r "{folder}/mecabrc" -d "{folder}"')
    return lambda text: str(found.parse(text)).split()


def main() -> None:
    """Write the words of each line of the standard input, with a blank between them."""
    cut = tagger()
    lines = sys.stdin.buffer.read().decode().split("\n")
    sys.stdout.buffer.write("".join(f"{' '.join(cut(line))}\n" for line in lines).encode())


if __name__ == "__main__":
    main()
