"""Trailers of movies that the graph knows, and which of them seem to be of another movie."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError
from graphrec.loading.blocks import (
    FeatureBlock,
    FileBlock,
    Known,
    NodeBlock,
    Refused,
    RelationshipBlock,
    Resolved,
)
from graphrec.loading.resolve.trailer_films import TrailerJob, films
from graphrec.loading.resolve.trailer_names import TrailerFile
from graphrec.rows import check
from graphrec.schema import label
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions

log = logging.getLogger(__name__)

ALIKE = 0.75
SPELT = 0.8
SHOWN = 10
_YEAR = re.compile(r"\((\d{4})\)\s*$")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class PendingTrailers:
    """Trailers of items; those of items that the store does not know are left out.

    Attributes:
        table: ``id``, ``item``, ``title`` (of the trailer, to be compared with the item's) and ``uri``.
        source: the file the rows come from.
        line: the line of the first row in that file.
        refused: lines that could not be read as a row.
        files: of trailers, by their ids.
        job: how files are read; None where there are none.
    """

    table: pa.Table
    source: str
    line: int = 1
    refused: Refused = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    job: TrailerJob | None = None
    after_its_file: ClassVar[bool] = False

    def resolve(self, known: Known) -> Iterator[Resolved | NodeBlock | RelationshipBlock | FeatureBlock | FileBlock]:
        """Yield the trailers and whose they are, and of those that have a file what it shows.

        A trailer whose file cannot be used is left out; of several items that are said to have one file, the first has
        it.
        """
        table = of_known_items(self, known.store)
        if self.job is not None and self.files:
            keys = table["id"].to_pylist()
            found = {
                key: TrailerFile(self.files[key], key, item, by_id=True)
                for key, item in reversed([*zip(keys, table["item"].to_pylist(), strict=True)])
                if key in self.files
            }
            yield from films([found[key] for key in dict.fromkeys(keys) if key in found], self.job, known, len(found))
            table = table.filter(pc.invert(pc.is_in(table["id"], pa.array([*found], pa.string()))))
        yield from _rows(self, table, known.store)


def of_known_items(block: PendingTrailers, store: GraphStore | None) -> pa.Table:
    """Return a block's trailers of the items that ``store`` knows; None knows all.

    What casts doubt on a pair is told in the log: titles that are not alike, years that are not near, a trailer of
    several items. Such pairs are loaded all the same. Raises ``DataError`` where no item is known.
    """
    table = block.table
    if store is not None:
        items = store.read_nodes("Item", ["title", "year"])
        at = positions(table["item"], items["id"])
        known = np.flatnonzero(at >= 0)
        if not len(known) and len(at):
            raise DataError(
                f"{block.source}: none of its movies is in the graph; load those first: graphrec load movielens"
            )
        if len(known) < len(at):
            log.info(
                "%s: %d trailers of movies that are not in the graph are left out",
                block.source,
                len(at) - len(known),
            )
        table = table.take(pa.array(known))
        stored = items.take(pa.array(at[known])).select(["title", "year"]).to_pylist()
        _tell(block.source, _doubts(table, [(row["title"], row["year"]) for row in stored]))
    return table


def _rows(block: PendingTrailers, table: pa.Table, store: GraphStore | None) -> Iterator[Resolved]:
    """Yield trailers and whose they are, checked."""
    trailers = table.select(["id", "uri"])
    nodes = NodeBlock("Trailer", trailers, block.source, block.line, block.refused)
    yield nodes, check(trailers, ["id"], label("Trailer").properties)
    owners = pa.table({"from": table["item"], "to": table["id"]})
    known_ends = ("Item", "Trailer") if store is not None else ("Trailer",)
    has = RelationshipBlock(
        "HAS_TRAILER", "Item", "Trailer", owners, block.source, block.line, existing=known_ends
    )
    yield has, check(owners, ["from", "to"], ())


def likeness(title: str, of: str) -> float:
    """Return the share of the words of the title ``of`` that are in ``title``, in any order and almost spelt so."""
    found, wanted = _words(title), _words(of)
    if not wanted:
        return 1.0
    like = [word for word in wanted if word in found or get_close_matches(word, found, 1, SPELT)]
    return len(like) / len(wanted)


def _words(title: str) -> set[str]:
    return set(_WORD.findall(normalize("NFKC", _YEAR.sub("", title)).casefold()))


def _doubts(table: pa.Table, stored: Sequence[tuple[str | None, int | None]]) -> list[str]:
    """Return a line for each trailer that seems not to be of its item, whose title and year are ``stored``."""
    doubts = []
    first: dict[str, str] = {}
    rows = zip(*(table[name].to_pylist() for name in ("id", "item", "title")), stored, strict=True)
    for trailer, item, title, (item_title, item_year) in rows:
        other = first.setdefault(trailer, item)
        year = _YEAR.search(title or "")
        if other != item:
            doubts.append(f"trailer {trailer} is named for item {item}, and for {other}")
        elif title and item_title and likeness(title, item_title) < ALIKE:
            doubts.append(f"trailer {trailer} is called {title!r}, its item {item} {item_title!r}")
        elif year and item_year and abs(int(year[1]) - item_year) > 1:
            doubts.append(f"trailer {trailer} is of {year[1]}, its item {item} of {item_year}")
    return doubts


def _tell(source: str, doubts: Sequence[str]) -> None:
    for doubt in doubts[:SHOWN]:
        log.warning("%s: %s", source, doubt)
    if len(doubts) > SHOWN:
        log.warning("%s: %d trailers more are in doubt", source, len(doubts) - SHOWN)
