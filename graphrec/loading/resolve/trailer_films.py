"""Files of trailers: their frames and what they look like, without end cards and without the same film twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from graphrec.errors import DataError
from graphrec.loading.blocks import FeatureBlock, FileBlock, Known, Rows
from graphrec.loading.resolve.described_video import DescribedVideo
from graphrec.loading.resolve.trailer_names import TrailerFile, TrailerNames
from graphrec.loading.resolve.videos import PendingVideos
from graphrec.media.journal import Journal
from graphrec.media.settings import DescribeJob
from graphrec.media.video_file import Metadata, VideoFile

log = logging.getLogger(__name__)

_TOGETHER = 100


@dataclass(frozen=True)
class TrailerJob:
    """How files of trailers are read.

    Attributes:
        describe: how they are described.
        max_minutes: longer ones are no trailers.
        workers: processes that decode; None for as many as there are cores.
    """

    describe: DescribeJob
    max_minutes: float
    workers: int | None = None


@dataclass(frozen=True)
class PendingTrailerFiles:
    """Files whose names say of which movies they are.

    Attributes:
        paths: the files.
        job: how they are read.
        source: the folder.
    """

    paths: Sequence[Path]
    job: TrailerJob
    source: str
    after_its_file: ClassVar[bool] = False

    def resolve(self, known: Known) -> Iterator[Rows | FeatureBlock | FileBlock]:
        """Yield the trailers and their frames; raises ``DataError`` where no file is of a movie in the graph."""
        if known.store is None:
            return
        names = TrailerNames.of(known.store)
        told = [names.match(path) for path in self.paths]
        files = [one for one in told if not isinstance(one, str)]
        if not files:
            raise DataError(
                f"{self.source}: none of its files is named for a movie that is in the graph, by its YouTube id or as "
                "Title (Year); load the movies first: graphrec load movielens",
                self.source,
            )
        for path, one in zip(self.paths, told, strict=True):
            if isinstance(one, str):
                Journal(self.job.describe.media).failed(path, path.stem, one)
                yield FileBlock(str(path), len(self.paths), one)
        for file in files:
            if file.doubt:
                log.warning("%s: taken for the trailer of item %s, though %s", file.path, file.item, file.doubt)
        yield from films(files, self.job, known, len(self.paths))


def films(
    files: Sequence[TrailerFile], job: TrailerJob, known: Known, of: int
) -> Iterator[Rows | FeatureBlock | FileBlock]:
    """Yield the trailers that can be read and their frames, and a ``FileBlock`` for each file.

    Left out, each with its reason: what lasts too long or cannot be read, and a film that is there under another name,
    in the graph or among the files. Of the same film that which is named by an id is taken, then that without a doubt.
    """
    # What decodes takes long to import, and every command would.
    from graphrec.media.describe_files import describe_all

    journal = Journal(job.describe.media)
    short = []
    for file in sorted(files, key=lambda one: (not one.by_id, bool(one.doubt))):
        if reason := _too_long(file.path, job.max_minutes):
            journal.failed(file.path, file.trailer, reason)
            yield FileBlock(str(file.path), of, reason)
        else:
            short.append(file)
    first: dict[str, TrailerFile] = {}
    stored = _stored(known)
    together: list[DescribedVideo] = []
    outcomes = describe_all([(file.path, file.trailer) for file in short], job.describe, workers=job.workers)
    for file, outcome in zip(short, outcomes, strict=True):
        reason = outcome.reason
        if outcome.described is not None and (other := first.setdefault(outcome.digest, file)) is not file:
            same = "trailer" if other.item == file.item else f"trailer of item {other.item}"
            reason = f"{file.path}: the same film as {other.path}, the {same}"
            journal.failed(file.path, file.trailer, reason)
        elif outcome.described is not None and file.trailer not in stored.get(outcome.digest, [file.trailer]):
            reason = f"{file.path}: the same film as trailer {stored[outcome.digest][0]} of the graph"
            journal.failed(file.path, file.trailer, reason)
        yield FileBlock(str(file.path), of, reason)
        if outcome.described is not None and not reason:
            about = Metadata(id=file.trailer, trailer_of=file.item)
            if outcome.described.end_s < outcome.described.info.duration_s:
                log.info("%s: its end card, from second %.0f on, is cut off", file.path, outcome.described.end_s)
            together.append(DescribedVideo(VideoFile(file.path, about), outcome.digest, outcome.described))
        if len(together) == _TOGETHER:
            yield from PendingVideos(together).resolve(known)
            together = []
    yield from PendingVideos(together).resolve(known)


def _stored(known: Known) -> Mapping[str, list[str]]:
    """Return the trailers in the graph that have a film, by its digest."""
    found: dict[str, list[str]] = {}
    if known.store is not None:
        table = known.store.read_nodes("Trailer", ["digest"])
        for digest, trailer in zip(table["digest"].to_pylist(), table["id"].to_pylist(), strict=True):
            found.setdefault(digest, []).append(trailer)
    return found


def _too_long(path: Path, max_minutes: float) -> str:
    # FFmpeg takes a tenth of a second to import, and every load would.
    from graphrec.media.probe import duration_s

    try:
        lasts = duration_s(path)
    except DataError as error:
        return str(error)
    if lasts <= 60 * max_minutes:
        return ""
    return f"{path}: lasts {lasts / 60:.1f} minutes, and a trailer {max_minutes:g} at most (--max-minutes)"
