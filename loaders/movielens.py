"""MovieLens: ratings, titles, genres, tags, links, and posters as image features."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loaders.movielens_files import Edition, File, edition_of
from graphrec.loaders.tabular import Part, milliseconds, read_parts
from graphrec.loading.blocks import Block, FeatureBlock, NodeBlock, RelationshipBlock
from graphrec.loading.loader import Options, require_folder
from graphrec.workspace import Workspace

log = logging.getLogger(__name__)

SCALE = 0.5, 5.0
"""Ratings of every edition lie between."""
NO_GENRES = ("(no genres listed)", "unknown", "")


class MovieLensOptions(Options):
    """What to load beside the ratings."""

    posters: Path | None = None
    """A folder with one image per movie, named by movie id: its picture, and the feature `poster`."""


class MovieLens:
    """Loads a MovieLens folder (GroupLens) of any edition: 100K, 1M, 10M, 20M, 25M, 32M or latest."""

    name: ClassVar[str] = "movielens"
    title: ClassVar[str] = (
        "a MovieLens folder: ratings, titles, genres, tags, links; posters as image features"
    )
    example: ClassVar[str] = "graphrec load movielens ml-latest-small --posters posters"
    Options: ClassVar[type[Options]] = MovieLensOptions

    def blocks(self, paths: Sequence[Path], options: MovieLensOptions, workspace: Path) -> Iterator[Block]:
        """Yield the rows of each folder; movies and ratings must be there."""
        movies: set[str] = set()
        for folder in paths:
            require_folder(folder, "give the unpacked MovieLens folder")
            edition = edition_of(folder)
            for block in _movies(edition):
                if isinstance(block, NodeBlock) and block.label == "Item":
                    movies.update(block.table["id"].to_pylist())
                yield block
            if edition.links is not None:
                yield from _links(edition.links)
            yield from _ratings(edition.ratings)
            if edition.tags is not None:
                yield from _tags(edition.tags)
            if edition.users is not None:
                log.info(
                    "%s: what it tells of users is not loaded; `graphrec load table %s --no-header --nodes User:1 "
                    "--property gender:2:text ..` does",
                    edition.users,
                    edition.users,
                )
        if options.posters is not None:
            # What reads pictures takes long to import, and every command would.
            from graphrec.media.posters import describe_folder, keep_folder

            ids, matrix = describe_folder(options.posters)
            yield FeatureBlock("poster", "Item", ids, matrix, str(options.posters))
            kept = keep_folder(options.posters, Workspace(workspace).media)
            shown = [movie for movie in ids if movie in movies]
            pictures = pa.table({"id": shown, "thumbnail": [kept[movie] for movie in shown]})
            yield NodeBlock("Item", pictures, str(options.posters))


def _movies(edition: Edition) -> Iterator[Block]:
    file = edition.movies
    path = str(file.path)
    for part in _parts(file):
        ids, titles = part.table[file.columns[0]], pc.utf8_trim_whitespace(part.table[file.columns[1]])
        year = pc.struct_field(pc.extract_regex(titles, r"\((?P<year>\d{4})\)\s*$"), "year")
        items = pa.table(
            {
                "id": ids,
                "kind": pa.repeat("movie", len(ids)),
                "title": pc.replace_substring_regex(titles, r"\s*\(\d{4}\)\s*$", ""),
                "year": year,
            }
        )
        yield NodeBlock(
            "Item", items, path, part.line, part.refused, {"id": _called(file.columns[0], "movie")}, cells=part.cells
        )
        movie, genre = _flagged(part.table, edition) if edition.genres else _listed(part.table, file)
        named = pc.invert(pc.is_in(genre, value_set=pa.array(NO_GENRES)))
        genre, movie = genre.filter(named), movie.filter(named)
        names = pc.unique(genre)
        yield NodeBlock("Genre", pa.table({"id": names, "name": names}), path, part.line)
        pairs = pa.table({"from": movie, "to": genre})
        yield RelationshipBlock("IN_GENRE", "Item", "Genre", pairs, path, part.line)


def _listed(table: pa.Table, file: File) -> tuple[pa.ChunkedArray, pa.Array]:
    """Return movie and genre of each pair, where a column lists the genres."""
    listed = pc.split_pattern(table[file.columns[2]], "|").combine_chunks()
    return table[file.columns[0]].take(pc.list_parent_indices(listed)), pc.list_flatten(listed)


def _flagged(table: pa.Table, edition: Edition) -> tuple[pa.ChunkedArray, pa.Array]:
    """Return the same, where each genre has a column."""
    ids, *flags = (table[name] for name in (edition.movies.columns[0], *edition.movies.columns[2:]))
    chosen = [ids.filter(pc.fill_null(pc.equal(flag, "1"), False)) for flag in flags]
    genres = [pa.repeat(name, len(some)) for name, some in zip(edition.genres, chosen, strict=True)]
    return pa.chunked_array(
        [chunk for some in chosen for chunk in some.chunks], pa.string()
    ), pa.concat_arrays(genres)


def _links(file: File) -> Iterator[Block]:
    for part in _parts(file):
        table = part.table.rename_columns(["id", "imdb_id", "tmdb_id"])
        place = str(file.path), part.line, part.refused, {"id": file.columns[0]}
        yield NodeBlock("Item", table, *place, cells=part.cells)


def _ratings(file: File) -> Iterator[Block]:
    for part in (_on_scale(one, file.columns[2]) for one in _parts(file)):
        table = part.table.rename_columns(["from", "to", "rating", "at"])
        table = table.set_column(3, "at", milliseconds(table["at"]))
        ends = {"from": _called(file.columns[0], "user"), "to": _called(file.columns[1], "movie")}
        place = str(file.path), part.line, part.refused, ends
        yield RelationshipBlock("RATED", "User", "Item", table, *place, cells=part.cells)


def _on_scale(part: Part, column: str) -> Part:
    """Return it without the rows whose rating no edition allows."""
    ratings = part.table[column]
    outside = [text for text in pc.unique(ratings).to_pylist() if _off_scale(text)]
    if not outside:
        return part
    wrong = np.flatnonzero(pc.is_in(ratings, value_set=pa.array(outside)))
    told = zip(wrong.tolist(), ratings.take(pa.array(wrong)).to_pylist(), strict=True)
    scale = f"MovieLens' scale, {SCALE[0]:g} to {SCALE[1]:g}"
    return part.refusing({row: f"{column} {text} is outside {scale}" for row, text in told})


def _off_scale(text: str | None) -> bool:
    try:
        return text is not None and (float(text) < SCALE[0] or float(text) > SCALE[1])
    except ValueError:
        return False


def _tags(file: File) -> Iterator[Block]:
    """A tag is a comment on the movie as a whole."""
    path = str(file.path)
    for part in _parts(file):
        user, movie, tag, time = part.table.columns
        keys = pa.array(
            [
                blake2b("\0".join(map(str, row)).encode(), digest_size=8).hexdigest()
                for row in zip(user.to_pylist(), movie.to_pylist(), tag.to_pylist(), strict=True)
            ],
            pa.string(),
        )
        posted = milliseconds(time)
        comments = pa.table({"id": keys, "text": tag, "posted_at": posted})
        yield NodeBlock("Comment", comments, path, part.line, part.refused, cells=part.cells)
        yield RelationshipBlock(
            "WROTE", "User", "Comment", pa.table({"from": user, "to": keys}), path, part.line
        )
        yield RelationshipBlock(
            "ON", "Comment", "Item", pa.table({"from": keys, "to": movie}), path, part.line
        )


def _parts(file: File) -> Iterator[Part]:
    return read_parts(file.path, file.columns, file.layout)


def _called(column: str, otherwise: str) -> str:
    """Return what a column is called; it has only a number where there is no header."""
    return otherwise if column.isdigit() else column
