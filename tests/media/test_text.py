"""Texts as vectors: like texts lie near, in any language, and what was fitted stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media import text as module
from graphrec.media.text import TextSettings, TfidfEncoder

FILMS = [
    "Alien", "Aliens", "Alien: Resurrection", "Toy Story", "Toy Story 2", "Toy Story 3", "The Godfather",
    "The Godfather: Part II", "Star Trek: Generations", "Star Trek: First Contact",
]  # fmt: skip
JAPANESE = [
    "簡単な料理の作り方", "美味しい料理の作り方を紹介", "料理の基本",
    "サッカーの試合ハイライト", "サッカー日本代表の試合",
    "ピアノで弾いてみた", "ピアノ演奏してみた",
]  # fmt: skip


def cosines(encoder: TfidfEncoder, texts: list[str]) -> np.ndarray:
    vectors = encoder.encode(texts)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found: np.ndarray = vectors @ vectors.T
    return found


@pytest.mark.parametrize(
    ("texts", "alike", "others"),
    [
        (FILMS, (0, 1, 2), (3, 4, 6, 9)),
        (FILMS, (3, 4, 5), (0, 6, 8)),
        (JAPANESE, (0, 1, 2), (3, 4, 5, 6)),
        (JAPANESE, (3, 4), (0, 1, 5, 6)),
        (JAPANESE, (5, 6), (0, 3, 4)),
    ],
)
@pytest.mark.parametrize("dimension", [5, 64])
def test_like_texts_are_nearer_than_others(texts, alike, others, dimension) -> None:
    near = cosines(TfidfEncoder.fit(texts, TextSettings(dimension)), texts)
    inside = [near[a, b] for a in alike for b in alike if a != b]
    assert min(inside) > max(near[a, b] for a in alike for b in others) + 0.05


def test_later_texts_land_where_they_belong_and_move_nothing() -> None:
    encoder = TfidfEncoder.fit(FILMS + JAPANESE)
    before = encoder.encode(FILMS)
    near = cosines(encoder, [*FILMS, "Toy Story 4", "Star Trek Beyond", "ＴＯＹ ＳＴＯＲＹ ４"])
    assert near[10, :10].argmax() in (3, 4, 5)
    assert near[11, :10].argmax() in (8, 9)
    assert near[12, 10] == pytest.approx(1)
    np.testing.assert_array_equal(encoder.encode(["new", *FILMS, "newer"])[1:-1], before)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = TfidfEncoder.fit(FILMS)
    whole = encoder.encode(FILMS)
    monkeypatch.setattr(module, "BLOCK", 3)
    np.testing.assert_array_equal(encoder.encode(FILMS), whole)


def test_fewer_texts_than_numbers_and_empty_ones() -> None:
    encoder = TfidfEncoder.fit(["one film", "", "  "])
    found = encoder.encode(["one film", "", " \n", "愛"])
    assert (found.shape, found.dtype) == ((4, 128), np.float32)
    assert np.linalg.norm(found[0]) == pytest.approx(1)
    assert not found[1:].any()
    assert encoder.encode([]).shape == (0, 128)
    for texts in ([], ["", " "]):
        with pytest.raises(DataError, match="no text to learn from"):
            TfidfEncoder.fit(texts)
    for dimension in (0, 4097):
        with pytest.raises(ConfigError, match="dimension must be from 1 to 4096"):
            TfidfEncoder.fit(FILMS, TextSettings(dimension))


def test_the_seed_decides_and_a_file_keeps_all(tmp_path: Path) -> None:
    many = [f"{a} {b} {a[::-1]}" for a in FILMS + JAPANESE for b in FILMS]
    one, same, other = (TfidfEncoder.fit(many, TextSettings(8, seed)).encode(FILMS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    TfidfEncoder.fit(many, TextSettings(8, 1)).save(tmp_path / "e" / "x.safetensors", {"what": "Item.title"})
    loaded, told = TfidfEncoder.load(tmp_path / "e" / "x.safetensors")
    assert told == {"what": "Item.title"}
    assert loaded.settings == TextSettings(8, 1)
    np.testing.assert_array_equal(loaded.encode(FILMS), one)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    TfidfEncoder.fit(FILMS).save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"x.safetensors cannot be read .*--refit"):
        TfidfEncoder.load(path)


def test_of_very_many_texts_an_even_share_is_fitted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FITTED_TEXTS", 10)
    encoder = TfidfEncoder.fit([text for text in FILMS for _ in range(7)])
    assert len(encoder.buckets) == len(TfidfEncoder.fit(FILMS).buckets)
    near = cosines(encoder, FILMS)
    assert near[3, 4] > near[3, 0] + 0.1
