"""Tables on disk: formats, separators, blocks, and files that are none."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.errors import DataError
from graphrec.loaders.tabular import Part, read_parts

ROWS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def rows(path: Path, columns: list[str], **options: Any) -> list[dict[str, Any]]:
    return [row for part in read_parts(path, columns, **options) for row in part.table.to_pylist()]


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
    monkeypatch.setattr("graphrec.loaders.tabular.BLOCK_BYTES", 1000)
    path = tmp_path / "t.csv"
    lines = [f"{n},x" for n in range(2000)]
    lines[1500] = "1500"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    parts: list[Part] = list(read_parts(path, ["a"]))
    assert len(parts) > 10
    assert [refused for part in parts for refused in part.refused] == [
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


@pytest.mark.parametrize(("character", "name"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_another_delimiter_is_suggested(tmp_path: Path, character: str, name: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a{character}b\n1{character}2\n")
    with pytest.raises(DataError, match=re.escape(f"try --delimiter {name}")):
        rows(path, ["a"])
    assert rows(path, ["a"], delimiter=name.strip("'")) == [{"a": "1"}]
