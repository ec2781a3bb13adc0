"""A query's text as tokens: what is a string, a comment or a name in backticks is never taken for a word of Cypher."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graphrec.errors import QueryError
from graphrec.store.checks import shown

Kind = Literal["gap", "string", "name", "parameter", "number", "word", "mark"]

MOST_CHARACTERS = 100_000
MOST_DEPTH = 200
"""Brackets inside brackets: databases take a frame of their stack for each, and end where there is none left."""
MOST_BRACES = 10
"""Subqueries inside subqueries, likewise: a server of Neo4j's reads sixty for hours, and cannot be made to stop."""

# A number ends where its digits do: what follows it at once, as in `1e5LOAD`, is a word to the databases too.
_TOKEN = re.compile(
    r"""
      (?P<gap> (?:\s | //[^\n\r]* | /\*.*?\*/)+ )
    | (?P<string> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
    | (?P<name> `(?:[^`]|``)*` )
    | (?P<parameter> \$(?: [^\W\d]\w* | \d+ | `(?:[^`]|``)*` ) )
    | (?P<number> (?: \d+(?:\.\d+)? | \.\d+ )(?:[eE]-?\d+)? )
    | (?P<word> [^\W\d]\w* )
    | (?P<mark> \.\. | . )
    """,
    re.DOTALL | re.VERBOSE,
)
_UNENDED = {"'": "a string", '"': "a string", "`": "a name in backticks"}
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Token:
    """A piece of a query: ``at`` is where it begins in the text."""

    kind: Kind
    text: str
    at: int

    @property
    def upper(self) -> str:
        """The word in capitals; "" for anything but a word, a name in backticks too."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name that it is, without backticks; "" for what cannot be one."""
        if self.kind == "name":
            return self.text[1:-1].replace("``", "`")
        return self.text if self.kind == "word" else ""


@dataclass(frozen=True)
class Read:
    """A query that has been read.

    Attributes:
        text: the query, each comment replaced by blanks: databases differ in where a comment ends.
        tokens: everything but blanks and comments.
    """

    text: str
    tokens: Sequence[Token]

    def words(self) -> Iterator[tuple[int, str]]:
        """Yield place and capitals of each word that may be one of Cypher's own, and not a property, label or type."""
        for place, token in enumerate(self.tokens):
            if token.kind == "word" and not self._names(place):
                yield place, token.upper

    def token(self, place: int) -> Token:
        """Return the token that stands there; an empty one beyond both ends."""
        return self.tokens[place] if 0 <= place < len(self.tokens) else Token("gap", "", len(self.text))

    def _names(self, place: int) -> bool:
        before, owner = self.token(place - 1).text, self.token(place - 2)
        # `1.LOAD` is no property: no number has one.
        owned = owner.kind in ("word", "name", "string", "parameter") or owner.text in (")", "]", "}")
        return before == ":" or (before == "." and owned)


def read(text: str) -> Read:
    """Return the tokens of one statement.

    Raises ``QueryError`` for a text that is too long, nests too deep, holds several statements, or ends in the middle
    of a string, a name or a comment.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(
            f"the query failed: it has {len(text):,} characters and may have {MOST_CHARACTERS:,}; "
            "give a long list as a parameter"
        )
    made, tokens = list[str](), list[Token]()
    open_brackets = Counter[str]()
    for found in _TOKEN.finditer(text):
        token = Token(found.lastgroup, found[0], found.start())  # type: ignore[arg-type]
        if token.kind == "gap":
            made.append(re.sub(r"[^\n\r]", " ", token.text))
            continue
        made.append(token.text)
        if token.kind == "mark":
            _whole(text, token)
            _count(open_brackets, token.text)
        tokens.append(token)
    whole = "".join(made)
    while tokens and tokens[-1].text == ";":
        whole = whole[: tokens.pop().at]
    if any(token.text == ";" for token in tokens):
        raise QueryError(
            "the query failed: a query is one statement, without ; in between, and it only reads"
        )
    return Read(whole, tokens)


def check_parameters(parameters: Mapping[str, object]) -> None:
    """Raise ``QueryError`` for a parameter whose name is none."""
    for name in parameters:
        if not (isinstance(name, str) and name.isidentifier()):
            raise QueryError(
                f"the query failed: {name!r} is no name of a parameter: letters, digits and _ only"
            )


def refuse_words(query: Read, refused: dict[str, str]) -> None:
    """Raise ``QueryError`` where a word of ``refused`` stands, with the reason given there."""
    for place, word in query.words():
        # `$1LOAD`, `e5LOAD`: where one database sees a word, another may see its end only.
        ending = re.split(r"[0-9]", word)[-1]
        for found in (word, ending):
            if found in refused:
                raise QueryError(
                    f"the query failed: {found} is not allowed here: {refused[found]} "
                    f"(a name of yours goes into backticks: `{query.token(place).text}`)"
                )


def refuse_beginnings(query: Read, allowed: Sequence[str]) -> None:
    """Raise ``QueryError`` unless the query begins with one of the words ``allowed``."""
    first = query.token(0)
    if first.upper not in allowed:
        raise QueryError(
            f"the query failed: a query only reads, and begins with {', '.join(allowed[:-1])} or {allowed[-1]}, "
            f"not {shown(first.text)}"
        )


def _count(open_brackets: Counter[str], mark: str) -> None:
    if mark in _OPENING:
        open_brackets[mark] += 1
    elif mark in _CLOSING:
        open_brackets[_OPENING[_CLOSING.index(mark)]] -= 1
    if open_brackets.total() > MOST_DEPTH or open_brackets["{"] > MOST_BRACES:
        raise QueryError(
            f"the query failed: brackets may nest {MOST_DEPTH} deep, braces {MOST_BRACES}, and it goes on; "
            "ask in a simpler way"
        )


def _whole(text: str, token: Token) -> None:
    if token.text in _UNENDED:
        raise QueryError(
            f"the query failed: {_UNENDED[token.text]} that begins at {_where(text, token.at)} does not end"
        )
    if text.startswith("/*", token.at):
        raise QueryError(f"the query failed: a comment that begins at {_where(text, token.at)} does not end")


def _where(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line}, character {at - text.rfind(chr(10), 0, at)}"
