"""Which words of comments a model tells apart: those that are said most."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT
from graphrec.models.parts import Lists
from graphrec.ragged import Ints, Ragged

WORD = "word"
"""What words are called beside labels."""


class Vocabulary(nn.Module):
    """The words that are said most, the most frequent first; all others are one word.

    Args:
        words: how many different words the graph has.
        size: so many at most are told apart.
    """

    numbers: Tensor
    """int64 [size], which words they are; -1 where there are fewer."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.size = min(words, size)
        self.register_buffer("numbers", torch.full((self.size,), -1))

    def fit(self, data: Data, least: int) -> None:
        """Take the words that training comments say at least ``least`` times."""
        most = most_said(data.lists[TEXT].indices, self.size, least)
        self.numbers.fill_(-1)
        self.numbers[: len(most)] = torch.from_numpy(most)

    @property
    def known(self) -> int:
        """How many words are told apart."""
        return int((self.numbers >= 0).sum())

    def coded(self, data: Data, longest: int) -> Lists:
        """Return the words of every comment by place, ``size`` for any other; of each the first ``longest``."""
        words = data.lists[TEXT]
        numbers = self.numbers.numpy(force=True)
        place = np.full(data.nodes[WORD], self.size, np.int64)
        place[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
        short = first_of_each(words, longest)
        return Lists.of(Ragged(short.indptr, place[short.indices]), self.numbers.device)


def most_said(said: Ints, size: int, least: int) -> Ints:
    """Return int64 [words], the ``size`` words most said of ``said``, int64 [n], that are said ``least`` times or more.

    The most said come first, of those said as often the first by number.
    """
    times = np.bincount(said)
    order = np.argsort(-times, kind="stable")[:size]
    return order[times[order] >= least]


def first_of_each(lists: Ragged, longest: int) -> Ragged:
    """Return the first ``longest`` values of each row."""
    lengths = lists.lengths
    place = np.arange(len(lists.indices)) - np.repeat(lists.indptr[:-1], lengths)
    kept: Ints = np.minimum(lengths, longest)
    return Ragged(np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)]), lists.indices[place < longest])
