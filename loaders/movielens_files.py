"""The editions of MovieLens: which files hold what, and how they are laid out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graphrec.errors import DataError
from graphrec.loaders.tabular import Layout, Quoting

CSV = Layout(delimiter=",", quoting=Quoting.QUOTED)


@dataclass(frozen=True)
class File:
    """A file, and what it calls the columns that are read of it, in their order."""

    path: Path
    columns: tuple[str, ...]
    layout: Layout = CSV


@dataclass(frozen=True)
class Edition:
    """The files of a folder.

    Attributes:
        ratings: user, movie, rating, time in seconds.
        movies: movie, title, and the genres between bars; or, where ``genres`` names them, a column per genre with 1
            for a movie that is of it.
        links: movie, IMDb's id, TMDB's id; None where there are none.
        tags: user, movie, tag, time in seconds; None where there are none.
        users: what tells of users; None where nothing does.
        genres: the names of the columns of ``movies`` after the title.
    """

    ratings: File
    movies: File
    links: File | None = None
    tags: File | None = None
    users: Path | None = None
    genres: tuple[str, ...] = ()


def edition_of(folder: Path) -> Edition:
    """Return the files of a MovieLens folder: latest, 20M to 32M (CSV), 1M, 10M (::), or 100K (u.data).

    Raises ``DataError`` where there are no ratings.
    """
    if (folder / "ratings.csv").exists():
        return _csv(folder)
    if (folder / "ratings.dat").exists():
        return _dat(folder)
    if (folder / "u.data").exists():
        return _hundred_thousand(folder)
    raise DataError(f"{folder}: neither ratings.csv nor ratings.dat nor u.data is there", str(folder))


def _csv(folder: Path) -> Edition:
    links, tags = folder / "links.csv", folder / "tags.csv"
    return Edition(
        File(folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp")),
        File(folder / "movies.csv", ("movieId", "title", "genres")),
        File(links, ("movieId", "imdbId", "tmdbId")) if links.exists() else None,
        File(tags, ("userId", "movieId", "tag", "timestamp")) if tags.exists() else None,
    )


def _dat(folder: Path) -> Edition:
    tags, users = folder / "tags.dat", folder / "users.dat"
    return Edition(
        File(folder / "ratings.dat", ("1", "2", "3", "4"), _bare("::")),
        File(folder / "movies.dat", ("1", "2", "3"), _bare("::", folder / "movies.dat")),
        tags=File(tags, ("1", "2", "3", "4"), _bare("::", tags)) if tags.exists() else None,
        users=users if users.exists() else None,
    )


def _hundred_thousand(folder: Path) -> Edition:
    path, users = folder / "u.genre", folder / "u.user"
    try:
        lines = path.read_text(encoding="latin-1").split("\n")
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); it names the genres", str(path)
        ) from error
    genres = tuple(line.rpartition("|")[0] for line in lines if "|" in line)
    flags = tuple(str(number) for number in range(6, 6 + len(genres)))
    return Edition(
        File(folder / "u.data", ("1", "2", "3", "4"), _bare("\t")),
        File(folder / "u.item", ("1", "2", *flags), _bare("|", folder / "u.item")),
        users=users if users.exists() else None,
        genres=genres,
    )


def _bare(delimiter: str, path: Path | None = None) -> Layout:
    """Return the layout of a file without header and quotation marks; the early editions are in Latin-1."""
    encoding = "utf-8"
    if path is not None and path.is_file():
        try:
            path.read_bytes().decode()
        except UnicodeDecodeError:
            encoding = "latin-1"
    return Layout(False, delimiter, encoding, Quoting.NONE)
