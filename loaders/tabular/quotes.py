"""Whether quotation marks in a file enclose values or are text: told from the whole file, before its first row is read.

A mark that opens a value and is never closed swallows the rows after it, up to the next mark. So that no row vanishes,
a value over several lines, each of which would be a row by itself, is no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

LONGEST = 16 << 20
"""Bytes of a quoted value; a longer one was never closed."""
_END = re.compile(rb"\n")


@dataclass(frozen=True)
class Marks:
    """What the quotation marks of a file are.

    Attributes:
        any: whether there are any.
        enclosing: whether some must enclose values: they hold a delimiter, the end of a line, or doubled marks.
        broken: the line of the first that cannot enclose a value; None where all can.
        why: what is wrong with that one.
    """

    any: bool = False
    enclosing: bool = False
    broken: int | None = None
    why: str = ""


def quotation_marks(chunks: Iterable[bytes], separator: bytes, columns: int) -> Marks:
    """Return what the quotation marks of a text are.

    Args:
        chunks: the text, UTF-8.
        separator: between columns.
        columns: how many there are.
    """
    reader = _Reader(separator, columns)
    rest, line, seen = b"", 1, False
    for chunk in chunks:
        text = rest + chunk
        # Most files hold none: nothing else is looked at then.
        if b'"' not in text:
            line, rest = line + text.count(b"\n"), text[text.rfind(b"\n") + 1 :][-LONGEST:]
            continue
        seen = True
        end = reader.read(text, line, final=False)
        line, rest = line + text.count(b"\n", 0, end), text[end:]
        if reader.broken is not None and reader.enclosing:
            break
    else:
        if b'"' in rest:
            reader.read(rest, line, final=True)
    return Marks(seen, reader.enclosing, reader.broken, reader.why)


class _Reader:
    """Finds out about the quoted values of a text, piece by piece."""

    def __init__(self, separator: bytes, columns: int) -> None:
        self.separator, self.columns = separator, columns
        self.enclosing, self.why = False, ""
        self.broken: int | None = None
        before = re.escape(separator)
        # The mark first: it is what the search runs to. Then where it stands, and up to which it goes.
        self._value = re.compile(
            rb'"(?:(?<=\A")|(?<=[\r\n]")|(?<=' + before + rb'"))([^"]*+(?:""[^"]*+)*+)("|\Z)'
        )

    def read(self, text: bytes, line: int, *, final: bool) -> int:
        """Look at ``text``, which begins with a line, the ``line``-th; return up to where it is done with."""
        whole = len(text) if final else text.rfind(b"\n") + 1
        if self._simple(text[:whole]):
            return whole
        at = 0
        while (value := self._value.search(text, at)) and value.start() < whole:
            if not final and (not value[2] or value.end() > whole):
                begin = text.rfind(b"\n", 0, value.start()) + 1
                if len(text) - begin < LONGEST:
                    return begin
            fault = self._fault(text, value)
            at = value.end()
            if fault:
                if self.broken is None:
                    self.broken, self.why = line + text.count(b"\n", 0, value.start()), fault
                # What follows on its line is text too, and the lines after it are rows.
                at = (text.find(b"\n", value.start()) + 1) or len(text)
            elif self.separator in value[1] or b"\n" in value[1] or b'""' in value[1]:
                self.enclosing = True
        return whole

    def _fault(self, text: bytes, value: re.Match[bytes]) -> str:
        """Return why a mark encloses no value; "" where it does."""
        if not value[2] or (b"\n" in value[1] and self._rows(text, value)):
            return "is not closed"
        after = text[value.end() : value.end() + max(1, len(self.separator))]
        if after and not after.startswith((b"\n", b"\r", self.separator)):
            return "is not closed" if b"\n" in value[1] else "is closed before the value ends"
        return ""

    def _rows(self, text: bytes, value: re.Match[bytes]) -> bool:
        """Return whether each line that a value touches is a row by itself, its marks being text."""
        begin = text.rfind(b"\n", 0, value.start()) + 1
        end = _END.search(text, value.end())
        first, *others = text[begin : end.start() if end else len(text)].split(b"\n")
        blank = self.separator + b" "
        if blank not in first and others and all(line.count(blank) == self.columns - 1 for line in others):
            # Commas as in prose.
            return False
        return all(line.count(self.separator) == self.columns - 1 for line in (first, *others))

    def _simple(self, text: bytes) -> bool:
        """Return whether marks stand in pairs around values, and hold neither marks nor ends of lines."""
        if len(self.separator) != 1:
            return b'"' not in text
        codes = np.frombuffer(text, np.uint8)
        marks = np.flatnonzero(codes == ord('"'))
        if len(marks) % 2:
            return False
        opening, closing = marks[::2], marks[1::2]
        ends = np.array([ord("\n"), ord("\r"), self.separator[0]], np.uint8)
        before = codes[np.maximum(opening - 1, 0)]
        after = codes[np.minimum(closing + 1, len(codes) - 1)]
        if not (np.isin(before, ends) | (opening == 0)).all():
            return False
        if not (np.isin(after, ends) | (closing == len(codes) - 1)).all():
            return False
        breaks = np.flatnonzero(codes == ord("\n"))
        if not (np.searchsorted(breaks, opening) == np.searchsorted(breaks, closing)).all():
            return False
        if not self.enclosing and len(marks):
            separators = np.flatnonzero(codes == self.separator[0])
            inside = np.searchsorted(separators, closing) > np.searchsorted(separators, opening)
            self.enclosing = bool(inside.any())
        return True
