"""The values of an answer as the cells of a table, on the screen and in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

from graphrec.store.answers import Answer, Node, Path, Relationship

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
WHOLE = 1 << 63
"""Tables have numbers below it; larger ones are text."""
LONG = 8
"""Of a longer list of numbers, such as an embedding, only the first are written."""

Cell = str | int | float | bool | None


def table(answer: Answer) -> dict[str, list[Cell]]:
    """Return the columns of an answer; one whose values are not all numbers, or all truths, is text."""
    columns = list(zip(*answer.rows, strict=True)) or [()] * len(answer.columns)
    return {
        name: _column([cell(value) for value in values])
        for name, values in zip(_names(answer.columns), columns, strict=True)
    }


def as_csv(answer: Answer) -> bytes:
    """Return an answer as a CSV file, with a line of names."""
    return csv_file(answer.columns, ([cell(value) for value in row] for row in answer.rows))


def csv_file(names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV file that spreadsheets take for data: to them, a text that begins like a formula is one."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(map(_inert, names))
    writer.writerows(map(_inert, row) for row in rows)
    return file.getvalue().encode()


def _inert(value: Cell) -> Cell:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def cell(value: Any) -> Cell:
    """Return a value as a number, a truth, or text."""
    match value:
        case None | str() | bool() | float():
            return value
        case int():
            return value if -WHOLE <= value < WHOLE else str(value)
        case Decimal():
            return cell(int(value)) if value == value.to_integral_value() else float(value)
    try:
        return written(value)
    except RecursionError:
        return "nested too deep to be shown"


def written(value: Any) -> str:
    """Return any value as text, in the way of Cypher."""
    match value:
        case Node():
            return f"(:{value.label}{_map(value.properties)})"
        case Relationship():
            return f"[:{value.type}{_map(value.properties)}]"
        case Path():
            return _path(value)
        case bytes():
            return f"<{len(value) // 4} numbers>"
        case list() | tuple():
            return _list(value)
        case dict():
            return _map(value).strip() or "{}"
        case str():
            return repr(value)
    return str(cell(value) if isinstance(value, Decimal) else value)


def _path(path: Path) -> str:
    if not path.nodes:
        return "-".join(written(one) for one in path.relationships)
    made = written(path.nodes[0])
    for at, one in enumerate(path.relationships):
        forth = one.start == path.nodes[at].key
        made += f"-{written(one)}->" if forth else f"<-{written(one)}-"
        if at + 1 < len(path.nodes):
            made += written(path.nodes[at + 1])
    return made


def _list(values: Sequence[Any]) -> str:
    if len(values) > LONG and all(isinstance(value, float) for value in values):
        return f"[{', '.join(f'{value:.4g}' for value in values[:LONG])}, ...: {len(values)} numbers]"
    return f"[{', '.join(written(value) for value in values)}]"


def _map(values: Mapping[str, Any]) -> str:
    return (
        f" {{{', '.join(f'{name}: {written(value)}' for name, value in values.items())}}}" if values else ""
    )


def _column(cells: list[Cell]) -> list[Cell]:
    kinds = {type(one) for one in cells if one is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return cells
    return [None if one is None else str(one) for one in cells]


def _names(names: Sequence[str]) -> list[str]:
    """Return names of columns, none of them twice."""
    found = list[str]()
    for name in names:
        again = sum(other == name for other in names[: len(found)])
        found.append(f"{name} ({again + 1})" if again else name)
    return found
