"""How a file's text is laid out: what it says itself, what was asked for, and what its first lines show."""

from __future__ import annotations

import csv
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from graphrec.errors import DataError, UsageError, unknown
from graphrec.loaders.tabular.opening import HEAD, TextFile, readable, whole_lines
from graphrec.loaders.tabular.options import Layout, Quoting
from graphrec.loaders.tabular.quotes import quotation_marks
from graphrec.loading.rejects import REJECTED

log = logging.getLogger(__name__)

SEPARATORS = ("::", "||", ";", "\t", "|", ",", "^", "~", "\x01", "\x1f", " ")
"""What may stand between columns where nobody says; the first by which the columns are there counts."""
NAMED = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " ", "\\x01": "\x01", "\\x1f": "\x1f"}
SHOWN = {"\t": "tab", " ": "blank"}
_SEP = re.compile(r'^"?sep=(.{1,4}?)"?$', re.I)
_LINES = 50
LONGEST_NAME = 60
"""Characters of a column's name in an error."""


@dataclass(frozen=True)
class Dialect:
    """How a text is laid out.

    Attributes:
        names: of the columns, in order.
        separator: between columns.
        quoted: whether a value may stand in quotation marks.
        skip: lines before the first row.
        spaced: whether blanks follow separators.
    """

    names: list[str]
    separator: str
    quoted: bool
    skip: int
    spaced: bool

    def places(self, columns: Sequence[str], path: object) -> list[int]:
        """Return where ``columns`` stand; raises ``DataError`` for one that is not there, or twice."""
        count = Counter(self.names)
        for column in columns:
            if column not in count:
                names = [
                    name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + ".." for name in self.names if name
                ]
                cure = f". The header has no {shown(self.separator)} in it" if len(names) == 1 else ""
                raise DataError(f"{path}: {unknown('column', column, names)}{cure}", str(path))
            if count[column] > 1:
                first, second = [n for n, name in enumerate(self.names, 1) if name == column][:2]
                raise DataError(
                    f"{path}: two columns are called {column!r}, the {first}. and the {second}.; rename one",
                    str(path),
                )
        return [self.names.index(column) for column in columns]


def dialect_of(file: TextFile, columns: Sequence[str], layout: Layout, *, told: bool = True) -> Dialect:
    """Find out how a text is laid out.

    Args:
        file: the text.
        columns: what is wanted of it, names or numbers; may be empty.
        layout: what is known.
        told: whether what was found out is said in the log.

    Raises ``DataError`` where a quotation mark may mean two things, ``UsageError`` for an impossible delimiter.
    """
    lines, first = _first_lines(file)
    given = _given(layout.delimiter)
    if first < len(lines) and (says := _SEP.match(lines[first])):
        given, first = given or NAMED.get(says[1].lower(), says[1]), _next_line(lines, first + 1)
    usual = "\t" if ".tsv" in file.name.lower() or ".tab" in file.name.lower() else ","
    body = lines[first:]
    quoting = layout.quoting is not Quoting.NONE
    separator = given or _separator(body, columns, layout.header, usual, quoting)
    fields, taken = _header(body, separator, quoting)
    names = (
        [name.strip() for name in fields] if layout.header else [str(n) for n in range(1, len(fields) + 1)]
    )
    if layout.rejects:
        # What graphrec says of the rows may be called like the columns of their source.
        names = [*[""] * len(REJECTED), *names[len(REJECTED) : -1], ""]
    spaced = separator.strip() != "" and any(re.match(r"[ \t]+\S", field) for field in fields[1:])
    quoted = _quoted(file, separator, spaced, len(names), layout.quoting, told)
    if told and separator not in (given, usual):
        log.info("%s: columns are separated by %s", file.path, shown(separator))
    return Dialect(names, separator, quoted, first + (taken if layout.header else 0), spaced)


def shown(separator: str) -> str:
    """Return what people call a separator."""
    return SHOWN.get(separator, repr(separator))


