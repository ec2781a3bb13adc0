"""Whose trailer a file is, by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphrec.loading.resolve.trailer_names import TrailerNames

NAMES = TrailerNames(
    [
        ("1", "Toy Story", 1995),
        ("2", "Godfather, The", 1972),
        ("3", "King Kong", 1933),
        ("4", "King Kong", 2005),
        ("5", "2001: A Space Odyssey", 1968),
        ("6", "1984", 1984),
        ("7", None, None),
        ("8", "Léon", 1994),
        ("9", "The Good, the Bad and the Ugly", 1966),
        ("10", "Undated", None),
    ],
    [("K26_sDKnvMU", "1"), ("3LPANjHlPxo", "2"), ("3LPANjHlPxo", "3")],
)


@pytest.mark.parametrize(
    ("stem", "item", "doubt"),
    [
        ("K26_sDKnvMU", "1", ""),
        ("Something [K26_sDKnvMU]", "1", ""),
        ("toy_story_1995", "1", ""),
        ("The.Godfather.1972.1080p.Trailer", "2", ""),
        ("King Kong (2005)", "4", ""),
        ("King Kong (1934)", "3", "it is of 1933"),
        ("2001 - A Space Odyssey", "5", "its name says no year"),
        ("Good Bad Ugly (1966)", "9", "it is called otherwise"),
        ("1984", "6", "its name says no year"),
        ("Léon", "8", "its name says no year"),
        ("Undated (2001)", "10", "the graph does not know its year"),
    ],
)
def test_a_name_is_of_a_movie(stem: str, item: str, doubt: str) -> None:
    found = NAMES.match(Path(f"/films/{stem}.mp4"))
    assert not isinstance(found, str), found
    assert (found.item, found.doubt) == (item, doubt)


@pytest.mark.parametrize(
    ("stem", "why"),
    [
        ("King Kong", "fits 2 movies alike (3, 4); add the year"),
        ("Toy Story (2010)", "the movies in the graph that are called so are of 1995"),
        ("Alien", "no movie in the graph is called so"),
        ("Toy Story part 3 of 9", "not that of a trailer"),
        ("Toy.Story.full.movie", "not that of a trailer"),
        ("3LPANjHlPxo", "no movie in the graph is called so"),
    ],
)
def test_nobody_can_tell(stem: str, why: str) -> None:
    found = NAMES.match(Path(f"/films/{stem}.mp4"))
    assert isinstance(found, str)
    assert why in found
