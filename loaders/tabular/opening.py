"""What a file is, whatever it is called: text, packed or not, Parquet, Arrow; or no table at all."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import pyarrow as pa

from graphrec.errors import DataError, UsageError

CHUNK = 1 << 20
HEAD = 1 << 18
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
SUFFIXES = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".zip": "zip"}
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the longer ones first, which begin like the shorter."""
TYPED: dict[bytes, Literal["parquet", "arrow"]] = {b"PAR1": "parquet", b"ARROW1": "arrow", b"FEA1": "arrow"}
TYPED_SUFFIXES: dict[str, Literal["parquet", "arrow"]] = {
    ".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
}  # fmt: skip
OTHER = (
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Excel workbook; save the sheet as CSV"),
    (re.compile(rb"SQLite format 3\0"), "a SQLite database; export the table as CSV"),
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"ORC"), "an ORC file; write it as Parquet"),
    (re.compile(rb"\x89HDF"), "an HDF5 file; write the table as Parquet or CSV"),
    (re.compile(rb"\x93NUMPY"), "a NumPy array; write it as Parquet or CSV"),
    (re.compile(rb"\s*<\?xml", re.I), "an XML file and no table; write its records as CSV"),
    (re.compile(rb"\s*<(!doctype\s+html|html)", re.I), "an HTML page and no table; was it a login page?"),
    (
        re.compile(rb'\s*(\[\s*[\[{]|\[\s*"|\{\s*["}])'),
        "JSON and no table; write its records as CSV or Parquet",
    ),
    (
        re.compile(rb"\s*<[a-z][\w:.-]*(\s[^<>]*)?>(?![,;|\t])", re.I),
        "XML or HTML and no table; write its records as CSV",
    ),
)
"""How files begin that people take for tables."""


@dataclass(frozen=True)
class TextFile:
    """A file of text, packed or not.

    Attributes:
        path: where it is.
        name: what the text is called: the file, or the one that it packs.
        packing: gzip, bz2, zstd, zip or None.
        encoding: of the text.
    """

    path: Path
    name: str
    packing: str | None
    encoding: str

    @property
    def plain(self) -> bool:
        """Whether the text is UTF-8."""
        return codecs.lookup(self.encoding).name == "utf-8"

    def opened(self) -> IO[bytes]:
        """Return the text's bytes from the beginning, as UTF-8; raises ``DataError`` as they are read."""
        return io.BufferedReader(Chunks(self.chunks()), CHUNK)

    def chunks(self) -> Iterator[bytes]:
        """Yield the text as UTF-8 in pieces, without a byte order mark."""
        with readable(self.path, self.encoding):
            decoder = codecs.getincrementaldecoder(self.encoding)()
            first = True
            with _unpacked(self.path, self.packing) as file:
                while chunk := file.read(CHUNK):
                    text = chunk if self.plain else decoder.decode(chunk).encode()
                    yield text.removeprefix(codecs.BOM_UTF8) if first else text
                    first = False
            yield decoder.decode(b"", True).encode() if not self.plain else b""


def kind_of(path: Path) -> Literal["text", "parquet", "arrow"]:
    """Return what a file is; raises ``DataError`` for none, an empty one, and what is no table."""
    if path.is_dir():
        raise DataError(f"{path}: a folder; name the file in it", str(path))
    if not path.is_file():
        raise DataError(f"{path}: no such file", str(path))
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", str(path)) from error
    if not head:
        raise DataError(f"{path}: the file is empty", str(path))
    for magic, kind in TYPED.items():
        if head.startswith(magic):
            return kind
    return TYPED_SUFFIXES.get(path.suffix.lower(), "text")


