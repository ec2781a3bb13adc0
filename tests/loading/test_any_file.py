"""Whatever a file holds, a load ends in rows that are all accounted for, or in one line."""

from __future__ import annotations

import datetime
import decimal
import io
import tempfile
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphrec.errors import GraphrecError
from graphrec.loaders.comments import Comments
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.tabular import Quoting, TimeUnit
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.testing.memory_store import MemoryStore
from graphrec.workspace import Workspace

many = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
HEADER = ("user", "item", "rating", "at")
CELLS = st.one_of(
    st.sampled_from(
        [
            "", " ", "1", "4.5", "3,5", "007", "1e5", "nan", "a b", " a", "b ", '"', '"q"', '""', 'say "x"', "-5",
            "\u00e9", "e\u0301", "1260759144", "1260759144000", "20200705", "2021-03-04T10:00:00Z", "9" * 20, "🎬",
        ]
    ),
    st.text(max_size=6),
)  # fmt: skip


def loaded(data: bytes, name: str, loader: Any, options: Any) -> LoadReport | None:
    """Load a file; None where it is refused, in one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        workspace = Workspace(Path(folder) / "workspace")
        store = MemoryStore()
        try:
            report = load(store, loader, [path], options, workspace, on_bad_row="skip")
        except GraphrecError as error:
            said = str(error)
        else:
            said = ""
        if said:
            assert "\n" not in said
            assert not any(store.counts().values())
            return None
        for kind, tally in report.tallies.items():
            assert tally.read == sum(astuple(tally)[1:]), kind
            assert store.counts()[kind] == tally.created, kind
        return report


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, int, TableOptions]:
    """Draw a table as somebody's program writes it, and its number of rows."""
    separator = draw(st.sampled_from([",", ";", "\t", "|", "::", ", "]))
    quoted = draw(st.booleans())
    rows = draw(st.lists(st.lists(CELLS, min_size=3, max_size=5), min_size=1, max_size=6))
    if not quoted and any('"' in cell for row in rows for cell in row):
        # Where lines are no rows in any reading, nobody can tell which mark is text.
        rows = [[*row, ""][:4] for row in rows]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines, count = [separator.join(HEADER)], 0
    for row in rows:
        cells = [_cell(value, separator.strip() or separator, quoted) for value in row]
        line = separator.join(cells)
        if line.strip():
            lines.append(line)
            count += 1
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    options = TableOptions(
        rels="RATED", from_="User:user", to="Item:item", property=["rating", "at"],
        quoting=draw(st.sampled_from([Quoting.AUTO, Quoting.QUOTED if quoted else Quoting.NONE])),
        time_unit=draw(st.sampled_from(list(TimeUnit))),
        rows=draw(st.sampled_from([[], ["rating>=4"], ["user!=a", "item=1"]])),
    )  # fmt: skip
    return text.encode(encoding, "replace"), count, options


def _cell(value: str, separator: str, quoted: bool) -> str:
    value = value.replace("\0", "").replace("\r", " ").replace("\x1f", "")
    if quoted and any(mark in value for mark in (separator, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    # What would be other rows or columns is none of this cell.
    return value.replace("\n", " ").replace(separator, " ")


@many
@given(tables())
def test_every_row_of_a_table_is_accounted_for(drawn: tuple[bytes, int, TableOptions]) -> None:
    data, count, options = drawn
    report = loaded(data, "t.csv", TableLoader(), options)
    if report is not None:
        assert report.tallies["RATED"].read == count


@many
@given(
    st.one_of(st.binary(max_size=300), st.text(alphabet='a1,;\t|:"\n\r \ufeffé', max_size=80).map(str.encode))
)
def test_any_bytes_end_in_rows_or_a_line(data: bytes) -> None:
    for name in ("t.csv", "t.tsv.gz", "t.parquet", "t.arrow", "t.zip"):
        options = TableOptions(nodes="Item:1", header=False, property=["title:2"])
        loaded(data, name, TableLoader(), options)
    loaded(b"user,video,time_s,text\n" + data, "c.csv", Comments(), Comments.Options())


VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.text(max_size=4),
    pa.large_string(): st.text(max_size=4),
    pa.string_view(): st.text(max_size=4),
    pa.binary(): st.binary(max_size=4),
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.decimal128(20, 2): st.integers(-(10**9), 10**9).map(lambda n: decimal.Decimal(n) / 100),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("ns", "UTC"): st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
    pa.date32(): st.dates(),
    pa.time64("us"): st.times(),
    pa.duration("s"): st.integers(0, 10**6),
    pa.null(): st.none(),
    pa.list_(pa.string()): st.lists(st.text(max_size=2), max_size=2),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9), max_size=2),
    pa.struct([("x", pa.int64())]): st.fixed_dictionaries({"x": st.integers(0, 9)}),
}


@st.composite
def typed_tables(draw: st.DrawFn) -> pa.Table:
    """Draw a table of columns of any types."""
    count = draw(st.integers(1, 5))
    columns = {}
    for name in (*HEADER, "own"):
        kind = draw(st.sampled_from(list(VALUES)))
        values = draw(st.lists(st.one_of(st.none(), VALUES[kind]), min_size=count, max_size=count))
        column = pa.array(values, kind)
        dictionary = (pa.types.is_string(kind) or pa.types.is_int64(kind)) and draw(st.booleans())
        columns[name] = column.dictionary_encode() if dictionary else column
    return pa.table(columns)


@many
@given(typed_tables(), st.sampled_from(list(TimeUnit)), st.sampled_from([[], ["rating>=4"], ["own=x"]]))
def test_every_row_of_a_typed_table_is_accounted_for(
    table: pa.Table, unit: TimeUnit, rows: list[str]
) -> None:
    made = io.BytesIO()
    pq.write_table(table, made)
    options = TableOptions(
        rels="RATED",
        from_="User:user",
        to="Item:item",
        property=["rating", "at", "own"],
        time_unit=unit,
        rows=rows,
    )
    report = loaded(made.getvalue(), "t.parquet", TableLoader(), options)
    if report is not None:
        assert report.tallies["RATED"].read == table.num_rows
