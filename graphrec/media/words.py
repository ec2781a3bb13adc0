"""Words of short texts in any language, without a dictionary.

Languages that put spaces between words are split there. Japanese is split where the script changes (師走|かな),
Chinese into overlapping pairs of characters: what the field uses where no dictionary is at hand.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.media.language import Language

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint32]


HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HIRAGANA = "\u3041-\u309f"
KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff"
_NONE, _OTHER, _HAN, _HIRAGANA, _KATAKANA = range(5)
_LENGTHENING, _KANA = "ー", 0x3041


def plain(texts: pa.Array) -> pa.Array:
    """Return texts, string [n], in compatibility form (NFKC) and lower case."""
    return pc.utf8_lower(pc.utf8_normalize(texts, "NFKC"))


def language_of(texts: pa.Array) -> Language:
    """Return how to split ``texts`` (string [n]): Japanese where kana are, Chinese where only Han characters are."""
    if pc.any(pc.match_substring_regex(texts, f"[{HIRAGANA}{KATAKANA}]")).as_py():
        return Language.JAPANESE
    if pc.any(pc.match_substring_regex(texts, f"[{HAN}]")).as_py():
        return Language.CHINESE
    return Language.SPACED


def split(texts: pa.Array, language: Language) -> pa.ListArray:
    """Return the words of each text, list<string> [n]; of a null none.

    A letter that is written three times or more in a row counts once, and twice if it is of an alphabet (cooool); of
    digits all count.
    """
    codes, first = _folded(*_characters(texts))
    script = _scripts(codes, first)
    begin, end = _runs(script, first)
    if language is Language.CHINESE:
        begin, end = _in_pairs(begin, end, script)
    return _lists(codes, first, begin, end)


def stretches(texts: pa.Array) -> pa.ListArray:
    """Return what stands between blanks and punctuation in each text, list<string> [n], folded as ``split`` does."""
    codes, first = _folded(*_characters(texts))
    return _lists(codes, first, *_runs((_scripts(codes, first) != _NONE).astype(np.uint8), first))


def _runs(kinds: npt.NDArray[np.uint8], first: Ints) -> tuple[Ints, Ints]:
    """Return where stretches of one kind begin and end, int64 [w] twice, but for those of kind 0."""
    begin = np.flatnonzero(_differs(kinds, first))
    end = np.append(begin[1:], len(kinds))[: len(begin)]
    spoken = kinds[begin] != _NONE
    return begin[spoken], end[spoken]


def _lists(codes: Codes, first: Ints, begin: Ints, end: Ints) -> pa.ListArray:
    """Return the words from ``begin`` to ``end`` of each text."""
    offsets = np.searchsorted(begin, np.append(first, len(codes)))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), _slices(codes, begin, end))


def _characters(texts: pa.Array) -> tuple[Codes, Ints]:
    """Return the characters of all texts, uint32 [C], and where each text begins, int64 [n]."""
    lengths = np.asarray(pc.fill_null(pc.utf8_length(texts), 0), np.int64)
    every = "".join(pc.fill_null(texts, "").to_pylist())
    return np.frombuffer(every.encode("utf-32-le"), np.uint32), np.cumsum(lengths) - lengths


def _differs(values: npt.NDArray[Any], first: Ints) -> npt.NDArray[np.bool_]:
    """Return bool [C], where a value is another than the one before it, or the first of its text."""
    found = np.ones(len(values), bool)
    found[1:] = values[1:] != values[:-1]
    found[first[first < len(values)]] = True
    return found


def _folded(codes: Codes, first: Ints) -> tuple[Codes, Ints]:
    """Return the characters and where texts begin, fewer letters where one stands many times in a row."""
    new = _differs(codes, first)
    run = np.cumsum(new) - 1
    digits = (codes >= ord("0")) & (codes <= ord("9"))
    place = np.arange(len(codes)) - np.flatnonzero(new)[run]
    kept = digits | (np.bincount(run) < 3)[run] | (place < np.where(codes < _KANA, 2, 1))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return codes[kept], before[first]


def _scripts(codes: Codes, first: Ints) -> npt.NDArray[np.uint8]:
    """Return of which script each character is, uint8 [C]; 0 of what is in no word."""
    different = np.unique(codes)
    table = np.zeros(sys.maxunicode + 1, np.uint8)
    table[different] = [_script(chr(code)) for code in different.tolist()]
    found = table[codes]
    # What lengthens a vowel is of the kana before it.
    lengthens = codes == ord(_LENGTHENING)
    lengthens[first[first < len(codes)]] = False
    before = np.maximum.accumulate(np.where(lengthens, 0, np.arange(len(codes))))
    return np.where(lengthens & (found[before] == _KATAKANA), np.uint8(_KATAKANA), found)


@cache
def _script(character: str) -> int:
    for script, characters in ((_HAN, HAN), (_HIRAGANA, HIRAGANA + _LENGTHENING), (_KATAKANA, KATAKANA)):
        if re.match(f"[{characters}]", character):
            return script
    return _OTHER if character.isalnum() else _NONE


def _in_pairs(begin: Ints, end: Ints, script: npt.NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """Return words of which those of three Han characters and more are cut into overlapping pairs."""
    long = (script[begin] == _HAN) & (end - begin > 2)
    pairs = np.where(long, end - begin - 1, 1)
    within = np.arange(pairs.sum()) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    start = np.repeat(begin, pairs) + within
    return start, np.where(np.repeat(long, pairs), start + 2, np.repeat(end, pairs))


def _slices(codes: Codes, begin: Ints, end: Ints) -> pa.StringArray:
    """Return the words from ``begin`` to ``end``, int64 [w] each, of the characters."""
    lengths = end - begin
    ends = np.cumsum(lengths)
    at = np.arange(lengths.sum()) + np.repeat(begin - (ends - lengths), lengths)
    used = codes[at]
    sizes = 1 + (used > 0x7F).astype(np.int64) + (used > 0x7FF) + (used > 0xFFFF)
    size = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])[np.append(0, ends)]
    text = used.tobytes().decode("utf-32-le").encode()
    return pa.StringArray.from_buffers(len(begin), pa.py_buffer(size.astype(np.int32)), pa.py_buffer(text))
