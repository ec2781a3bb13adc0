"""What tells words apart: a dictionary of the language where one is installed, else spaces and scripts.

MeCab (fugashi, with the dictionary unidic-lite) for Japanese, jieba (rjieba, the same words five times faster) for
Chinese.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError
from graphrec.media.comments.mecab import words_of_many
from graphrec.media.language import Language
from graphrec.media.words import split, stretches

STEP = 20_000
"""After so many stretches it is said how far it is."""


class Splitter(StrEnum):
    """How words are told apart."""

    SCRIPT = "script"
    """At spaces, where the script changes, or in pairs of characters, as the language says."""
    MECAB = "mecab"
    JIEBA = "jieba"


LANGUAGES = {Splitter.MECAB: Language.JAPANESE, Splitter.JIEBA: Language.CHINESE}
"""Of what language their dictionaries are."""
PACKAGES = {Splitter.MECAB: ("fugashi", "unidic-lite"), Splitter.JIEBA: ("rjieba",)}
CURE = "pip install 'graphrec[comments]'"


def installed(splitter: Splitter) -> bool:
    """Return whether what it needs is there."""
    return all(find_spec(name.replace("-", "_")) is not None for name in PACKAGES.get(splitter, ()))


def dictionaries(language: Language) -> list[Splitter]:
    """Return those that have a dictionary of ``language``, installed or not."""
    return [one for one, of in LANGUAGES.items() if of is language]


def splitter_of(language: Language, asked: Splitter | None = None) -> Splitter:
    """Return the one that is ``asked`` for, or else the language's dictionary where it is installed.

    Raises ``ConfigError`` for a dictionary of another language, and for one that is not installed.
    """
    if asked is None:
        return next((one for one in dictionaries(language) if installed(one)), Splitter.SCRIPT)
    if LANGUAGES.get(asked, language) is not language:
        of = LANGUAGES[asked]
        raise ConfigError(f"{asked} splits {of}, and these comments are {language}; with --language {of} they are not")
    if not installed(asked):
        raise ConfigError(f"the splitter {asked} needs {' and '.join(PACKAGES[asked])}: {CURE}")
    return asked


def split_by(
    splitter: Splitter,
    texts: pa.Array,
    language: Language,
    whole: frozenset[str] = frozenset(),
    tell: Callable[[str], None] = lambda step: None,
) -> pa.ListArray:
    """Return the words of each text, list<string> [n]; see ``split``.

    Args:
        splitter: what tells them apart.
        texts: string [n], as ``plain`` returns them.
        language: of all of them.
        whole: what is one word wherever it stands between blanks, whatever a dictionary says.
        tell: is told how far it is.
    """
    if splitter is Splitter.SCRIPT:
        return split(texts, language)
    found = stretches(texts)
    # Each is looked up once: much is said again and again.
    different = found.flatten().dictionary_encode()
    asked, total = different.dictionary, f"{len(different.dictionary):,} different stretches"
    parts, done = [pa.array([], pa.list_(pa.string()))], 0
    tell(f"Splitting by {splitter}: 0 of {total}")
    for part in words_of_many(asked) if splitter is Splitter.MECAB else _by_jieba(asked):
        parts.append(part)
        done += len(part)
        tell(f"Splitting by {splitter}: {done:,} of {total}")
    row = np.arange(len(asked))
    as_it_is = np.asarray(pc.is_in(asked, value_set=pa.array([*whole], pa.string())))
    row[as_it_is] = len(asked) + np.arange(as_it_is.sum())
    parts.append(pa.array([[word] for word in asked.filter(pa.array(as_it_is)).to_pylist()], pa.list_(pa.string())))
    of_stretch = pa.concat_arrays(parts).take(pa.array(row)).take(different.indices)
    return pa.ListArray.from_arrays(of_stretch.offsets.take(found.offsets), of_stretch.flatten())


def _by_jieba(stretches: pa.Array) -> Iterator[pa.ListArray]:
    import rjieba

    for begin in range(0, len(stretches), STEP):
        yield pa.array(map(rjieba.cut, stretches.slice(begin, STEP).to_pylist()), pa.list_(pa.string()))
