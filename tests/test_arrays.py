"""Sizes of arrays in the names of feature matrices."""

from __future__ import annotations

import pytest

from graphrec.arrays import sizes_of, with_sizes


@pytest.mark.parametrize("suffix", ["", "-item", "-frame", "-trailer"])
def test_sizes_stand_in_the_name(suffix: str) -> None:
    name = with_sizes("clip", (2, 3, 3, 3)) + suffix
    assert name == f"clip-2x3x3x3{suffix}"
    assert sizes_of(name, 54) == (2, 3, 3, 3)


@pytest.mark.parametrize("name", ["look", "look-item", "fx-3x", "x3-224", "clip-2x3x3x3-mean", "2x3"])
def test_others_hold_plain_features(name: str) -> None:
    assert sizes_of(name, 54) == ()


def test_a_name_that_the_width_contradicts_only_looks_so() -> None:
    assert sizes_of("poster-30x40-item", 128) == ()
