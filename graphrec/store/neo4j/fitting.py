"""Whether the values of a mapped property can be read as the mapping says, and what to do where they cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphrec import schema
from graphrec.properties import WORDS
from graphrec.store.neo4j.mapping import Column, Role, quoted
from graphrec.store.neo4j.read import RunQuery
from graphrec.store.neo4j.resolve import TEMPORAL

FITS: Mapping[str, set[str]] = {
    "string": {"STRING"},
    "int64": {"INTEGER"},
    "float64": {"INTEGER", "FLOAT"},
    "bool": {"BOOLEAN"},
    "list": {"LIST OF STRING"},
}
"""Which types of a server's values are read as they are."""
CAST_FROM = {"STRING", "INTEGER", "FLOAT", "BOOLEAN"}
TIMES_FROM: Mapping[str, set[str]] = {
    **{kept: {kind} for kind, kept in TEMPORAL.items()},
    "s": {"INTEGER", "FLOAT"},
    "ms": {"INTEGER", "FLOAT"},
}
CALLED = {"STRING": "text", "INTEGER": "integers", "FLOAT": "floats", "BOOLEAN": "true or false"}
"""The server's types in words; the others speak for themselves."""
ISO = (
    "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
LATEST = 32_503_680_000_000
"""The year 3000, in milliseconds: what is later was counted in another unit."""
YEAR = 31_556_952_000
"""In milliseconds."""


@dataclass(frozen=True)
class Flaw:
    """Something wrong.

    Attributes:
        text: what, with numbers and an example.
        cure: what to do, or what is done.
        refused: whether wrong results would follow, so that nothing is read; otherwise it is said.
    """

    text: str
    cure: str
    refused: bool = True

    def __str__(self) -> str:
        return f"{self.text}; {self.cure}"


@dataclass(frozen=True)
class Values:
    """The values of a mapped property, of which there is one at least.

    Attributes:
        role: whose property.
        prop: what the schema says of it.
        column: what the mapping says of it.
        pattern: Cypher that binds ``x`` to all that have the role.
        types: how many values there are of each of the server's types, in order.
        examples: gives a value of a type as text, where it has one.
        latest: of numbers that are times, the greatest of each type.
        missing: how many nodes or relationships have none.
        where: the table in graphrec.toml.
    """

    role: Role
    prop: schema.Property
    column: Column
    pattern: str
    types: Counter[str]
    examples: Callable[[str], str | None]
    latest: Mapping[str, object]
    missing: int
    where: str

    @property
    def what(self) -> str:
        """What the property is called."""
        return f"{self.role.name}.{self.column.name}"

    @property
    def stored(self) -> str:
        """Cypher for a value as it is kept."""
        return f"x.{quoted(self.column.name)}"

    def flaws(self, run: RunQuery) -> Iterator[Flaw]:
        """Return what is wrong with them."""
        if self.prop.name == schema.KEY:
            return self._ids()
        return self._times(run) if schema.is_time(self.prop.name) else self._plain(run)

    def _told(self, kinds: Iterable[str]) -> str:
        """Return how many are of some types: ``Movie.movieId: 12 of 30 are integers, such as '7'``."""
        told = {kind: self.examples(kind) for kind in sorted(kinds)}
        parts = [
            f"{self.types[kind]:,} of {self.types.total():,} are {CALLED.get(kind, kind)}"
            + (f", such as {example!r}" if example else "")
            for kind, example in told.items()
        ]
        return f"{self.what}: {', and '.join(parts)}"

    def _ids(self) -> Iterator[Flaw]:
        wrong = set(self.types) - {"STRING", "INTEGER"}
        label, key = quoted(self.role.name), quoted(self.column.name)
        if wrong:
            cure = f"ids are text or integers: SET a property of its own, and write it in {self.where}"
            yield Flaw(self._told(wrong), cure)
        elif len(self.types) > 1:
            yield Flaw(self._told(self.types), f"make them one type: MATCH (n:{label}) SET n.{key} = toString(n.{key})")
        elif ("INTEGER" in self.types) != (self.column.kept == "int64"):
            right = self.column.name + (":int64" if "INTEGER" in self.types else "")
            yield Flaw(self._told(self.types), f'write id = "{right}" ({self.where})')
        if self.missing:
            total = self.types.total() + self.missing
            text = f"{self.missing:,} of {total:,} {self.role.name} have no {self.column.name}"
            yield Flaw(text, "they and their relationships are left out", refused=False)

    def _times(self, run: RunQuery) -> Iterator[Flaw]:
        kept, name = self.column.kept, self.column.name
        wrong = set(self.types) - TIMES_FROM.get(kept, CAST_FROM if kept else {"INTEGER"})
        if wrong:
            kind, *others = self.types
            right = "s" if kind in ("INTEGER", "FLOAT") else TEMPORAL.get(kind)
            cure = (
                "times are seconds or milliseconds, ZONED DATETIME, LOCAL DATETIME, DATE or ISO text, all in one way"
                if others or right is None
                else f'write "{name}:{right}"'
            )
            yield Flaw(self._told(self.types if others else wrong), f"{cure} ({self.where} {self.prop.name})")
        elif kept == "text":
            yield from self._texts(run)
        else:
            if self.column.guessed:
                text = f"{self.what}: its numbers are taken for seconds since 1970"
                yield Flaw(text, f'"{name}:s" or "{name}:ms" says so ({self.where} {self.prop.name})', refused=False)
            numbers = [value for value in self.latest.values() if isinstance(value, int | float)]
            latest = max(numbers, default=0) * (1000 if kept == "s" else 1)
            if latest > LATEST:
                year = f"{self.what}: the latest would be in the year {1970 + int(min(latest, 1e300)) // YEAR:,}"
                cure = f'write "{name}:ms"' if kept == "s" else "divide them: times are seconds or milliseconds"
                yield Flaw(year, f"{cure} ({self.where} {self.prop.name})")

    def _texts(self, run: RunQuery) -> Iterator[Flaw]:
        text = f"MATCH {self.pattern} WHERE NOT {self.stored} =~ $iso RETURN count(*), min({self.stored})"
        ((count, example),) = run(text, iso=ISO)
        if count:
            yield Flaw(
                f"{self.what}: {count:,} of {self.types.total():,} are no ISO times, such as {example!r}",
                f"write them as 2024-05-17T20:15:00Z, or leave them out of the mapping ({self.where} {self.prop.name})",
            )

    def _plain(self, run: RunQuery) -> Iterator[Flaw]:
        kind, column = self.prop.type, self.column
        cast = bool(column.kept) and kind != "list"
        wrong = set(self.types) - (CAST_FROM if cast else FITS[kind])
        if wrong:
            castable = wrong <= CAST_FROM and kind != "list"
            cure = f'write "{column.name}:{kind}"' if castable else "leave it out of the mapping"
            text = f"{self._told(wrong)}, and {self.prop.name} takes {WORDS[kind]}"
            yield Flaw(text, f"{cure} ({self.where} {self.prop.name})")
        elif cast and set(self.types) - FITS[kind]:
            if kind == "int64" and "FLOAT" in self.types:
                yield from self._fractions(run)
            lost = (
                f"MATCH {self.pattern} WHERE {self.stored} IS NOT NULL AND {column.read('x', kind)} IS NULL "
                f"RETURN count(*), min(toStringOrNull({self.stored}))"
            )
            ((count, example),) = run(lost)
            if count:
                text = f"{self.what}: {count:,} of {self.types.total():,} cannot be read as {WORDS[kind]}"
                yield Flaw(f"{text}, such as {example!r}", "they count as unknown", refused=False)

    def _fractions(self, run: RunQuery) -> Iterator[Flaw]:
        broken = f"{self.stored} IS :: FLOAT NOT NULL AND {self.stored} <> toInteger({self.stored})"
        ((count, example),) = run(f"MATCH {self.pattern} WHERE {broken} RETURN count(*), min(toString({self.stored}))")
        if count:
            text = f"{self.what}: {count:,} of {self.types.total():,} are no whole numbers, such as {example}"
            yield Flaw(text, f"round them, or leave it out of the mapping ({self.where} {self.prop.name})")
