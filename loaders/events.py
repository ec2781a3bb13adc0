"""Event logs: a column says what happened, and you say which relationship that is and what it weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from graphrec import schema
from graphrec.errors import UsageError
from graphrec.loaders.asked_properties import AskedProperty, asked_of, numbers_of, with_properties
from graphrec.loaders.tabular import Part, TabularOptions, TimeUnit, column_names, read_parts
from graphrec.loading.blocks import Block, Lines, Refusal, RelationshipBlock, RestBlock, by_line
from graphrec.loading.loader import Options
from graphrec.schema import Property
from graphrec.store.upsert import positions

OWN = (Property(schema.WEIGHT, "float64"),)
FORM = "event=TYPE, event=TYPE:weight, or event= to leave such rows out"


class EventOptions(TabularOptions):
    """What the columns mean, and the events."""

    user: str = "user"
    """The column that says who did it."""
    item: str = "item"
    """The column that says with what."""
    event: str = "event"
    """The column that says what was done."""
    at: str = "at"
    """The column that says when; may be absent."""
    type: list[str] = Field(default_factory=list)
    """What an event is, as event=TYPE or event=TYPE:weight, such as like=LIKED:3; repeat for more. `skip=` leaves the
    rows of that event out. In graphrec.toml: a table [load.events.type]. What is not named is refused."""
    property: list[str] = Field(default_factory=list)
    """A property that relationships keep, as in `graphrec load table`: watch_s:float, device, rank:int; repeat for
    more. Every type has it where its rows say it; the newest of the rows with the same ends counts."""
    label: str = "Item"
    """Label of what the events are about."""
    time_unit: TimeUnit = TimeUnit.MILLISECONDS
    """What numbers in the column at count since 1970, or yyyymmdd; ISO dates need no unit."""
    header: bool = True
    """The first line names the columns; without it they are numbered from 1."""


@dataclass(frozen=True)
class EventKind:
    """What an event is: a relationship type, none for one that is left out, and its weight where one was given."""

    event: str
    type: str
    weight: float | None


class Events:
    """Loads event logs; `graphrec train --projection LIKED+VIEWED` then weighs what each user and item has of them."""

    name: ClassVar[str] = "events"
    title: ClassVar[str] = "event logs: a table of user, item, event and time"
    example: ClassVar[str] = (
        "graphrec load events log.csv --item video --type like=LIKED:3 --type view=VIEWED --type impression="
    )
    Options: ClassVar[type[Options]] = EventOptions

    def blocks(self, paths: Sequence[Path], options: EventOptions, workspace: Path) -> Iterator[Block]:
        """Yield the events of each file, those of each type together."""
        kinds = [_kind(text, options.label) for text in options.type]
        if not any(kind.type for kind in kinds):
            raise UsageError(f"say what the events are with --type: {FORM}")
        asked = {kind.type: asked_of(options.property, kind.type) for kind in kinds if kind.type}
        layout = replace(options.layout, header=options.header)
        for path in paths:
            columns = {"from": options.user, "to": options.item}
            if options.at in column_names(path, layout, [*columns.values(), options.event]):
                columns["at"] = options.at
            names = [*columns.values(), options.event, *(one.column for found in asked.values() for one in found)]
            numbers = numbers_of(asked)
            for part in read_parts(path, list(dict.fromkeys(names)), layout, numbers=numbers, rows=options.rows):
                yield from _of_part(part, path, columns, kinds, asked, options)


def _of_part(
    part: Part,
    path: Path,
    columns: Mapping[str, str],
    kinds: Sequence[EventKind],
    asked: Mapping[str, Sequence[AskedProperty]],
    options: EventOptions,
) -> Iterator[Block]:
    events = part.table[options.event]
    code = positions(events.cast(pa.string()), pa.chunked_array([[kind.event for kind in kinds]]))
    types = np.array(["", *(kind.type for kind in kinds)])[code + 1]
    weighed = {kind.type for kind in kinds if kind.weight is not None}
    weights = np.array([np.nan, *(1.0 if kind.weight is None else kind.weight for kind in kinds)])[code + 1]
    lines, unknown, nothing = part.lines, np.flatnonzero(code < 0), (code >= 0) & (types == "")
    cells = part.table if part.cells is None else part.cells
    wrong = cells.take(pa.array(unknown)).to_pylist()
    refused = [_unknown(int(lines[r]), events[int(r)].as_py(), row) for r, row in zip(unknown, wrong, strict=True)]
    left_out = np.concatenate([part.left_out, lines[nothing]])
    if refused or part.refused or len(left_out):
        yield RestBlock("events of no type", str(path), tuple(sorted([*part.refused, *refused], key=by_line)), left_out)
    gone = np.array([line.line for line in part.refused], np.int64)
    every: Lines = np.concatenate([lines, part.left_out, gone])
    for kind in sorted(asked):
        here = pa.array(np.flatnonzero(types == kind))
        found, own = with_properties(
            {name: part.table[column] for name, column in columns.items()}, part.table, asked[kind], kind,
            options.time_unit,
        )  # fmt: skip
        rows = {name: column.take(here) for name, column in found.items()}
        if kind in weighed:
            rows[schema.WEIGHT] = pa.chunked_array([weights[types == kind]])
            own = (*own, *OWN)
        said = dict(columns) | {one.name: one.column for one in asked[kind]}
        yield RelationshipBlock(
            kind, "User", options.label, pa.table(rows), str(path), part.line, columns=said, own=own,
            elsewhere=np.setdiff1d(every, lines[types == kind]), cells=cells.take(here),
        )  # fmt: skip


def _unknown(line: int, event: str | None, cells: Mapping[str, Any]) -> Refusal:
    if not event:
        return Refusal(line, "its event is empty", cells=cells)
    reason = f"event {event!r} has no type: --type {event}=TYPE, or --type {event}= to leave it out"
    return Refusal(line, reason, cells=cells)


def _kind(text: str, label: str) -> EventKind:
    event, equals, meant = text.rpartition("=")
    kind, colon, weight = meant.partition(":")
    if not equals or not event:
        raise UsageError(f"--type {text!r} is none: {FORM}")
    if kind and ("User", label) not in schema.relationship(kind).ends:
        raise UsageError(f"--type {text!r}: {kind} does not go from User to {label}")
    try:
        number = float(weight) if colon else None
    except ValueError:
        number = -1.0
    if number is not None and not 0 <= number < float("inf"):
        raise UsageError(f"--type {text!r}: {weight!r} is no weight; give a number from 0")
    return EventKind(event, kind, number)