def text_file(path: Path, encoding: str) -> TextFile:
    """Return how the text of a file is to be read.

    Raises ``DataError`` for what is no text, ``UsageError`` for an encoding that nobody knows.
    """
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise UsageError(
            f"no encoding named {encoding!r}; common ones: utf-8, utf-16, latin-1, cp1252"
        ) from None
    with path.open("rb") as file:
        start = file.read(4)
    by_content = next((name for magic, name in PACKED.items() if start.startswith(magic)), None)
    packing = by_content or SUFFIXES.get(path.suffix.lower())
    name = path.name
    if packing == "zip":
        with readable(path, encoding), zipfile.ZipFile(path) as archive:
            name = _only(path, archive)
    elif packing is not None:
        name = path.name.removesuffix(path.suffix) if path.suffix.lower() in SUFFIXES else path.name
    with readable(path, encoding), _unpacked(path, packing) as content:
        head = content.read(HEAD)
    if not head:
        raise DataError(f"{path}: the file is empty", str(path))
    found = TextFile(path, name, packing, encoding)
    if found.plain:
        found = TextFile(path, name, packing, _marked(head) or encoding)
    _require_text(path, head, found)
    return found


def not_text(path: Path, encoding: str) -> DataError:
    """Return the error for bytes that ``encoding`` does not have."""
    return DataError(f"{path}: not {encoding} text; give its encoding with --encoding", str(path))


class readable:  # noqa: N801
    """Whatever goes wrong in reading a file becomes a ``DataError`` that names it."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path, self.encoding = path, encoding

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UnicodeError):
            raise not_text(self.path, self.encoding) from error
        # Who unpacks raises what it likes: zlib.error, EOFError, BadZipFile, RuntimeError for a password, ..
        if isinstance(error, Exception) and not isinstance(error, DataError | UsageError):
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self.path}: cannot be read ({said})", str(self.path)) from error


def _marked(head: bytes) -> str | None:
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)


def _require_text(path: Path, head: bytes, file: TextFile) -> None:
    encoding = file.encoding
    text = head if file.plain else head.decode(encoding, "ignore").encode("utf-8", "ignore")
    for pattern, what in OTHER:
        if pattern.match(text.removeprefix(codecs.BOM_UTF8)):
            raise DataError(f"{path}: {what}", str(path))
    if b"\0" in text:
        even, odd = head[::2].count(b"\0"), head[1::2].count(b"\0")
        likely = "utf-16-le" if odd > 4 * even + 4 else "utf-16-be" if even > 4 * odd + 4 else ""
        if likely:
            raise DataError(f"{path}: not {encoding} text; it looks like --encoding {likely}", str(path))
        # People's words may hold one; what is no text holds many.
        if 20 * text.count(b"\0") > len(text):
            raise DataError(f"{path}: not {encoding} text: it holds zero bytes", str(path))


def _only(path: Path, archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        raise DataError(f"{path}: an Excel workbook; save the sheet as CSV", str(path))
    if "mimetype" in names:
        raise DataError(f"{path}: an office document; save the sheet as CSV", str(path))
    files = [
        name
        for name in names
        if not name.endswith("/") and not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")
    ]
    if len(files) != 1:
        raise DataError(
            f"{path}: {len(files)} files are packed in it and not one; unpack it and name the table",
            str(path),
        )
    return files[0]


def _unpacked(path: Path, packing: str | None) -> IO[bytes]:
    openers: dict[str | None, Callable[[Path], Any]] = {
        None: lambda path: path.open("rb"),
        "gzip": gzip.open,
        "bz2": bz2.open,
        "zstd": lambda path: pa.input_stream(str(path), compression="zstd"),
        "zip": _unzipped,
    }
    opened: IO[bytes] = openers[packing](path)
    return opened


def _unzipped(path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    return archive.open(_only(path, archive))


def whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a text in pieces that end with a line."""
    rest: list[bytes] = []
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*rest, chunk[:end]])
            rest = []
        rest.append(chunk[end:])
    yield b"".join(rest)


class Chunks(io.RawIOBase):
    """Bytes that come in pieces, as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as the piece goes."""
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
