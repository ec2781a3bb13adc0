"""Feelings by what users like: words of comments that are liked, against words of those that are not.

What is not liked is not blamed for that. So only the comments whose words are least like liked ones count as bad, a
share of all that is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix

from graphrec.errors import DataError
from graphrec.media.comments.feelings import LIKES, Felt, Ints, Said

BAD_SHARE = 0.1
FEWEST = 200
"""So many comments must be liked, and as many not."""
FEWEST_TEXTS = 5
"""A word counts that so many different texts have."""
HELD_OUT = 0.2
"""The share of different texts of which the AUC is."""
SEED = 0

Floats = npt.NDArray[np.float64]


class ByLikes:
    """Tells feelings by a logistic regression on words.

    Args:
        likes: int64 [comments], how many like each; null where nobody knows, from which nothing is learned.
        bad_share: at most this share of comments is bad.
    """

    def __init__(self, likes: pa.Array, bad_share: float) -> None:
        self._likes = likes
        self._bad_share = bad_share

    def tell(self, said: Said, progress: Callable[[str], None]) -> Felt:
        """Return -1 for each text whose words are least like liked ones; 0 for others, and for those without words.

        Raises ``DataError`` where too few comments are liked or not, or no word is in enough texts.
        """
        liked, not_liked = self._counts(said)
        words = _matrix(said.words)
        progress("Learning what is liked")
        held_out = np.random.default_rng(SEED).random(len(liked)) < HELD_OUT
        auc = _auc(words[held_out] @ _fitted(words, liked, not_liked, ~held_out), liked[held_out], not_liked[held_out])
        score = words @ _fitted(words, liked, not_liked, np.ones(len(liked), bool))
        known = np.diff(words.indptr) > 0
        comments = np.bincount(said.code, minlength=len(liked))
        bad = known & (score < _threshold(score[known], comments[known], self._bad_share * comments.sum()))
        share = float(comments[bad].sum() / comments.sum())
        figures = {
            "liked": float(liked.sum()), "not liked": float(not_liked.sum()), "auc": auc, "bad share": share,
        }  # fmt: skip
        notes = (
            f"feelings are told by what users like: {int(liked.sum()):,} comments are liked, "
            f"{int(not_liked.sum()):,} are not, which is no blame; the {share:.1%} of all whose words are least like "
            f"liked ones count as bad (--bad-share {self._bad_share:g} at most)",
            f"of two comments held out, one liked and one not, words tell which is liked with an AUC of {auc:.3f}: "
            "0.5 is chance, 1 always",
        )
        return Felt(LIKES, np.where(bad, -1, 0), figures, notes)

    def _counts(self, said: Said) -> tuple[Ints, Ints]:
        """Return of how many comments of each text that anybody, and that nobody likes them: int64 [n] twice."""
        known = pc.is_valid(self._likes).to_numpy(zero_copy_only=False)
        like = pc.fill_null(self._likes, 0).to_numpy() > 0
        count = len(said.written)
        liked, not_liked = (np.bincount(said.code[known & one], minlength=count) for one in (like, ~like))
        if min(liked.sum(), not_liked.sum()) < FEWEST:
            raise DataError(
                f"{liked.sum():,} comments are liked and {not_liked.sum():,} are not; --feelings {LIKES} needs "
                f"{FEWEST} of each (Comment.likes, which a niconico archive tells): use --feelings words, or a model"
            )
        return liked, not_liked


def _matrix(words: pa.ListArray) -> csr_matrix:
    """Return which text has which of the words that several have, float64 [texts, words], 0 or 1."""
    said = words.flatten().dictionary_encode()
    rows = np.repeat(np.arange(len(words)), np.diff(words.offsets.to_numpy()))
    shape = len(words), len(said.dictionary)
    found = csr_matrix((np.ones(len(rows)), (rows, np.asarray(said.indices, np.int64))), shape)
    found.data[:] = 1
    several = np.bincount(found.indices, minlength=shape[1]) >= FEWEST_TEXTS
    if not several.any():
        raise DataError(f"no word is in {FEWEST_TEXTS} different comments; use --feelings words, or a model")
    return found[:, np.flatnonzero(several)]


def _fitted(words: csr_matrix, liked: Ints, not_liked: Ints, rows: npt.NDArray[np.bool_]) -> Floats:
    """Return the weight of each word, float64 [words], fitted on the texts ``rows``."""
    from sklearn.linear_model import LogisticRegression

    parts = [np.flatnonzero(rows & (count > 0)) for count in (not_liked, liked)]
    truth = np.repeat([0, 1], [len(part) for part in parts])
    weight = np.concatenate([count[part] for count, part in zip((not_liked, liked), parts, strict=True)])
    model = LogisticRegression(max_iter=200).fit(words[np.concatenate(parts)], truth, weight.astype(float))
    found: Floats = model.coef_[0]
    return found


def _auc(score: Floats, liked: Ints, not_liked: Ints) -> float:
    """Return how often a liked comment has the higher score of one that is not, a tie counting half; nan of none."""
    from sklearn.metrics import roc_auc_score

    if not liked.sum() or not not_liked.sum():
        return float("nan")
    truth = np.repeat([0, 1], [len(score), len(score)])
    return float(roc_auc_score(truth, np.concatenate([score, score]), sample_weight=np.concatenate([not_liked, liked])))


def _threshold(score: Floats, comments: Ints, most: float) -> float:
    """Return the highest score below which ``most`` comments stand, or fewer; ``comments`` of each text."""
    values, at = np.unique(score, return_inverse=True)
    below = np.concatenate([np.zeros(1), np.cumsum(np.bincount(at, comments))])
    found: Any = np.append(values, np.inf)[np.flatnonzero(below <= most)[-1]]
    return float(found)
