"""What words of comments mean, as data: slang, words that say nothing, and what is good or bad; one file a language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import DataError
from graphrec.media.language import Language
from graphrec.media.words import plain, split

FILES = {Language.SPACED: "english", Language.JAPANESE: "japanese", Language.CHINESE: "chinese"}
KINDS = ("slang", "stop", "good", "bad", "before", "after")
"""What a line tells: a pattern and the word for it; words that say nothing; what is said of good and of bad; and what
denies it, before it or after it."""
_NOTHING = r"[^\x00-\x{10FFFF}]"


@dataclass(frozen=True)
class Lexicon:
    """Patterns are RE2's, of texts in compatibility form (NFKC) and lower case.

    Attributes:
        slang: patterns and the word that each stands for, in the order in which they are replaced.
        stop: words that say nothing.
        good: what is said of something good.
        bad: what is said of something bad.
        denied_good: ``good``, denied.
        denied_bad: ``bad``, denied.
    """

    slang: Sequence[tuple[str, str]]
    stop: frozenset[str]
    good: str
    bad: str
    denied_good: str
    denied_bad: str


def lexicon_of(language: Language, more: Sequence[Path] = ()) -> Lexicon:
    """Return what is known of a language and of English, which is mixed into all, and what the files ``more`` add.

    Raises ``DataError`` for a line that is not ``kind<TAB>pattern``, with a word behind a third tab for slang, or whose
    pattern cannot be read.
    """
    shipped = dict.fromkeys([FILES[language], FILES[Language.SPACED]])
    files = [*more, *(Path(__file__).with_name(f"{name}.tsv") for name in shipped)]
    told: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    for file in files:
        for number, kind, pattern, word in _lines(file):
            if kind == "slang" and split(plain(pa.array([word])), language).to_pylist() != [[word]]:
                several = f"{file}, line {number}: {word!r} would be split into several words; name one"
                raise DataError(several, str(file))
            told[kind].append((pattern, word))
    good, bad, before, after = (
        "|".join(f"(?:{pattern})" for pattern, _ in told[kind]) or _NOTHING
        for kind in ("good", "bad", "before", "after")
    )
    stop = frozenset(word for words, _ in told["stop"] for word in words.split())
    denied = (f"(?:{before})(?:{one})|(?:{one})(?:{after})" for one in (good, bad))
    return Lexicon(told["slang"], stop, good, bad, *denied)


def _lines(file: Path) -> Iterator[tuple[int, str, str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read as UTF-8 text: {error}", str(file)) from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition("\t")
        pattern, _, word = rest.partition("\t")
        if kind not in KINDS or not pattern or (kind == "slang") != bool(word.strip()):
            raise DataError(
                f"{file}, line {number}: {line!r} is no word; expected one of {', '.join(KINDS)}, a tab and a pattern, "
                "and of slang another tab and the word for it",
                str(file),
            )
        if kind != "stop":
            _check(pattern, file, number)
        yield number, kind, pattern, word.strip()


def _check(pattern: str, file: Path, number: int) -> None:
    try:
        pc.match_substring_regex(pa.array(["a"]), pattern)
    except pa.ArrowInvalid as error:
        raise DataError(f"{file}, line {number}: the pattern {pattern!r} cannot be read: {error}", str(file)) from error
