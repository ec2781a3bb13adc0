"""What a user would write on a frame, word by word: the preference-aware LSTM of KFRCI."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import PackedSequence

from graphrec.models.parts import Lists

Softmax = Literal["auto", "full", "adaptive"]
FEW = 2000
"""Up to so many words the softmax is over all of them; of more the rarer ones are first told apart in groups."""


class CommentWords(nn.Module):
    """h_t = LSTM(h_(t-1), [w_(t-1), e]), p(w_t) = softmax(h_t) (KFRCI Eq. 5 to 7), e the same at every step.

    Comments are packed by length, so that there is no padding. Words that are not told apart are read and not
    predicted.

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
        self.lstm = nn.LSTM(dimension + preference, dimension)
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
        read = torch.cat([self.embedding(before), preference.float()[comment]], 1)
        told = targets < self.words
        # In float32 also where training is in bfloat16: not every processor has an LSTM for that.
        with torch.autocast(read.device.type, enabled=False):
            hidden = self.lstm(PackedSequence(read, sizes.cpu()))[0].data
            return self._loss(hidden[told], targets[told])

    @torch.no_grad()
    def likely(self, preference: Tensor) -> Tensor:
        """Return ln p of the first word for each e, float32 [n, words]; for where it is predicted."""
        begin: Tensor = self.embedding.weight[self.words + 1].expand(len(preference), -1)
        hidden = self.lstm(torch.cat([begin, preference], 1)[None])[0][0]
        if self.output is None:
            assert self.adaptive is not None
            grouped: Tensor = self.adaptive.log_prob(hidden)
            return grouped
        logits: Tensor = self.output(hidden)
        return logits.log_softmax(1)

    def _loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        if not len(targets):
            return hidden.sum() * 0
        if self.output is None:
            assert self.adaptive is not None
            told: Tensor = self.adaptive(hidden, targets).output
            return -told.sum()
        return cross_entropy(self.output(hidden), targets, reduction="sum")
