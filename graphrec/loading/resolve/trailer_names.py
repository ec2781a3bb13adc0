"""Which movie a trailer's file is of, by its name: a YouTube id that the graph knows, or a title and a year."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from graphrec.keys import composed
from graphrec.store.base import GraphStore

NO_TRAILER = r"(?i)\bpart\s+\d+\s*(?:of|/)\s*\d+|\bfull\s+(?:movie|film|length)\b"
"""Titles of what is no trailer."""
ALIKE = 0.75
"""Names that share less of their words are of other movies."""
_ID = re.compile(r"^[A-Za-z0-9_-]{11}$|\[([A-Za-z0-9_-]{11})\]$")
_YEAR = re.compile(r"[(\[]?\b((?:19|20)\d\d)\b[)\]]?")
_WORD = re.compile(r"[^\W_]+")
_BESIDE = frozenset(["official", "trailer", "teaser", "hd", "4k", "720p", "1080p", "the", "a", "an"])
"""Words of names that say nothing of which movie it is."""


@dataclass(frozen=True)
class TrailerFile:
    """A file and whose trailer it is.

    Attributes:
        path: the file.
        trailer: id of the trailer.
        item: id of its movie.
        doubt: why that may be wrong; empty where nothing speaks against it.
        by_id: whether it is named by an id that the graph, or a table, knows.
    """

    path: Path
    trailer: str
    item: str
    doubt: str = ""
    by_id: bool = False


class TrailerNames:
    """The movies that files may be named for.

    Args:
        items: id, title and year of each.
        trailers: ids of trailers and of the items that they are of.
    """

    def __init__(
        self, items: Iterable[tuple[str, str | None, int | None]], trailers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._by_words: dict[frozenset[str], list[tuple[str, int | None, set[int]]]] = defaultdict(list)
        self._with: dict[str, set[frozenset[str]]] = defaultdict(set)
        for item, title, year in items:
            if title and (words := _words(title)):
                self._by_words[words].append((item, year, _years(title)))
                for word in words:
                    self._with[word].add(words)
        self._of: dict[str, list[str]] = defaultdict(list)
        for trailer, item in trailers:
            self._of[trailer].append(item)

    @classmethod
    def of(cls, store: GraphStore) -> TrailerNames:
        """Return those of a graph."""
        rows = store.read_nodes("Item", ["title", "year"]).to_pylist()
        ends = store.read_relationships("HAS_TRAILER", "Item", "Trailer")
        pairs = ends.table()
        of_trailers = zip(pairs["to"].to_pylist(), pairs["from"].to_pylist(), strict=True)
        return cls(((row["id"], row["title"], row["year"]) for row in rows), of_trailers)

    def match(self, path: Path) -> TrailerFile | str:
        """Return whose trailer a file is, or why nobody can tell."""
        named = _ID.search(path.stem)
        known = named and (named[1] or named[0])
        if known and len(self._of.get(known, ())) == 1:
            return TrailerFile(path, known, self._of[known][0], by_id=True)
        stem = normalize("NFC", path.stem[: named.start()] if named and named[1] else path.stem)
        stem = stem.replace("_", " ").replace(".", " ")
        if re.search(NO_TRAILER, stem):
            return f"{path}: its name is not that of a trailer"
        words, years = _words(stem), _years(stem)
        found = list(self._candidates(words, years))
        if not found and (other := self._of_other_years(words)):
            return (
                f"{path}: the movies in the graph that are called so are of {', '.join(map(str, other))}; name it by "
                "its YouTube id if it is of one of them"
            )
        best = max((score for score, *_ in found), default=0.0)
        first = sorted({(item, doubt) for score, item, doubt in found if score == best})
        if not first:
            return f"{path}: no movie in the graph is called so; name it by its YouTube id, or Title (Year)"
        if len(first) > 1:
            names = ", ".join(item for item, _ in first[:5])
            return f"{path}: its name fits {len(first)} movies alike ({names}); add the year, or take its YouTube id"
        item, doubt = first[0]
        return TrailerFile(path, composed(known or path.stem), item, doubt)

    def _candidates(self, words: frozenset[str], years: set[int]) -> Iterator[tuple[float, str, str]]:
        """Yield how well each movie fits, its id, and what is in doubt."""
        for title in {title for word in words for title in self._with.get(word, ())}:
            alike = len(words & title) / len(words | title)
            if alike < ALIKE:
                continue
            for item, year, in_title in self._by_words[title]:
                told = years - in_title
                off = min((abs(year - one) for one in told), default=None) if year else None
                if off is not None and off > 1:
                    continue
                said = "it is called otherwise" if alike < 1 else f"it is of {year}" if off else ""
                if not said and off is None:
                    said = "the graph does not know its year" if told else "its name says no year"
                # A title counts before a year, and the right year before none.
                yield alike + (0.01 if off == 0 else 0.005 if off is None else 0), item, said


    def _of_other_years(self, words: frozenset[str]) -> list[int]:
        """Return the years of the movies that have exactly these words."""
        return sorted({year for _, year, _ in self._by_words.get(words, ()) if year})


def _words(title: str) -> frozenset[str]:
    told = _YEAR.sub(" ", normalize("NFKC", title)) if _YEAR.sub("", title).strip(" ._-") else title
    return frozenset(_WORD.findall(told.casefold())) - _BESIDE


def _years(stem: str) -> set[int]:
    return {int(year) for year in _YEAR.findall(stem)}
