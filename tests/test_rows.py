"""The door: what is converted, refused, repeated or contradictory."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

from graphrec import schema
from graphrec.errors import DataError
from graphrec.rows import Checked, check
from graphrec.schema import Property

RATED = schema.relationship("RATED").properties
ITEM = schema.label("Item").properties


def rated(**columns: list[object]) -> Checked:
    return check(pa.table({name: pa.array(v) for name, v in columns.items()}), ["from", "to"], RATED)


def test_text_becomes_the_schema_types() -> None:
    found = rated(**{"from": ["1"], "to": ["2"], "rating": [" 3.5 "], "at": ["17"]})
    assert found.table.to_pylist() == [{"from": "1", "to": "2", "rating": 3.5, "at": 17}]
    assert found.table.schema.field("at").type == pa.int64()
    assert (found.refused, found.repeated) == ([], 0)


def test_typed_columns_become_the_schema_types() -> None:
    found = rated(**{"from": [1], "to": [2], "rating": [3], "at": [4.0]})
    assert found.table.to_pylist() == [{"from": "1", "to": "2", "rating": 3.0, "at": 4}]


def test_dates_become_epoch_milliseconds() -> None:
    when = datetime.datetime(1970, 1, 2, 0, 0, 0, 1234, tzinfo=datetime.UTC)
    for unit in ("s", "ms", "us", "ns"):
        column = pa.chunked_array(
            [pa.array([when], pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"), safe=False)]
        )
        table = pa.table({"from": ["u"], "to": ["i"], "at": column})
        assert check(table, ["from", "to"], RATED).table["at"].to_pylist() == [86_400_000 + (unit != "s")]


@pytest.mark.parametrize("value", ["good", "4,5", "nan", "inf", "-Infinity", "1e999", "0x1", "--", "٣"])
def test_a_rating_that_is_no_number_is_named(value: str) -> None:
    found = rated(**{"from": ["a", "b", "c"], "to": ["x", "x", "x"], "rating": ["1", value, "3"]})
    assert [row for row, _ in found.refused] == [1]
    assert "is not a number" in found.refused[0][1]
    assert repr(value) in found.refused[0][1] or "rating" in found.refused[0][1]
    assert found.table["from"].to_pylist() == ["a", "c"]


@pytest.mark.parametrize("value", ["1.5", "2024-13-01", "9223372036854775808"])
def test_a_time_that_is_none_is_named(value: str) -> None:
    found = rated(**{"from": ["a"], "to": ["x"], "at": [value]})
    assert found.refused == [
        (0, f"at {value!r} is not a time: a whole number, or a date such as 2021-03-04T10:00:00Z")
    ]


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.date32(), pa.date64()])
def test_typed_times_become_milliseconds(kind: pa.DataType) -> None:
    found = rated(**{"from": ["a"], "to": ["x"], "at": pa.array([datetime.datetime(2021, 3, 4)]).cast(kind)})
    assert found.table["at"].to_pylist() == [1_614_816_000_000]


def test_bad_values_are_found_among_many() -> None:
    ratings = [str(n % 5) for n in range(10_000)]
    bad = [0, 17, 4_999, 9_999]
    for row in bad:
        ratings[row] = "x"
    found = rated(**{"from": [str(n) for n in range(10_000)], "to": ["x"] * 10_000, "rating": ratings})
    assert [row for row, _ in found.refused] == bad
    assert found.table.num_rows == 9_996
    assert found.table["rating"].null_count == 0


def test_missing_values_are_kept_as_null() -> None:
    found = rated(**{"from": ["a"], "to": ["x"], "rating": pa.array([None], pa.string())})
    assert found.refused == []
    assert found.table["rating"].to_pylist() == [None]


def test_empty_keys_are_refused() -> None:
    found = rated(**{"from": ["a", "", None], "to": ["", "x", "x"], "rating": ["1", "1", "1"]})
    assert [(row, reason) for row, reason in found.refused] == [
        (0, "to is empty"), (1, "from is empty"), (2, "from is empty"),
    ]  # fmt: skip
    assert found.table.num_rows == 0


def test_repeats_are_counted_and_kept_once() -> None:
    found = rated(
        **{"from": ["a", "a", "b", "a"], "to": ["x", "x", "x", "x"], "rating": ["1", "1.0", "1", " 1"]}
    )
    assert found.repeated == 2
    assert found.refused == []
    assert found.table["from"].to_pylist() == ["a", "b"]


def test_contradictions_without_time_refuse_the_later_row() -> None:
    found = rated(**{"from": ["a", "b", "a"], "to": ["x", "x", "x"], "rating": ["1", "2", "3"]})
    assert found.refused == [(2, "contradicts another row with the same from and to")]
    assert found.table["rating"].to_pylist() == [1.0, 2.0]


def test_the_newest_of_several_times_is_kept() -> None:
    found = rated(**{"from": ["a"] * 4, "to": ["x"] * 4, "rating": [1, 2, 3, 4], "at": [5, 9, None, 7]})
    assert found.table.to_pylist() == [{"from": "a", "to": "x", "rating": 2.0, "at": 9}]
    assert (found.refused, found.repeated) == ([], 3)


def test_contradictions_of_one_time_are_refused() -> None:
    found = rated(**{"from": ["a", "a"], "to": ["x", "x"], "rating": [1, 2], "at": [5, 5]})
    assert [row for row, _ in found.refused] == [1]
    assert found.table["rating"].to_pylist() == [1.0]


def test_a_null_contradicts_nothing() -> None:
    table = pa.table({"id": ["a", "a"], "title": ["T", None], "year": ["1999", "1999"]})
    found = check(table, ["id"], ITEM)
    assert (found.refused, found.repeated) == ([], 1)
    assert found.table.to_pylist() == [{"id": "a", "title": "T", "year": 1999}]


def test_keys_of_two_columns_do_not_run_together() -> None:
    rng = np.random.default_rng(0)
    pairs = {(str(a), str(b)) for a, b in rng.integers(0, 200, (3000, 2))}
    ends = sorted(pairs) * 2
    found = rated(**{"from": [a for a, _ in ends], "to": [b for _, b in ends]})
    assert found.table.num_rows == len(pairs)
    assert found.repeated == len(pairs)
    assert set(zip(found.table["from"].to_pylist(), found.table["to"].to_pylist(), strict=True)) == pairs


def test_a_column_the_schema_does_not_know() -> None:
    with pytest.raises(DataError, match="'stars' is no property"):
        rated(**{"from": ["a"], "to": ["x"], "stars": [1]})


@pytest.mark.parametrize(("name", "values"), [("from", [["a"]]), ("rating", [[1.0]]), ("rating", [{"v": 1}])])
def test_a_column_that_cannot_be_converted(name: str, values: list[object]) -> None:
    with pytest.raises(DataError, match=f"'{name}' holds"):
        rated(**({"from": ["a"], "to": ["x"]} | {name: values}))


def test_no_rows() -> None:
    found = rated(
        **{
            "from": pa.array([], pa.string()),
            "to": pa.array([], pa.string()),
            "rating": pa.array([], pa.string()),
        }
    )
    assert (found.table.num_rows, found.refused, found.repeated) == (0, [], 0)


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (pa.array([1, 2**63 - 1]), ["1", "9223372036854775807"]),
        (pa.array([2**64 - 1, 7], pa.uint64()), ["18446744073709551615", "7"]),
        (pa.array([1.0, 2.0**53]), ["1", "9007199254740992"]),
        (
            pa.array([decimal.Decimal("5.00"), decimal.Decimal("12345678901234567890.00")]),
            ["5", "12345678901234567890"],
        ),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([" a", "b c\t"]), ["a", "b c"]),
        (pa.array(["Cafe\u0301", "x"]), ["Caf\u00e9", "x"]),
    ],
)
def test_ids_of_any_type(values: pa.Array, ids: list[str]) -> None:
    found = check(pa.table({"id": values}), ["id"], ITEM)
    assert found.table["id"].to_pylist() == ids
    assert found.refused == []


@pytest.mark.parametrize("value", [1.5, 2.0**53 + 2, -1e300, float("inf")])
def test_ids_that_have_lost_digits(value: float) -> None:
    found = check(pa.table({"id": [1.0, value, None, float("nan")]}), ["id"], ITEM)
    assert found.table["id"].to_pylist() == ["1"]
    assert [row for row, _ in found.refused] == [1, 2, 3]
    assert f"id {value!r} is no id: as a number" in found.refused[0][1]
    assert found.refused[1][1] == found.refused[2][1] == "id is empty"


def test_what_is_mended_in_ids_is_counted() -> None:
    found = rated(**{"from": [" a", "b", "   "], "to": ["x ", "e\u0301", "y"]})
    assert (found.trimmed, found.composed) == (3, 1)
    assert found.table.to_pylist() == [{"from": "a", "to": "x"}, {"from": "b", "to": "\u00e9"}]
    assert found.refused == [(2, "from is empty")]
    sliced = pa.table({"id": pa.array([" no", "a", "b", "no "])}).slice(1, 2)
    assert check(sliced, ["id"], ITEM).table["id"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            1593898787882000,
            "would be in the year 52478; divided by 1,000 it is 2020-07-04: --time-unit us, or ms where",
        ),
        (1593898787882000000, "divided by 1,000,000 it is 2020-07-04: --time-unit ns"),
        (1593898787, "would be in the year 1970; as seconds it is 2020-07-04: --time-unit s"),
        (20200705, "would be in the year 1970; it looks like the digits of a date: --time-unit yyyymmdd"),
        (20200705000, "it looks like the digits of a date"),
        (20200705123000, "it looks like the digits of a date"),
        (-62135596800000, "is less than 0, which is before 1970; a date so early is written as 1969-12-31"),
        (-5, "is less than 0"),
        (10**18 * 9, "times are expected between 1900 and 2100"),
    ],
)
@pytest.mark.parametrize("kind", [str, int])
def test_times_that_cannot_be_are_refused_with_the_unit_they_look_like(
    value: int, said: str, kind: type[str | int]
) -> None:
    found = rated(**{"from": ["a"], "to": ["x"], "at": [kind(value)]})
    assert found.table.num_rows == 0
    assert said in found.refused[0][1]
    assert str(value) in found.refused[0][1]


@pytest.mark.parametrize(
    "values", [[0, 7, 1_600_000_000_000], [1, 2, 3], [20200705, 99], [0, 4_000_000_000_000], [None, None]]
)
def test_likely_times_and_mere_numbers_of_order_are_kept(values: list[int | None]) -> None:
    n = len(values)
    found = rated(**{"from": ["a"] * n, "to": [str(i) for i in range(n)], "at": pa.array(values, pa.int64())})
    assert found.refused == []
    assert found.table["at"].to_pylist() == values


def test_only_the_times_that_cannot_be_are_refused() -> None:
    at = ["1600000000000", "99999999999999999", "soon", "0"]
    found = rated(**{"from": ["a"] * 4, "to": list("wxyz"), "at": at})
    assert found.table["to"].to_pylist() == ["w", "z"]
    assert [row for row, _ in found.refused] == [1, 2]
    seconds_among = rated(**{"from": ["a"] * 2, "to": list("wx"), "at": ["1600000000", "0"]})
    assert seconds_among.table["to"].to_pylist() == ["x"]


def test_dates_of_1970_are_dates() -> None:
    at = pa.array([datetime.datetime(1970, 2, 1)], pa.timestamp("us"))
    assert rated(**{"from": ["a"], "to": ["x"], "at": at}).table["at"].to_pylist() == [2_678_400_000]
    assert rated(**{"from": ["a"], "to": ["x"], "at": ["1970-02-01"]}).refused == []


@pytest.mark.parametrize("kind", [pa.time64("us"), pa.duration("s"), pa.time32("ms")])
def test_a_time_of_day_is_no_time(kind: pa.DataType) -> None:
    with pytest.raises(DataError, match="column 'at' holds"):
        rated(**{"from": ["a"], "to": ["x"], "at": pa.array([5], kind)})


def test_a_date_is_no_year() -> None:
    table = pa.table({"id": ["a"], "year": pa.array([datetime.date(1999, 1, 1)])})
    with pytest.raises(DataError, match="column 'year' holds date32"):
        check(table, ["id"], ITEM)


def test_a_date_before_1970_is_one_and_a_number_is_none() -> None:
    found = rated(**{"from": ["a", "b", "c"], "to": ["x"] * 3, "at": ["1969-12-31", "1899-12-31", "-86400000"]})
    assert found.table["at"].to_pylist() == [-86_400_000]
    assert [reason.split(";")[0].split(",")[0] for _, reason in found.refused] == [
        "at '1899-12-31' would be in the year 1899", "at '-86400000' is less than 0",
    ]  # fmt: skip


@pytest.mark.parametrize("type_", ["string", "large_string"])
def test_yes_and_no_are_true_and_false_and_that_is_said(type_: str) -> None:
    words = ["true", "FALSE", " Yes", "no", "Y", "n", "t", "F", "1", "0", None, "maybe"]
    table = pa.table({"id": [str(n) for n in range(12)], "vip": pa.array(words, getattr(pa, type_)())})
    found = check(table, ["id"], [Property("vip", "bool")])
    assert found.table["vip"].to_pylist() == [True, False] * 5 + [None]
    assert [row for row, _ in found.refused] == [11]
    assert found.assumed == ("vip: yes, y, t and 1 are read as true; no, n, f and 0 as false",)
    plain = check(table.slice(0, 2), ["id"], [Property("vip", "bool")])
    assert plain.assumed == ()


def test_numbers_other_than_0_and_1_are_no_truth() -> None:
    for values in ([0, 1, 2], [0.0, 1.0, 0.5]):
        found = check(pa.table({"id": ["a", "b", "c"], "vip": values}), ["id"], [Property("vip", "bool")])
        assert found.table["vip"].to_pylist() == [False, True]
        assert [row for row, _ in found.refused] == [2]


def test_a_comma_within_a_number_is_told_with_its_cure() -> None:
    found = rated(**{"from": ["a"], "to": ["x"], "at": ["1701000000,0"]})
    assert "a comma is a decimal one only where something else separates the columns: write 1701000000.0" in (
        found.refused[0][1]
    )