def _given(delimiter: str | None) -> str | None:
    if delimiter is None:
        return None
    found = NAMED.get(delimiter.lower(), delimiter)
    if not found or '"' in found or "\n" in found or "\r" in found or len(found) > 8:
        raise UsageError(f"--delimiter {delimiter!r} cannot stand between columns; as in ';', '::' or tab")
    return found


def _first_lines(file: TextFile) -> tuple[list[str], int]:
    """Return the first lines, whole ones unless the first is longer than all that is looked at; and the first used."""
    with readable(file.path, "utf-8" if file.plain else file.encoding), file.opened() as content:
        head = content.read(HEAD)
        whole = len(head) < HEAD
        end = len(head) if whole else head.rfind(b"\n") + 1
        # Without a whole line its end may be half a character.
        text = head[:end].decode() if end else head.decode("utf-8", "ignore")
    lines = re.split(r"\r\n|\n|\r", text)
    if lines and not lines[-1]:
        lines.pop()
    return lines, _next_line(lines, 0)


def _next_line(lines: Sequence[str], start: int) -> int:
    """Return which line from ``start`` on is not blank; ``start`` where all are."""
    return next((n for n in range(start, len(lines)) if lines[n].strip()), start)


def _split(line: str, separator: str, quoting: bool) -> list[str]:
    return _header([line], separator, quoting)[0]


def _header(lines: Sequence[str], separator: str, quoting: bool) -> tuple[list[str], int]:
    """Return the values of the first row, and how many lines it takes."""
    if not lines:
        return [], 0
    if not quoting or len(separator) > 1:
        return lines[0].split(separator), 1
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, skipinitialspace=True)
    try:
        fields = next(reader, [])
    except csv.Error:
        return lines[0].split(separator), 1
    if reader.line_num > 1 and len(lines[0].split(separator)) == len(lines[1].split(separator)):
        # Its mark is not closed.
        return lines[0].split(separator), 1
    bare = lines[0].split(separator) if reader.line_num == 1 else []
    # As they stand, blanks and all, where no value is enclosed.
    return (bare if len(bare) == len(fields) and '"' not in lines[0] else fields), reader.line_num


def _separator(lines: Sequence[str], columns: Sequence[str], header: bool, usual: str, quoting: bool) -> str:
    """Return the usual separator, unless only another gives the columns."""
    if not lines:
        return usual
    wide = {}
    for separator in dict.fromkeys((usual, *SEPARATORS)):
        fields = [field.strip() for field in _split(lines[0], separator, quoting)]
        wide[separator] = len(fields)
        if header and columns and set(columns) <= set(fields):
            return separator
        if not header and len(fields) >= _least(columns, separator == usual):
            # Rows alone show it by their like number of columns.
            counts = {len(_split(line, separator, quoting)) for line in islice(lines, _LINES) if line.strip()}
            if len(counts) == 1:
                return separator
    if header and wide[usual] == 1:
        # Whatever is missing, what there is can be named.
        return next(
            (separator for separator in SEPARATORS if wide[separator] > 1 and separator != " "), usual
        )
    return usual


def _least(columns: Sequence[str], usual: bool) -> int:
    """Return how many columns there must be."""
    return max([1 if usual else 2, *(int(column) for column in columns if column.isdecimal())])


def _quoted(file: TextFile, separator: str, spaced: bool, columns: int, quoting: Quoting, told: bool) -> bool:
    if quoting is not Quoting.AUTO:
        return quoting is Quoting.QUOTED
    chunks = file.chunks()
    if spaced:
        before = re.compile(re.escape(separator.encode()) + rb'[ \t]+(?=")')
        chunks = (before.sub(separator.encode(), lines) for lines in whole_lines(chunks))
    marks = quotation_marks(chunks, separator.encode(), columns)
    if marks.broken is None:
        return marks.any
    if marks.enclosing:
        raise DataError(
            f"{file.path}: line {marks.broken}: a quotation mark {marks.why}, though others enclose values; mend the "
            "line, or say what marks are: --quoting none (text) or quoted",
            str(file.path),
        )
    if told:
        log.warning(
            "%s: line %d: a quotation mark %s, so all of them are read as text; --quoting quoted reads them otherwise",
            file.path,
            marks.broken,
            marks.why,
        )
    return False
