"""What a user would write on a frame, word by word: the preference-aware LSTM of KFRCI."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from graphrec.models.parts import Lists

Softmax = Literal["auto", "full", "adaptive"]
FEW = 2000
"""Up to so many words the softmax is over all of them; of more the rarer ones are first told apart in groups."""


class CommentWords(nn.Module):
    """h_t = LSTM(h_(t-1), [w_(t-1), e]), p(w_t) = softmax(h_t) (KFRCI Eq. 5 to 7), e the same at every step.

    Comments go by length, so that there is no padding, and e is multiplied once a comment, not at each of its words.
    Words that are not told apart are read and not predicted.

    Args:
        words: how many are told apart; ``words`` itself stands for any other.
        preference: numbers of e.
        dimension: numbers of a word, and of h.
        first: whether the first word is predicted too, from a word that begins every comment (ours). The paper takes
            it as given, so that a comment of one word teaches nothing.
        softmax: over all words at once, or adaptive (Grave et al., ICML 2017); auto: by how many there are.
    """

    def __init__(self, words: int, preference: int, dimension: int, *, first: bool, softmax: Softmax) -> None:
        super().__init__()
        self.words, self.first = words, first
        self.embedding = nn.Embedding(words + 2, dimension)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.of_word = nn.Linear(dimension, 4 * dimension)
        self.of_preference = nn.Linear(preference, 4 * dimension, bias=False)
        self.of_before = nn.Linear(dimension, 4 * dimension, bias=False)
        adaptive = softmax == "adaptive" or (softmax == "auto" and words > FEW)
        cutoffs = [cut for cut in (words // 20, words // 4) if cut] if adaptive else []
        self.adaptive = (
            nn.AdaptiveLogSoftmaxWithLoss(dimension, words, sorted(set(cutoffs)), div_value=2.0) if cutoffs else None
        )
        self.output = None if cutoffs else nn.Linear(dimension, words)

    def forward(self, preference: Tensor, comments: Lists) -> Tensor:
        """Return the sum of -ln p over the words that are predicted, float32 scalar.

        Args:
            preference: e of each comment, float32 [C, E].
            comments: words of each.
        """
        lengths = comments.lengths if self.first else (comments.lengths - 1).clamp(min=0)
        order = lengths.argsort(descending=True, stable=True)
        steps = lengths[order]
        if not len(steps) or not int(steps[0]):
            return preference.sum() * 0
        sizes = (steps[None] > torch.arange(int(steps[0]), device=steps.device)[:, None]).sum(1)
        time = torch.arange(len(sizes), device=sizes.device).repeat_interleave(sizes)
        place = torch.arange(len(time), device=sizes.device) - (sizes.cumsum(0) - sizes)[time]
        comment = order[place]
        at = comments.indptr[comment] + time
        if self.first:
            before = torch.where(time > 0, comments.indices[(at - 1).clamp(min=0)], self.words + 1)
            targets = comments.indices[at]
        else:
            before, targets = comments.indices[at], comments.indices[at + 1]
        told = targets < self.words
        # In float32 also where training is in bfloat16: what is kept over many words needs its digits.
        with torch.autocast(before.device.type, enabled=False):
            own = self.of_preference(preference.float()).index_select(0, comment)
            hidden = self._states(own + self.of_word(self.embedding(before)), sizes.tolist())
            return self._loss(hidden[told], targets[told])

    @torch.no_grad()
    def likely(self, preference: Tensor) -> Tensor:
        """Return ln p of the first word for each e, float32 [n, words]; for where it is predicted."""
        begin: Tensor = self.of_word(self.embedding.weight[self.words + 1])
        hidden = self._states(self.of_preference(preference) + begin, [len(preference)])
        if self.output is None:
            assert self.adaptive is not None
            grouped: Tensor = self.adaptive.log_prob(hidden)
            return grouped
        logits: Tensor = self.output(hidden)
        return logits.log_softmax(1)

    def _states(self, gates: Tensor, sizes: list[int]) -> Tensor:
        """Return h, float32 [words, H], from what words and e add to the gates, float32 [words, 4 H].

        Both are step by step, ``sizes`` comments at each, and never more than at the step before.
        """
        memory = hidden = gates.new_zeros(sizes[0], gates.shape[1] // 4)
        found = list[Tensor]()
        for read in torch.split(gates, sizes):
            memory, hidden = memory[: len(read)], hidden[: len(read)]
            if found:
                read = read + self.of_before(hidden)
            entered, forgotten, new, shown = read.chunk(4, 1)
            memory = forgotten.sigmoid() * memory + entered.sigmoid() * new.tanh()
            hidden = shown.sigmoid() * memory.tanh()
            found.append(hidden)
        return torch.cat(found)

    def _loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        if not len(targets):
            return hidden.sum() * 0
        if self.output is None:
            assert self.adaptive is not None
            told: Tensor = self.adaptive(hidden, targets).output
            return -told.sum()
        return cross_entropy(self.output(hidden), targets, reduction="sum")
