"""Words of short texts in any language, without a dictionary.

Languages that put spaces between words are split there. Japanese is split where the script changes (師走|かな),
Chinese into overlapping pairs of characters: what the field uses where no dictionary is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc


class Language(StrEnum):
    """How words are told apart."""

    SPACED = "spaced"
    JAPANESE = "japanese"
    CHINESE = "chinese"


HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
HIRAGANA = "\u3041-\u309f"
KATAKANA = "\u30a0-\u30ff"
OWN_SCRIPTS = HAN + HIRAGANA + KATAKANA

_RUNS = re.compile(rf"[{HAN}]+|[{HIRAGANA}ー]+|[{KATAKANA}]+|(?:(?![{OWN_SCRIPTS}])[^\W_])+")
_HAN = re.compile(rf"[{HAN}]")


def split_words(texts: pa.Array, language: Language | None = None) -> pa.Array:
    """Return the words of each text, separated by spaces: string [n]; null for a text without any.

    Words are in compatibility form (NFKC) and lower case. Laughter and applause of any length (wwww, 8888) are one
    word each, ``w`` and ``888``.

    Args:
        texts: string [n].
        language: of all of them; None to tell it from their scripts.
    """
    plain = pc.utf8_lower(pc.utf8_normalize(texts, "NFKC"))
    plain = pc.replace_substring_regex(plain, r"w{2,}", "w")
    plain = pc.replace_substring_regex(plain, r"8{3,}", "888")
    if language is None:
        language = language_of(plain)
    chinese = language is Language.CHINESE
    found = (_words(text, chinese=chinese) for text in plain.to_pylist())
    return pa.array([" ".join(words) or None for words in found], pa.string())


def language_of(texts: pa.Array) -> Language:
    """Return how to split ``texts`` (string [n]): Japanese where kana are, Chinese where only Han characters are."""
    if pc.any(pc.match_substring_regex(texts, f"[{HIRAGANA}{KATAKANA}]")).as_py():
        return Language.JAPANESE
    if pc.any(pc.match_substring_regex(texts, f"[{HAN}]")).as_py():
        return Language.CHINESE
    return Language.SPACED


def _words(text: str | None, *, chinese: bool) -> Iterable[str]:
    runs = _RUNS.findall(text or "")
    return _in_pairs(runs) if chinese else runs


def _in_pairs(runs: Iterable[str]) -> Iterator[str]:
    for run in runs:
        if len(run) < 3 or not _HAN.match(run):
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
