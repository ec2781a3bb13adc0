"""How a table is laid out, and which of its rows are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from graphrec.loading.loader import Options


class Quoting(StrEnum):
    """What quotation marks are."""

    AUTO = "auto"
    QUOTED = "quoted"
    NONE = "none"


@dataclass(frozen=True)
class Layout:
    """How text is laid out in columns.

    Attributes:
        header: whether the first line names the columns; they are numbered from 1 otherwise.
        delimiter: between columns; None to find it out.
        encoding: of the text; a byte order mark says otherwise.
        quoting: what quotation marks are.
        rejects: whether it is a file of refused rows.
    """

    header: bool = True
    delimiter: str | None = None
    encoding: str = "utf-8"
    quoting: Quoting = Quoting.AUTO
    rejects: bool = False


class TabularOptions(Options):
    """How text is laid out in columns, and which rows are wanted."""

    delimiter: str | None = None
    """Between columns: any characters, such as `;`, `::` or `tab`. By default tab for .tsv and comma otherwise, or what
    the header shows where those do not give the columns."""
    encoding: str = "utf-8"
    """Of the text; a byte order mark (UTF-8, UTF-16) is understood without."""
    quoting: Quoting = Quoting.AUTO
    """What quotation marks are. quoted: a value may stand in them, and hold the delimiter or the end of a line. none:
    text like any other. auto: quoted, unless one is not closed or text follows a closed one."""
    rows: list[str] = Field(default_factory=list)
    """Only the rows of which this holds, as column=value, !=, >=, <=, > or <; repeat for more. All must hold, of
    several `=` on one column one. The others are counted as left out."""

    @property
    def layout(self) -> Layout:
        """How the text is laid out."""
        return Layout(delimiter=self.delimiter, encoding=self.encoding, quoting=self.quoting)
