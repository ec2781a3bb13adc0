"""Tables on disk: formats, separators, blocks, and files that are none."""

from __future__ import annotations

import bz2
import codecs
import gzip
import logging
import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from graphrec.errors import DataError, UsageError
from graphrec.loaders.tabular import Layout, Part, Quoting, column_names, read_parts

ROWS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def rows(path: Path, columns: list[str], **options: Any) -> list[dict[str, Any]]:
    """Return what is read of a file; ``options`` are those of ``Layout``."""
    return [row for part in read_parts(path, columns, Layout(**options)) for row in part.table.to_pylist()]


def test_csv_tsv_gzip_and_parquet_read_alike(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,c,b\n1,-,x\n2,-,y\n")
    (tmp_path / "t.tsv").write_text("a\tc\tb\n1\t-\tx\n2\t-\ty\n")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,c,b\n1,-,x\n2,-,y\n"))
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(b"a\tc\tb\n1\t-\tx\n2\t-\ty\n"))
    pq.write_table(pa.table({"a": ["1", "2"], "c": ["-", "-"], "b": ["x", "y"]}), tmp_path / "t.parquet")
    for name in ("t.csv", "t.tsv", "t.csv.gz", "t.tsv.gz", "t.parquet"):
        assert rows(tmp_path / name, ["a", "b"]) == ROWS, name


def test_any_separator_and_no_header(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("1|-|x\n2|-|y\n")
    assert rows(path, ["1", "3"], header=False, delimiter="|") == [{"1": "1", "3": "x"}, {"1": "2", "3": "y"}]
    with pytest.raises(DataError, match=r"t\.txt: no column named '4'"):
        rows(path, ["4"], header=False, delimiter="|")


def test_text_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n007,NA\n1e3,"x, ""y""\nz"\n,null\n')
    assert rows(path, ["a", "b"]) == [
        {"a": "007", "b": "NA"}, {"a": "1e3", "b": 'x, "y"\nz'}, {"a": None, "b": "null"},
    ]  # fmt: skip


def test_blocks_carry_their_first_line_and_the_lines_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.loaders.tabular.text.BLOCK_BYTES", 1000)
    path = tmp_path / "t.csv"
    lines = [f"{n},x" for n in range(2000)]
    lines[1500] = "1500"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    parts: list[Part] = list(read_parts(path, ["a"]))
    assert len(parts) > 10
    assert [refused[:3] for part in parts for refused in part.refused] == [
        (1502, "1 columns instead of 2", "1500")
    ]
    for part in parts:
        if part.line > 1600 or part.line < 1300:
            assert part.table["a"][0].as_py() == str(part.line - 2)
    assert sum(part.table.num_rows for part in parts) == 1999


def test_a_column_asked_for_twice(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["1"]}), tmp_path / "t.parquet")
    assert rows(tmp_path / "t.parquet", ["a", "a"]) == [{"a": "1"}]


@pytest.mark.parametrize("name", ["t.parquet", "t.csv.gz", "t.tsv.gz"])
def test_a_file_of_another_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n" * 100)
    with pytest.raises(DataError, match=name):
        rows(tmp_path / name, ["a"])


def test_a_gzip_file_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    whole = gzip.compress("".join(f"{n},{n * 7919 % 1000}\n" for n in range(20_000)).encode())
    for size in (len(whole) // 2, 15):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"t\.csv\.gz"):
            rows(path, ["1"], header=False)


def test_a_missing_column_in_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"rating": [1]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="did you mean 'rating'"):
        rows(tmp_path / "t.parquet", ["ratings"])


def test_parquet_without_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="no rows"):
        rows(tmp_path / "t.parquet", ["a"])


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder; name the file in it"):
        rows(tmp_path, ["a"])


