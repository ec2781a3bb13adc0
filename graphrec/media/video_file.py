"""A video file, and what is told about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from graphrec.keys import composed


class Metadata(BaseModel):
    """What is told about a video. Other keys of a sidecar are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    id: str | None = None
    title: str | None = None
    genres: tuple[str, ...] = ()
    uploader: str | None = None
    year: int | None = None
    trailer_of: str | None = None
    """Id of the item of which this is a trailer, and no item itself."""

    @field_validator("genres", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        # MovieLens' way to write several in one cell.
        return (
            [part.strip() for part in value.split("|") if part.strip()]
            if isinstance(value, str)
            else value or ()
        )


@dataclass(frozen=True)
class VideoFile:
    """A file to load."""

    path: Path
    metadata: Metadata = field(default_factory=Metadata)
    fault: str = ""
    """What is wrong with the metadata beside it."""

    @property
    def item(self) -> str:
        """The id of its item: what the metadata say, else the file's name without suffix, as ids are stored."""
        return composed(self.metadata.id or self.path.stem)
