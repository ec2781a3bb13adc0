"""MovieLens: ratings, titles, genres, tags, links, and posters as image features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loaders.tabular import milliseconds, read_parts
from graphrec.loading.blocks import Block, FeatureBlock, NodeBlock, RelationshipBlock
from graphrec.loading.loader import Options, require_folder
from graphrec.media.posters import describe_folder, keep_folder
from graphrec.workspace import Workspace


class MovieLensOptions(Options):
    """What to load beside the ratings."""

    posters: Path | None = None
    """A folder with one image per movie, named by movie id: its picture, and the feature `poster`."""


class MovieLens:
    """Loads a MovieLens folder (GroupLens: ratings.csv, movies.csv, tags.csv, links.csv)."""

    name: ClassVar[str] = "movielens"
    title: ClassVar[str] = (
        "a MovieLens folder: ratings, titles, genres, tags, links; posters as image features"
    )
    example: ClassVar[str] = "graphrec load movielens ml-latest-small --posters posters"
    Options: ClassVar[type[Options]] = MovieLensOptions

    def blocks(self, paths: Sequence[Path], options: MovieLensOptions, workspace: Path) -> Iterator[Block]:
        """Yield the rows of each folder; movies.csv and ratings.csv must be there."""
        movies: set[str] = set()
        for folder in paths:
            require_folder(folder, "give the unpacked MovieLens folder")
            for block in _movies(folder / "movies.csv"):
                if isinstance(block, NodeBlock) and block.label == "Item":
                    movies.update(block.table["id"].to_pylist())
                yield block
            if (folder / "links.csv").exists():
                yield from _links(folder / "links.csv")
            yield from _ratings(folder / "ratings.csv")
            if (folder / "tags.csv").exists():
                yield from _tags(folder / "tags.csv")
        if options.posters is not None:
            ids, matrix = describe_folder(options.posters)
            yield FeatureBlock("poster", "Item", ids, matrix, str(options.posters))
            kept = keep_folder(options.posters, Workspace(workspace).media)
            shown = [movie for movie in ids if movie in movies]
            pictures = pa.table({"id": shown, "thumbnail": [kept[movie] for movie in shown]})
            yield NodeBlock("Item", pictures, str(options.posters))


def _movies(path: Path) -> Iterator[Block]:
    for part in read_parts(path, ["movieId", "title", "genres"]):
        ids, titles = part.table["movieId"], pc.utf8_trim_whitespace(part.table["title"])
        year = pc.struct_field(pc.extract_regex(titles, r"\((?P<year>\d{4})\)\s*$"), "year")
        items = pa.table(
            {
                "id": ids,
                "kind": pa.repeat("movie", len(ids)),
                "title": pc.replace_substring_regex(titles, r"\s*\(\d{4}\)\s*$", ""),
                "year": year,
            }
        )
        yield NodeBlock("Item", items, str(path), part.line, part.refused, {"id": "movieId"})
        listed = pc.split_pattern(part.table["genres"], "|").combine_chunks()
        genre = pc.list_flatten(listed)
        movie = ids.take(pc.list_parent_indices(listed))
        named = pc.not_equal(genre, "(no genres listed)")
        genre, movie = genre.filter(named), movie.filter(named)
        names = pc.unique(genre)
        yield NodeBlock("Genre", pa.table({"id": names, "name": names}), str(path), part.line)
        yield RelationshipBlock(
            "IN_GENRE", "Item", "Genre", pa.table({"from": movie, "to": genre}), str(path), part.line
        )


def _links(path: Path) -> Iterator[Block]:
    for part in read_parts(path, ["movieId", "imdbId", "tmdbId"]):
        table = part.table.rename_columns(["id", "imdb_id", "tmdb_id"])
        yield NodeBlock("Item", table, str(path), part.line, part.refused, {"id": "movieId"})


def _ratings(path: Path) -> Iterator[Block]:
    for part in read_parts(path, ["userId", "movieId", "rating", "timestamp"]):
        table = part.table.rename_columns(["from", "to", "rating", "at"])
        table = table.set_column(3, "at", milliseconds(table["at"]))
        ends = {"from": "userId", "to": "movieId"}
        yield RelationshipBlock("RATED", "User", "Item", table, str(path), part.line, part.refused, ends)


def _tags(path: Path) -> Iterator[Block]:
    """A tag is a comment on the movie as a whole."""
    for part in read_parts(path, ["userId", "movieId", "tag", "timestamp"]):
        user, movie, tag = (part.table[name] for name in ("userId", "movieId", "tag"))
        keys = pa.array(
            [
                blake2b("\0".join(map(str, row)).encode(), digest_size=8).hexdigest()
                for row in zip(user.to_pylist(), movie.to_pylist(), tag.to_pylist(), strict=True)
            ],
            pa.string(),
        )
        posted = milliseconds(part.table["timestamp"])
        comments = pa.table({"id": keys, "text": tag, "posted_at": posted})
        yield NodeBlock("Comment", comments, str(path), part.line, part.refused)
        yield RelationshipBlock(
            "WROTE", "User", "Comment", pa.table({"from": user, "to": keys}), str(path), part.line
        )
        yield RelationshipBlock(
            "ON", "Comment", "Item", pa.table({"from": keys, "to": movie}), str(path), part.line
        )