@pytest.mark.parametrize("separator", [";", "\t", "|", "::", "||", "^", " ", "\x01"])
def test_another_separator_is_found_by_the_header(
    tmp_path: Path, separator: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "t.csv"
    path.write_text(f"a{separator}c{separator}b\n1{separator}-{separator}x\n2{separator}-{separator}y\n")
    assert rows(path, ["a", "b"]) == ROWS
    assert column_names(path, columns=["a", "b"]) == ["a", "c", "b"]
    assert len([record for record in caplog.records if "columns are separated by" in record.message]) == 1
    assert rows(path, ["a"], delimiter=separator) == [{"a": "1"}, {"a": "2"}]


def test_another_separator_is_found_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "movies.dat"
    path.write_text("31::Ace, a story: (1995)::Comedy\n32::Twelve (1995)::Drama\n")
    assert rows(path, ["1", "2"], header=False) == [
        {"1": "31", "2": "Ace, a story: (1995)"}, {"1": "32", "2": "Twelve (1995)"},
    ]  # fmt: skip


def test_a_header_in_which_a_comma_stands_too(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b;size (m, s)\n1;x;-\n2;y;-\n")
    assert rows(path, ["a", "b"]) == ROWS


def test_a_misspelt_column_of_another_separator_gets_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("user;rating\n1;2\n")
    with pytest.raises(DataError, match="no column named 'ratings'; did you mean 'rating'"):
        rows(path, ["user", "ratings"])


@pytest.mark.parametrize("delimiter", ['"', "", "\n", "way too long"])
def test_what_cannot_stand_between_columns(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    with pytest.raises(UsageError, match="cannot stand between columns"):
        rows(tmp_path / "t.csv", ["a"], delimiter=delimiter)


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "SEP=;\n", "\ufeffsep=;\n", "\nsep=;\n\n"])
def test_the_first_line_of_excel(tmp_path: Path, first: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{first}a;c;b\n1;-;x\n2;-;y\n2;-\n", encoding="utf-8")
    parts = list(read_parts(path, ["a", "b"]))
    assert [row for part in parts for row in part.table.to_pylist()] == ROWS
    lines = path.read_text().splitlines()
    assert [lines[refused.line - 1] for part in parts for refused in part.refused] == ["2;-"]


def test_columns_between_which_several_characters_stand(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text('a::b\n1::x:y\n2::"p::q"\n3::\n4:::\n5::x::y\n')
    (part,) = read_parts(path, ["a", "b"])
    assert part.table.to_pylist() == [
        {"a": "1", "b": "x:y"}, {"a": "2", "b": "p::q"}, {"a": "3", "b": None}, {"a": "4", "b": ":"},
    ]  # fmt: skip
    assert [refused[:3] for refused in part.refused] == [(6, "3 columns instead of 2", "5::x::y")]


def test_a_separator_at_the_edge_of_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.txt"
    path.write_text("a::b\n" + "".join(f"{n}::x{n}\n" for n in range(500)))
    for size in (1, 2, 3, 7):
        monkeypatch.setattr("graphrec.loaders.tabular.opening.CHUNK", size)
        assert rows(path, ["a", "b"]) == [{"a": str(n), "b": f"x{n}"} for n in range(500)]


def test_a_stand_in_that_is_in_the_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("a::b\n1::x\x1fy\n")
    with pytest.raises(DataError, match="x1f"):
        rows(path, ["a"])


def test_blanks_after_separators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "t.csv"
    path.write_text('a, b, c\n1, x y, 3\n2, "p, ""q""", 4\n')
    assert rows(path, ["a", "b"]) == [{"a": "1", "b": "x y"}, {"a": "2", "b": 'p, "q"'}]
    path.write_text("a, b\n1, x y\n2,z\n")
    caplog.clear()
    assert rows(path, ["a", "b"]) == [{"a": "1", "b": "x y"}, {"a": "2", "b": "z"}]
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: blanks after the separator are left out of 1 values"
    ]
    path.write_text("a,b\n1, x\n")
    assert rows(path, ["a", "b"]) == [{"a": "1", "b": " x"}], "the header shows none: it may be meant"


def test_a_decimal_comma_only_where_no_comma_separates(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "t.csv"
    path.write_text("a;b\n3,5;3,5\n-,25;1.234,5\n7;x,y\n")
    (part,) = read_parts(path, ["a", "b"], numbers=["a"])
    assert part.table.to_pylist() == [
        {"a": "3.5", "b": "3,5"}, {"a": "-.25", "b": "1.234,5"}, {"a": "7", "b": "x,y"},
    ]  # fmt: skip
    assert "in a the comma of 2 numbers is a decimal one" in caplog.text
    path.write_text('a,b\n"3,500",1\n')
    (part,) = read_parts(path, ["a"], numbers=["a"])
    assert part.table["a"].to_pylist() == ["3,500"], "thousands, or a decimal comma: nobody knows"


MISQUOTED = {
    "never closed": 'id\ttitle\n1\t"weird\n2\tAlien\n3\tRan\n',
    "closed in a later row": 'id\ttitle\n1\tM\n2\t"Heat\n3\tBrazil\n4\tIkiru"\n5\tRan\n',
    "closed before the value ends": 'id\ttitle\n1\t"weird al" medley\n2\tAlien\n',
    "another begins": 'id\ttitle\n1\t"lol what\n2\tx\n3\t"second\n4\tlast\n',
}


@pytest.mark.parametrize("text", MISQUOTED.values(), ids=MISQUOTED)
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_marks_that_enclose_no_value_are_text(
    tmp_path: Path, text: str, chunk: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.loaders.tabular.opening.CHUNK", chunk)
    path = tmp_path / "t.tsv"
    path.write_text(text)
    assert rows(path, ["id", "title"]) == [
        dict(zip(("id", "title"), line.split("\t"), strict=True)) for line in text.splitlines()[1:]
    ]
    broken = next(n for n, line in enumerate(text.splitlines(), 1) if '"' in line)
    assert f"line {broken}: a quotation mark is" in caplog.text
    assert "--quoting quoted" in caplog.text


@pytest.mark.parametrize("first", ['1\t"a\tb"', '1\t"say ""hi"""', '1\t"two\nlines"'])
def test_a_mark_that_is_not_closed_where_others_enclose_values(tmp_path: Path, first: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f'id\ttitle\n{first}\n2\tx\n3\t"y\n4\tz\n')
    line = 4 + first.count("\n")
    with pytest.raises(
        DataError, match=f"line {line}: a quotation mark is not closed, though others enclose"
    ):
        rows(path, ["id"])


def test_enclosed_values_stay_what_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.csv"
    text = 'a,b\n1,"x, y"\n2,"two\nlines"\n3,"say ""hi"""\n4,5" disk\n5,""\n"6","z"\n'
    path.write_text(text)
    values = ["x, y", "two\nlines", 'say "hi"', '5" disk', None, "z"]
    assert [row["b"] for row in rows(path, ["a", "b"])] == values
    assert not caplog.records
    as_text = rows(path, ["1"], header=False, quoting=Quoting.NONE, delimiter="\t")
    assert [row["1"] for row in as_text] == text.splitlines()


def test_lines_of_prose_are_no_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text\n1,"well\nyes, indeed"\n2,x\n')
    assert rows(path, ["id", "text"]) == [{"id": "1", "text": "well\nyes, indeed"}, {"id": "2", "text": "x"}]
    assert not caplog.records


def test_enclosed_values_over_the_edge_of_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f'{n},"{n}, ""q""\nand more"\n' for n in range(100)))
    for size in (1, 5, 64):
        monkeypatch.setattr("graphrec.loaders.tabular.opening.CHUNK", size)
        assert rows(path, ["a", "b"]) == [{"a": str(n), "b": f'{n}, "q"\nand more'} for n in range(100)]
    assert not caplog.records


def test_the_header_again(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\na,b\n2,y\n3\na , b\na,y\n")
    (part,) = read_parts(path, ["a", "b"])
    assert part.table.to_pylist() == [*ROWS, {"a": "a", "b": "y"}]
    assert [refused.line for refused in part.refused] == [3, 5, 6]
    assert "the header again" in part.refused[0].reason
    assert part.lines.tolist() == [2, 4, 7]
    assert len(rows(path, ["1"], header=False, delimiter=";")) == 7


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,a\n1,x,2\n")
    with pytest.raises(DataError, match=r"two columns are called 'a', the 1\. and the 3\."):
        rows(path, ["a"])
    assert rows(path, ["b"]) == [{"b": "x"}]
    pq.write_table(pa.Table.from_arrays([pa.array(["1"])] * 3, ["a", "b", "a"]), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="two columns are called 'a'"):
        rows(tmp_path / "t.parquet", ["a"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le-bom", "utf-16-be-bom"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    text = "a,b\n1,Zürich\n2,🎬\n"
    name = encoding.removesuffix("-bom")
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(name, b"")
    path = tmp_path / "t.csv"
    path.write_bytes(mark + text.encode(name))
    assert rows(path, ["a", "b"]) == [{"a": "1", "b": "Zürich"}, {"a": "2", "b": "🎬"}]


def test_utf_16_without_a_mark_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("a,b\n" + "1,x\n" * 20).encode("utf-16-le"))
    with pytest.raises(DataError, match="not utf-8 text; it looks like --encoding utf-16-le"):
        rows(path, ["a"])
    assert len(rows(path, ["a"], encoding="utf-16-le")) == 20


def packed(path: Path, text: bytes) -> None:
    """Write ``text`` as the path's suffix says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/._t.tsv", b"-")
            archive.writestr("folder/t.tsv", text)
    elif path.suffix == ".zst":
        with pa.output_stream(str(path), compression="zstd") as file:
            file.write(text)
    else:
        path.write_bytes({".gz": gzip, ".bz2": bz2}[path.suffix].compress(text))


@pytest.mark.parametrize("name", ["t.tsv.gz", "t.tsv.bz2", "t.tsv.zst", "t.zip", "t.tsv.zip"])
def test_packed_files(tmp_path: Path, name: str) -> None:
    packed(tmp_path / name, b"a\tc\tb\n1\t-\tx\n2\t-\ty\n")
    assert rows(tmp_path / name, ["a", "b"]) == ROWS
    assert column_names(tmp_path / name) == ["a", "c", "b"]
    packed(tmp_path / name, "a\tc\tb\n1\t-\tx\n2\t-\ty\n".encode("utf-16"))
    assert rows(tmp_path / name, ["a", "b"]) == ROWS
    (tmp_path / "other.csv").write_bytes((tmp_path / name).read_bytes())
    assert rows(tmp_path / "other.csv", ["a", "b"]) == ROWS, "whatever it is called"
    whole = (tmp_path / name).read_bytes()
    for size in (len(whole) // 2, len(whole) - 5):
        (tmp_path / name).write_bytes(whole[:size])
        with pytest.raises(DataError, match=re.escape(name)):
            rows(tmp_path / name, ["a", "b"])


def test_an_archive_of_several_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "a\n1\n")
    with pytest.raises(DataError, match="2 files are packed in it and not one"):
        rows(tmp_path / "t.zip", ["a"])


NO_TABLES = {
    "an XML file": b'<?xml version="1.0" encoding="UTF-8"?><i><d p="677.276,1">secret</d></i>',
    "an HTML page": b"<!DOCTYPE html>\n<html><body>secret</body></html>",
    "XML or HTML": b"<osm version='1'><node id='secret'/></osm>",
    "JSON and no table": b'[{"user": "secret", "item": 1}]',
    "JSON and": b'{"user": "secret"}\n{"user": "b"}\n',
    "a SQLite database": b"SQLite format 3\0 secret",
    "a PDF": b"%PDF-1.4 secret",
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 secret",
    "holds zero bytes": b"a,b\n1,\0\n\1\2\0\0\n",
}


@pytest.mark.parametrize("said", NO_TABLES)
@pytest.mark.parametrize("header", [True, False])
def test_what_is_no_table_is_told_in_a_line(tmp_path: Path, said: str, header: bool) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(NO_TABLES[said])
    with pytest.raises(DataError, match=rf"t\.csv: .*{said}") as caught:
        rows(path, ["1"], header=header)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv", "t.zip"])
def test_an_excel_workbook(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match="an Excel workbook; save the sheet as CSV"):
        rows(tmp_path / name, ["a"])


TEXTS = {
    "string_view": pa.array(["x", None], pa.string_view()),
    "large_string": pa.array(["x", None], pa.large_string()),
    "binary": pa.array([b"x", None]),
    "large_binary": pa.array([b"x", None], pa.large_binary()),
    "fixed": pa.array([b"x", None], pa.binary(1)),
    "dictionary": pa.array(["x", None]).dictionary_encode(),
    "dictionary_of_large": pa.array(["x", None], pa.large_string()).dictionary_encode(),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather", ".arrows"])
def test_every_type_of_text(tmp_path: Path, kind: str, suffix: str) -> None:
    path, table = tmp_path / f"t{suffix}", pa.table({"b": [1, 2], "a": TEXTS[kind]})
    if suffix == ".parquet":
        pq.write_table(table, path)
    elif suffix == ".feather":
        feather.write_feather(table, path, compression="zstd")
    else:
        path = path.with_suffix(".arrow")
        make = pa.ipc.new_file if suffix == ".arrow" else pa.ipc.new_stream
        with make(path, table.schema) as writer:
            writer.write_table(table)
    (part,) = read_parts(path, ["a", "b"])
    assert part.table.to_pylist() == [{"a": "x", "b": 1}, {"a": None, "b": 2}]
    assert part.table["a"].type == pa.string()
    assert column_names(path) == ["b", "a"]


NESTED = {
    "list": pa.array([[1]]),
    "struct": pa.array([{"x": 1}]),
    "map": pa.array([[("x", 1)]], pa.map_(pa.string(), pa.int64())),
    "time32": pa.array([1], pa.time32("s")),
    "duration": pa.array([1], pa.duration("s")),
}


@pytest.mark.parametrize("kind", NESTED)
def test_types_that_are_neither_text_nor_numbers(tmp_path: Path, kind: str) -> None:
    pq.write_table(pa.table({"a": NESTED[kind], "b": ["x"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=rf"t\.parquet: column 'a' holds {kind}"):
        rows(tmp_path / "t.parquet", ["a"])
    assert rows(tmp_path / "t.parquet", ["b"]) == [{"b": "x"}]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [b"\xff"]}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="column 'a' holds bytes that are no UTF-8 text"):
        rows(tmp_path / "t.parquet", ["a"])


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        (["event=like"], [2, 5]),
        (["event=like", "event=share"], [2, 4, 5]),
        (["event!=like"], [3, 4, 6]),
        (["event="], [6]),
        (["stars>=4"], [2, 4]),
        (["stars>3.5", "event=like"], [2]),
        (["stars=4"], [2]),
        (["stars<4"], [3]),
        (["stars!=4"], [3, 4, 5, 6]),
        (["day>=2021-02-01"], [3, 4, 5]),
        (["event==nothing"], []),
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_rows_that_are_wanted(tmp_path: Path, conditions: list[str], kept: list[int], typed: bool) -> None:
    text = (
        "id,event,stars,day\n2,like,4.0,2021-01-31\n3,view,3,2021-02-01\n4, share,5,2021-02-02\n"
        "5,like,,2022-01-01\n6,,x,\n"
    )
    path = tmp_path / "t.csv"
    path.write_text(text)
    if typed:
        stars = pa.array([4.0, 3.0, 5.0, None, None])
        table = pacsv.read_csv(path)
        path = tmp_path / "t.parquet"
        pq.write_table(table.set_column(2, "stars", stars), path)
    (part,) = read_parts(path, ["id"], rows=conditions)
    assert [int(row["id"]) for row in part.table.to_pylist()] == kept
    assert (part.lines + typed).tolist() == kept
    assert sorted([*part.lines, *part.left_out]) == [n - typed for n in range(2, 7)]


def test_conditions_that_cannot_be_meant(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,event\n1,like\n")
    with pytest.raises(UsageError, match="--rows 'event' is no condition"):
        list(read_parts(tmp_path / "t.csv", ["id"], rows=["event"]))
    with pytest.raises(DataError, match="no column named 'evnt'; did you mean 'event'"):
        list(read_parts(tmp_path / "t.csv", ["id"], rows=["evnt=like"]))


def test_a_zero_byte_within_a_text_stays(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(b"user,text\nu," + b"words " * 10 + b"x\x07\x00y\n")
    (part,) = read_parts(path, ["user", "text"])
    assert part.table["text"].to_pylist() == ["words " * 10 + "x\x07\x00y"]
