"""Feelings by what users like."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from graphrec.errors import DataError
from graphrec.media.comments.by_likes import ByLikes
from graphrec.media.comments.feelings import Felt, Said

LIKED, OTHER = "applause", "yawn"


def said(texts: list[str], times: int = 1) -> Said:
    """Return texts, each written so many times."""
    written = pa.array(texts)
    words = pa.array([text.split() for text in texts], pa.list_(pa.string()))
    return Said(written, written, words, np.repeat(np.arange(len(texts)), times))


def world(times: int = 1, seed: int = 0) -> tuple[Said, pa.Array]:
    """Return 600 texts, half of which say what 9 of 10 like, and half what 1 of 10 does, and their likes."""
    draw = np.random.default_rng(seed)
    texts = [f"{(LIKED, OTHER)[n % 2]} common own{n}" for n in range(600)]
    liked = draw.random((600, times)) < np.where(np.arange(600) % 2, 0.1, 0.9)[:, None]
    return said(texts, times), pa.array((liked * draw.integers(1, 9, liked.shape)).ravel(), pa.int64())


def tell(texts: Said, likes: pa.Array, share: float) -> Felt:
    return ByLikes(likes, share).tell(texts, lambda step: None)


@pytest.mark.parametrize("times", [1, 3])
def test_bad_is_what_is_least_like_what_is_liked(times: int) -> None:
    texts, likes = world(times)
    felt = tell(texts, likes, 0.5)
    assert felt.feeling.tolist() == [0, -1] * 300
    # One of ten goes against its word: .81 of pairs are told right, .18 have the same word, half of which count.
    assert felt.figures["auc"] == pytest.approx(0.9, abs=0.09)
    assert felt.figures["bad share"] == 0.5
    assert (felt.figures["liked"], felt.figures["not liked"]) == (
        sum(n > 0 for n in likes.to_pylist()), sum(n == 0 for n in likes.to_pylist()),
    )  # fmt: skip
    assert f"AUC of {felt.figures['auc']:.3f}" in felt.notes[1]


def test_of_comments_that_words_do_not_tell_apart_none_is_chosen() -> None:
    texts, likes = world()
    felt = tell(texts, likes, 0.3)
    assert not felt.feeling.any()
    assert felt.figures["bad share"] == 0


def test_likes_without_cause_are_told_at_chance() -> None:
    draw = np.random.default_rng(1)
    texts = said([f"{draw.choice(['a', 'b', 'c', 'd'])} {draw.choice(['e', 'f', 'g'])} x{n}" for n in range(2000)])
    felt = tell(texts, pa.array(draw.integers(0, 2, 2000)), 0.1)
    assert felt.figures["auc"] == pytest.approx(0.5, abs=0.08)


def test_a_text_whose_words_say_nothing_is_not_bad() -> None:
    texts, likes = world()
    more = said([*texts.written.to_pylist(), "", "unheard"])
    felt = tell(more, pa.concat_arrays([likes, pa.array([None, None], pa.int64())]), 0.6)
    assert felt.feeling.tolist() == [0, -1] * 300 + [0, 0]
    assert felt.figures["liked"] + felt.figures["not liked"] == 600


@pytest.mark.parametrize("likes", [[1] * 600, [0] * 600, [None] * 600, [1] * 199 + [0] * 401])
def test_too_few_likes_are_refused(likes: list[int | None]) -> None:
    with pytest.raises(DataError, match=r"needs 200 of each.*use --feelings words"):
        tell(world()[0], pa.array(likes, pa.int64()), 0.1)


def test_words_that_nobody_repeats_are_refused() -> None:
    with pytest.raises(DataError, match="no word is in 5 different comments"):
        tell(said([f"w{n}" for n in range(400)]), pa.array([0, 1] * 200), 0.1)
