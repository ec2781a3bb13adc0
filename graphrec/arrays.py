"""Feature matrices whose vectors are arrays, such as clips of pictures: their sizes stand in their names."""

from __future__ import annotations

import re
from math import prod

from graphrec.features import SUFFIXES

_SIZES = re.compile(r"-(\d+(?:x\d+)+)$")


def with_sizes(name: str, sizes: tuple[int, ...]) -> str:
    """Return what a matrix, or what makes it, is called whose vectors are arrays: ``clip-32x24x24x3``."""
    return f"{name}-{'x'.join(map(str, sizes))}"


def sizes_of(name: str, width: int) -> tuple[int, ...]:
    """Return the sizes of the arrays that a matrix holds, in C order; empty where its vectors are plain features.

    Args:
        name: of the matrix, such as ``clip-32x24x24x3-item``, or of the encoder that made it.
        width: numbers per node.
    """
    for suffix in sorted(SUFFIXES.values(), key=len, reverse=True):
        if found := _SIZES.search(name.removesuffix(suffix)):
            sizes = tuple(int(size) for size in found[1].split("x"))
            return sizes if prod(sizes) == width else ()
    return ()
