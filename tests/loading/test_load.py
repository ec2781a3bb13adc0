"""The verb load: what is counted, refused and rolled back, with every bad input that files bring."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphrec.errors import BadRows, ConfigError, DataError, GraphrecError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.loaders.table import TableLoader, TableOptions, TimeUnit
from graphrec.loading.blocks import Block, FeatureBlock, NodeBlock
from graphrec.loading.load import load
from graphrec.loading.loader import Options
from graphrec.loading.report import LoadReport
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import nodes, stored_edges, stored_nodes
from graphrec.workspace import Workspace

RATINGS = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating", "at:time"])
UNTIMED = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating"])
SPANS = TableOptions(
    rels="HIGHLIGHTED", from_="User:user", to="Item:video", interval="start:end", property=["at"]
)
GOOD = "user,item,rating,time\nu,i,3.5,10\nu,j,4,11\nv,i,5,12\n"

Load = Callable[..., LoadReport]


@pytest.fixture(params=["memory", "ladybug"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with closing(LadybugStore(Workspace(tmp_path / "workspace"), write=True)) as store:
        yield store


@pytest.fixture
def loaded(store: GraphStore, tmp_path: Path) -> Load:
    """Write texts to files and load them into ``store``."""

    def run(
        *texts: str | bytes, options: TableOptions = RATINGS, dry: bool = False, **more: Any
    ) -> LoadReport:
        paths = [tmp_path / f"{number}.csv" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        workspace = Workspace(tmp_path / "workspace")
        return load(None if dry else store, TableLoader(), paths, options, workspace, dry_run=dry, **more)

    return run


def ratings(store: GraphStore) -> dict[tuple[str, str], tuple[object, ...]]:
    return stored_edges(store, "RATED", "User", "Item", "rating", "at")


def tally(report: LoadReport, name: str) -> tuple[int, ...]:
    found = report.tallies[name]
    return found.read, found.created, found.updated, found.unchanged, found.rejected


def test_rows_are_stored_and_counted(loaded: Load, store: GraphStore) -> None:
    report = loaded(GOOD)
    assert tally(report, "RATED") == (3, 3, 0, 0, 0)
    assert tally(report, "User") == tally(report, "Item") == (2, 2, 0, 0, 0)
    assert ratings(store) == {("u", "i"): (3.5, 10), ("u", "j"): (4.0, 11), ("v", "i"): (5.0, 12)}
    assert report.rejects is None
    assert report.seconds > 0


def test_loading_twice_changes_nothing(loaded: Load, store: GraphStore) -> None:
    loaded(GOOD)
    before = ratings(store), store.versions(["User", "Item", "RATED"])
    report = loaded(GOOD)
    assert tally(report, "RATED") == (3, 0, 0, 3, 0)
    assert list(report.tallies) == ["RATED"]
    assert (ratings(store), store.versions(["User", "Item", "RATED"])) == before


def test_later_rows_update(loaded: Load, store: GraphStore) -> None:
    loaded(GOOD)
    report = loaded("user,item,rating,time\nu,i,1,99\nu,j,1,1\nw,i,2,\n")
    assert tally(report, "RATED") == (3, 1, 1, 1, 0)
    assert ratings(store)["u", "i"] == (1.0, 99)
    assert ratings(store)["u", "j"] == (4.0, 11)
    assert ratings(store)["w", "i"] == (2.0, None)


def test_repeated_rows_count_as_unchanged(loaded: Load) -> None:
    assert tally(loaded(GOOD + "u,i,3.5,10\n"), "RATED") == (4, 3, 0, 1, 0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("w,i,good,13", "line 5: rating 'good' is not a number"),
        ("w,i,4,yesterday", "line 5: time 'yesterday' is not a time: a whole number, or a date"),
        (",i,4,13", "line 5: user is empty"),
        ("user,item,rating,time", "line 5: the header again"),
        ("w,i,4", "line 5: 3 columns instead of 4"),
        ("w,i,4,13,extra", "line 5: 5 columns instead of 4"),
        ("u,i,1,10", "line 5: contradicts another row with the same user and item"),
    ],
)
def test_a_bad_row_stops_its_file_or_is_kept_apart(
    loaded: Load, store: GraphStore, row: str, said: str, tmp_path: Path
) -> None:
    text = GOOD + row + "\nx,i,2,14\n"
    with pytest.raises(BadRows, match=said) as caught:
        loaded(text)
    assert str(tmp_path / "0.csv") in str(caught.value)
    assert "--on-bad-row skip" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not any(store.counts().values())
    assert not (tmp_path / "workspace" / "rejects").exists()
    report = loaded(text, on_bad_row="skip")
    assert tally(report, "RATED") == (5, 4, 0, 0, 1)
    assert ("x", "i") in ratings(store)
    assert report.rejects is not None
    with report.rejects.open(newline="", encoding="utf-8") as file:
        (rejected,) = csv.DictReader(file)
    assert (rejected["source"], rejected["line"]) == (str(tmp_path / "0.csv"), "5")
    assert said.removeprefix("line 5: ") in rejected["reason"]
    whole = rejected["text"] or ",".join(rejected[name] for name in ("user", "item", "rating", "time"))
    assert whole == row


def test_rows_after_a_ragged_one_keep_their_line(loaded: Load) -> None:
    with pytest.raises(BadRows) as caught:
        loaded("user,item,rating,time\nu,i,1\nu,j,bad,1\nu\nu,k,worse,1\n")
    assert [line for line, _ in caught.value.reasons] == [2, 3, 4, 5]


def test_rejects_can_be_mended_and_loaded(loaded: Load, store: GraphStore) -> None:
    bad = "user,item,rating,time\nw,i\nw,j,good,13\n,k,1,2\n"
    first = loaded(bad, GOOD + "z,i,x,13\n", on_bad_row="skip")
    assert first.rejects is not None
    text = first.rejects.read_text(encoding="utf-8")
    assert [line.split(",")[1:3] for line in text.splitlines()[1:]] == [
        ["2", "2 columns instead of 4"], ["3", "rating 'good' is not a number"], ["4", "user is empty"],
        ["5", "rating 'x' is not a number"],
    ]  # fmt: skip
    assert text.splitlines()[0] == "source,line,reason,user,item,rating,time,text"
    mended = text.replace(",good,", ",4,").replace(",x,", ",5,")
    again = loaded(mended, on_bad_row="skip")
    assert tally(again, "RATED") == (4, 2, 0, 0, 2)
    assert ratings(store)["w", "j"] == (4.0, 13)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2021-03-04", 1_614_816_000_000),
        ("2021-03-04 10:00:00", 1_614_852_000_000),
        ("2021-03-04T10:00:00.250Z", 1_614_852_000_250),
        ("2021-03-04T12:00:00+02:00", 1_614_852_000_000),
        ("1614852000000", 1_614_852_000_000),
    ],
)
def test_times_are_milliseconds_or_dates(loaded: Load, store: GraphStore, text: str, at: int) -> None:
    loaded(f"user,item,rating,time\nu,i,1,{text}\nu,j,1,7\nu,k,1,\n")
    assert {key[1]: row[1] for key, row in ratings(store).items()} == {"i": at, "j": 7, "k": None}


def test_many_bad_rows_are_counted_not_listed(loaded: Load) -> None:
    with pytest.raises(BadRows, match=r"line 4: .*\(and 97 more\)") as caught:
        loaded("user,item,rating,time\n" + "".join(f"u,{n},x,1\n" for n in range(100)))
    assert caught.value.total == 100


def test_files_before_the_bad_one_stay(loaded: Load, store: GraphStore) -> None:
    with pytest.raises(BadRows, match=r"1\.csv"):
        loaded(GOOD, "user,item,rating,time\nw,k,1,1\nw,i,x,1\n", GOOD)
    assert len(ratings(store)) == 3
    assert store.counts()["User"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the file is empty"),
        (b"user,item,rating,time\n", "no rows"),
        (b"user,item,rating,time", "no rows"),
        (b"\n\n\n", "no column named 'user'"),
        (b"user,item,ratin,time\nu,i,1,1\n", "no column named 'rating'; did you mean 'ratin'"),
        ("user,item,rating,time\nu,caf\xe9,1,1\n".encode("latin-1"), "not utf-8 text"),
        ("us\xe9r,item,rating,time\nu,i,1,1\n".encode("latin-1"), "not utf-8 text"),
        (
            "user,item,rating,time\nu,i,1,1\n".encode("utf-16-le"),
            "not utf-8 text; it looks like --encoding utf-16-le",
        ),
        (bytes(range(256)) * 10, "csv"),
    ],
)
def test_a_file_that_cannot_be_read(
    loaded: Load, store: GraphStore, text: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        loaded(GOOD, text)
    assert str(tmp_path / "1.csv") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(ratings(store)) == 3, "the file before it is whole and stays"


def test_a_wrong_encoding_far_into_the_file(loaded: Load, store: GraphStore) -> None:
    rows = b"".join(b"u%d,i,1,1\n" % n for n in range(20_000))
    with pytest.raises(DataError, match="give its encoding with --encoding"):
        loaded(b"user,item,rating,time\n" + rows + b"u,\xff,1,1\n")
    assert not any(store.counts().values())
    latin = RATINGS.model_copy(update={"encoding": "latin-1"})
    assert tally(loaded(b"user,item,rating,time\nu,\xff,1,1\n", options=latin), "RATED")[1] == 1
    assert ("u", "ÿ") in ratings(store)


def test_an_unknown_encoding_or_a_wrong_delimiter(loaded: Load) -> None:
    with pytest.raises(GraphrecError, match="utf-88"):
        loaded(GOOD, options=RATINGS.model_copy(update={"encoding": "utf-88"}))
    with pytest.raises(DataError, match=r"no column named 'user'.* The header has no '::' in it"):
        loaded(GOOD, options=RATINGS.model_copy(update={"delimiter": "::"}))
    with pytest.raises(ConfigError, match="cannot stand between columns"):
        loaded(GOOD, options=RATINGS.model_copy(update={"delimiter": ""}))


def test_a_missing_file(loaded: Load, store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    paths = [tmp_path / "good.csv", tmp_path / "gone.csv"]
    with pytest.raises(DataError, match=r"gone\.csv: no such file"):
        load(store, TableLoader(), paths, RATINGS, Workspace(tmp_path / "workspace"))
    assert len(ratings(store)) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rels": "RATE"}, "did you mean 'RATED'"),
        ({"from_": "Usr:user"}, "did you mean 'User'"),
        ({"property": ["ratin:rating"]}, "did you mean 'rating'"),
        ({"to": "item"}, "two names with a colon"),
        ({"to": None}, "two ends"),
        ({"nodes": "Item:item"}, "say what the rows are"),
        ({"from_": "Item:item", "to": "User:user"}, "does not go from Item to User"),
        ({"interval": "rating:time"}, "--interval goes with"),
    ],
)
def test_options_that_make_no_sense(
    loaded: Load, store: GraphStore, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(GraphrecError, match=said):
        loaded(GOOD, options=RATINGS.model_copy(update=change))
    assert not any(store.counts().values())


def test_dry_run_tells_what_would_be_written(loaded: Load, store: GraphStore, tmp_path: Path) -> None:
    store.initialise()
    report = loaded(GOOD, dry=True)
    assert tally(report, "RATED") == (3, 3, 0, 0, 0)
    assert tally(report, "User") == tally(report, "Item") == (2, 2, 0, 0, 0)
    assert not any(store.counts().values())
    loaded(GOOD)
    before = ratings(store)
    text = "user,item,rating,time\nu,i,1,99\nu,j,4,11\nw,i,2,1\nw,i,2,1\n"
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text("user,item,rating,time\nw,i,3,2\nu,i,1,99\nw,k,,\n")
    paths, workspace = [tmp_path / "a.csv", tmp_path / "b.csv"], Workspace(tmp_path / "workspace")
    planned = load(store, TableLoader(), paths, RATINGS, workspace, dry_run=True)
    assert tally(planned, "RATED") == (7, 2, 2, 3, 0)
    assert ratings(store) == before
    assert load(store, TableLoader(), paths, RATINGS, workspace).tallies == planned.tallies


def test_dry_run_refuses_what_a_load_refuses(loaded: Load, store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(BadRows):
        loaded(GOOD + "w,i,x,1\n", dry=True)
    report = loaded(GOOD + "w,i,x,1\n", dry=True, on_bad_row="skip")
    assert tally(report, "RATED") == (4, 3, 0, 0, 1)
    assert not (tmp_path / "workspace" / "rejects").exists()
    with pytest.raises(GraphrecError, match="does not go from Item to User"):
        loaded(GOOD, options=RATINGS.model_copy(update={"from_": "Item:item", "to": "User:user"}), dry=True)


def test_rejects_of_a_file_before_the_bad_one_are_kept(loaded: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty"):
        loaded(GOOD + "w,i,x,1\n", "", on_bad_row="skip")
    (file,) = (tmp_path / "workspace" / "rejects").iterdir()
    assert "rating 'x' is not a number" in file.read_text()


def test_hostile_ids_and_values(loaded: Load, store: GraphStore) -> None:
    ids = ["o'hara", 'say "x"', "a\nb", "🎬", "x" * 10_000, "'}) DETACH DELETE n //", "a,b"]
    quoted = ['"' + key.replace('"', '""') + '"' for key in ids]
    text = "user,item,rating,time\n" + "".join(f"{key},{key},1,1\n" for key in quoted)
    report = loaded(text)
    assert tally(report, "RATED") == (7, 7, 0, 0, 0)
    assert set(ratings(store)) == {(key, key) for key in ids}
    assert tally(loaded(text), "RATED") == (7, 0, 0, 7, 0)


def test_a_byte_order_mark_and_crlf(loaded: Load, store: GraphStore) -> None:
    loaded(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert ratings(store)["v", "i"] == (5.0, 12)


def test_times_in_seconds(loaded: Load, store: GraphStore) -> None:
    seconds = RATINGS.model_copy(update={"time_unit": TimeUnit.SECONDS})
    text = "user,item,rating,time\nu,a,1,1260759144\nu,b,1, 1260759144.5\nu,c,1,1.23456\nu,d,1,\nu,e,1,7.\n"
    loaded(text, options=seconds)
    assert {item: at for (_, item), (_, at) in ratings(store).items()} == {
        "a": 1_260_759_144_000, "b": 1_260_759_144_500, "c": 1234, "d": None, "e": 7000,
    }  # fmt: skip
    for unit in ("s", "ms", "us", "ns"):
        options = RATINGS.model_copy(update={"time_unit": TimeUnit(unit)})
        with pytest.raises(BadRows, match=f"line 2: time '-{5 * 10**9}' is less than 0, which is before 1970"):
            loaded(f"user,item,rating,time\nu,a,1,-{5 * 10**9}\n", options=options)
    with pytest.raises(BadRows, match="line 2: time 'noon' is not a time"):
        loaded("user,item,rating,time\nu,a,1,noon\n", options=seconds)


@pytest.mark.parametrize("times", [[1.5, None], pa.array([1, None], pa.timestamp("s")), [1, 2]])
def test_times_in_seconds_of_other_types(store: GraphStore, tmp_path: Path, times: Any) -> None:
    path, workspace = tmp_path / "r.parquet", Workspace(tmp_path / "workspace")
    pq.write_table(
        pa.table({"user": ["u", "v"], "item": ["i", "i"], "rating": [1.0, 2.0], "time": times}), path
    )
    load(store, TableLoader(), [path], RATINGS.model_copy(update={"time_unit": TimeUnit.SECONDS}), workspace)
    found = {user: at for (user, _), (_, at) in ratings(store).items()}
    assert found in ({"u": 1500, "v": None}, {"u": 1000, "v": None}, {"u": 1000, "v": 2000})


def test_times_in_another_unit_are_refused(loaded: Load, store: GraphStore) -> None:
    with pytest.raises(
        BadRows, match=r"line 2: time '1260759144' would be in the year 1970; .*--time-unit s"
    ):
        loaded("user,item,rating,time\nu,i,1,1260759144\n")
    assert not any(store.counts().values())
    for unit, text in (("us", "1260759144000123"), ("ns", "1260759144000123456"), ("yyyymmdd", "20091214")):
        loaded(
            f"user,item,rating,time\nu,{unit},1,{text}\n",
            options=RATINGS.model_copy(update={"time_unit": TimeUnit(unit)}),
        )
    assert {key[1]: row[1] for key, row in ratings(store).items()} == {
        "us": 1_260_759_144_000, "ns": 1_260_759_144_000, "yyyymmdd": 1_260_748_800_000,
    }  # fmt: skip


def test_rows_that_nobody_asked_for_are_counted(loaded: Load, store: GraphStore) -> None:
    like = RATINGS.model_copy(update={"rows": ["rating>=4"]})
    report = loaded(GOOD + "w,i,x,1\nw,j,5,1,1\nw,k,4,soon\n", options=like, on_bad_row="skip")
    assert tally(report, "RATED") == (6, 2, 0, 0, 2)
    assert report.tallies["RATED"].left_out == 2
    assert set(ratings(store)) == {("u", "j"), ("v", "i")}
    assert report.rejects is not None
    assert [row.split(",")[1] for row in report.rejects.read_text().splitlines()[1:]] == ["6", "7"]


def test_blanks_and_accents_of_ids_are_said_once(
    loaded: Load, store: GraphStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    loaded("user,item,rating,time\n u ,i,1,1\nv,e\u0301,1,1\nv,\u00e9,1,1\n")
    assert set(ratings(store)) == {("u", "i"), ("v", "\u00e9")}
    assert sorted(record.getMessage().partition(": ")[2] for record in caplog.records) == [
        "blanks around ids are left out, 1 times", "decomposed accents of ids are composed (NFC), 1 times",
    ]  # fmt: skip


def test_ends_that_must_exist(loaded: Load, store: GraphStore) -> None:
    store.initialise()
    store.write_nodes("User", nodes("u", "v"))
    store.write_nodes("Item", nodes("i"))
    with pytest.raises(BadRows, match="line 3: item 'j' is no Item in the graph; nothing of this file"):
        loaded(GOOD, must_exist=True)
    with pytest.raises(BadRows, match="line 2: user 'u' is no User in the graph"):
        loaded(GOOD, must_exist=True, dry=True)
    report = loaded(GOOD + "w,i,1,1\n", must_exist=True, on_bad_row="skip")
    assert tally(report, "RATED") == (4, 2, 0, 0, 2)
    assert (store.counts()["User"], store.counts()["Item"]) == (2, 1)


def test_nodes_with_properties(loaded: Load, store: GraphStore) -> None:
    options = TableOptions(nodes="Item:id", property=["title:name", "year"])
    report = loaded("id,name,year\na,A,1999\nb,,\n", options=options)
    assert tally(report, "Item") == (2, 2, 0, 0, 0)
    assert stored_nodes(store, "Item", "title", "year") == {"a": ("A", 1999), "b": (None, None)}
    report = loaded("id,name,year\na,,2000\nb,B,\n", options=options)
    assert tally(report, "Item") == (2, 0, 2, 0, 0)
    assert stored_nodes(store, "Item", "title", "year") == {"a": ("A", 2000), "b": ("B", None)}


def test_several_blocks_of_one_file(loaded: Load, store: GraphStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphrec.loaders.tabular.text.BLOCK_BYTES", 10_000)
    rng = np.random.default_rng(0)
    pairs = rng.permutation(120 * 90)[:5000]
    rows = [f"u{p // 90},i{p % 90},{p % 9},{p}\n" for p in pairs]
    text = "user,item,rating,time\n" + "".join(rows)
    assert tally(loaded(text), "RATED") == (5000, 5000, 0, 0, 0)
    assert ratings(store) == {(f"u{p // 90}", f"i{p % 90}"): (float(p % 9), p) for p in pairs}
    assert tally(loaded(text), "RATED") == (5000, 0, 0, 5000, 0)
    late = text + "u0,i0,bad,1\n"
    with pytest.raises(BadRows, match="line 5002"):
        loaded(late.replace("user,item,rating,time\n", "user,item,rating,time\n", 1))


def test_a_bad_row_in_a_late_block_leaves_the_store_as_it_was(
    loaded: Load, store: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.loaders.tabular.text.BLOCK_BYTES", 10_000)
    text = "user,item,rating,time\n" + "".join(f"u{n},i{n},1,1\n" for n in range(5000))
    for _ in range(2):
        with pytest.raises(BadRows, match="line 5002"):
            loaded(text + "u,i,bad,1\n")
        assert not any(store.counts().values())
    assert tally(loaded(text), "RATED") == (5000, 5000, 0, 0, 0)
    assert store.counts()["User"] == 5000


@pytest.mark.parametrize("row", ["u7,i7,2\n", "u9,i9,\n", "u7,i7,1\n"])
def test_rows_of_different_blocks_contradict_each_other(
    loaded: Load, store: GraphStore, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr("graphrec.loaders.tabular.text.BLOCK_BYTES", 10_000)
    text = "user,item,rating\n" + "".join(f"u{n},i{n},1\n" for n in range(5000)) + row
    if row.endswith(",2\n"):
        with pytest.raises(
            BadRows, match="line 5002: contradicts an earlier row with the same user and item"
        ):
            loaded(text, options=UNTIMED)
        assert tally(loaded(text, options=UNTIMED, on_bad_row="skip"), "RATED") == (5001, 5000, 0, 0, 1)
    else:
        assert tally(loaded(text, options=UNTIMED), "RATED") == (5001, 5000, 0, 1, 0)
    assert set(ratings(store).values()) == {(1.0, None)}


# Highlights given by start and end


@pytest.fixture
def segmented(store: GraphStore) -> GraphStore:
    """Video w with segments of 5 s: w#0, w#1 and a last one of 2 s, w#2."""
    store.initialise()
    store.write_nodes("Item", nodes("w", "bare"))
    spans = {"start_s": [0.0, 5.0, 10.0], "end_s": [5.0, 10.0, 12.0], "position": [0, 1, 2]}
    store.write_nodes("Segment", nodes("w#0", "w#1", "w#2", **spans))
    ends = pa.table({"from": ["w"] * 3, "to": ["w#0", "w#1", "w#2"]})
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", ends)
    return store


def test_spans_become_segments_by_the_share_covered(loaded: Load, segmented: GraphStore) -> None:
    text = "user,video,start,end,at\nu,w,2.5,12,1\nv,w,2.4,7.5,2\nx,w,7.4,10.9,3\n"
    report = loaded(text, options=SPANS)
    assert tally(report, "HIGHLIGHTED")[1] == 4
    found = stored_edges(segmented, "HIGHLIGHTED", "User", "Segment", "at")
    assert found == {("u", "w#1"): (1,), ("u", "w#2"): (1,), ("v", "w#0"): (2,), ("x", "w#1"): (3,)}
    assert tally(loaded(text, options=SPANS), "HIGHLIGHTED")[3] == 4


def test_spans_that_cover_no_segment_are_counted(
    loaded: Load, segmented: GraphStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    report = loaded("user,video,start,end,at\nu,w,1,2,1\nu,w,4,6,2\nu,w,0,5,3\nu,w,50,60,4\n", options=SPANS)
    told = report.tallies["HIGHLIGHTED"]
    assert (told.read, told.created, told.left_out) == (4, 1, 3)
    assert "3 highlights cover no segment by more than 50 % of it: they are left out" in caplog.text


def test_the_newest_of_overlapping_spans_is_kept(loaded: Load, segmented: GraphStore) -> None:
    loaded("user,video,start,end,at\nu,w,0,5,7\nu,w,0,10,9\nu,w,1,6,8\n", options=SPANS)
    found = stored_edges(segmented, "HIGHLIGHTED", "User", "Segment", "at")
    assert found == {("u", "w#0"): (9,), ("u", "w#1"): (9,)}


def test_the_newest_by_sequence_where_there_is_no_time(loaded: Load, segmented: GraphStore) -> None:
    spans = SPANS.model_copy(update={"property": ["at", "sequence", "split"]})
    text = (
        "user,video,start,end,at,sequence,split\nu,w,0,5,,1,train\nu,w,0,10,,3,test\nu,w,1,6,,2,train\n"
        "v,w,0,5,7,1,train\nv,w,0,10,7,2,test\nx,w,0,5,,,train\nx,w,0,5,,4,test\n"
    )
    report = loaded(text, options=spans)
    found = stored_edges(segmented, "HIGHLIGHTED", "User", "Segment", "at", "sequence", "split")
    assert found == {
        ("u", "w#0"): (None, 3, "test"), ("u", "w#1"): (None, 3, "test"), ("v", "w#0"): (7, 2, "test"),
        ("v", "w#1"): (7, 2, "test"), ("x", "w#0"): (None, 4, "test"),
    }  # fmt: skip
    assert tally(report, "HIGHLIGHTED")[1:] == (5, 0, 4, 0)


def test_equally_new_spans_that_differ_are_refused(loaded: Load, segmented: GraphStore) -> None:
    spans = SPANS.model_copy(update={"property": ["sequence", "split"]})
    text = "user,video,start,end,sequence,split\nu,w,0,10,1,train\nu,w,0,10,1,test\nu,w,0,5,x,test\n"
    with pytest.raises(BadRows, match=r"line 3: contradicts.*line 4: sequence 'x' is not"):
        loaded(text, options=spans)
    assert tally(loaded(text, options=spans, on_bad_row="skip"), "HIGHLIGHTED")[1:] == (2, 0, 0, 2)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("u,gone,0,5,1", "'gone': its video has no segments; load the video first"),
        ("u,bare,0,5,1", "'bare': its video has no segments"),
        ("u,w,5,5,1", "'w': its end is not after its start"),
        ("u,w,,5,1", "'w': its end is not after its start"),
        ("u,w,one,5,1", "start 'one' is not a number"),
        (",w,0,5,1", "user is empty"),
        ("u,w,0,5", "4 columns instead of 5"),
    ],
)
def test_spans_that_cover_nothing_known(loaded: Load, segmented: GraphStore, row: str, said: str) -> None:
    text = "user,video,start,end,at\nv,w,0,5,1\n" + row + "\n"
    with pytest.raises(BadRows, match=f"line 3: .*{said}"):
        loaded(text, options=SPANS)
    assert segmented.counts()["HIGHLIGHTED"] == 0
    report = loaded(text, options=SPANS, on_bad_row="skip")
    assert tally(report, "HIGHLIGHTED") == (2, 1, 0, 0, 1)


def test_dry_run_of_spans_looks_the_videos_up(loaded: Load, segmented: GraphStore, tmp_path: Path) -> None:
    path, workspace = tmp_path / "0.csv", Workspace(tmp_path / "workspace")
    with pytest.raises(DataError, match="need their videos; load those first"):
        loaded("user,video,start,end,at\nu,w,0,10,1\nu,gone,0,5,1\n", options=SPANS, dry=True)
    with pytest.raises(BadRows, match=r"line 3: .*'gone': its video has no segments"):
        load(segmented, TableLoader(), [path], SPANS, workspace, dry_run=True)
    path.write_text("user,video,start,end,at\nu,w,0,10,1\n")
    report = load(segmented, TableLoader(), [path], SPANS, workspace, dry_run=True)
    assert tally(report, "HIGHLIGHTED")[:2] == (2, 2)
    assert segmented.counts()["HIGHLIGHTED"] == segmented.counts()["User"] == 0


def test_a_video_is_not_cut_in_two_ways(store: GraphStore, tmp_path: Path) -> None:
    def segments(*ends: float) -> NodeBlock:
        names = [f"v#{n}" for n in range(len(ends))]
        table = nodes(*names, start_s=[0.0, *ends[:-1]], end_s=list(ends))
        return NodeBlock("Segment", table, "v.mp4", fixed=("end_s", "start_s"))

    def put(block: NodeBlock, **more: Any) -> LoadReport:
        return load(store, Given(block), [], Options(), Workspace(tmp_path / "workspace"), **more)

    put(segments(5, 10, 12))
    put(segments(5, 10, 12))
    for more in ({}, {"dry_run": True}):
        with pytest.raises(DataError, match=r"v\.mp4: v#0 has the end_s 5\.0 .* 10\.0; .*--segment-s"):
            put(segments(10, 12), **more)
    assert len(stored_nodes(store, "Segment")) == 3


# Features


class Given:
    """A loader of blocks made by hand."""

    name: ClassVar[str] = "given"
    title: ClassVar[str] = "blocks made by hand"
    example: ClassVar[str] = ""
    Options: ClassVar[type[Options]] = Options

    def __init__(self, *blocks: Block) -> None:
        self.given = blocks

    def blocks(self, paths: Sequence[Path], options: Options, workspace: Path) -> Iterator[Block]:
        yield from self.given


def described(*ids: str, width: int = 3, source: str = "a") -> tuple[NodeBlock, FeatureBlock]:
    matrix = np.arange(len(ids) * width, dtype=np.float32).reshape(len(ids), width)
    return NodeBlock("Item", nodes(*ids), source), FeatureBlock("image", "Item", ids, matrix, source)


def test_features_are_kept_and_counted(store: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    report = load(store, Given(*described("i", "j")), [], Options(), workspace)
    assert tally(report, "feature image") == (2, 2, 0, 0, 0)
    assert FeatureStore(workspace.features).read("image", ["j"])[0].tolist() == [[3.0, 4.0, 5.0]]
    report = load(store, Given(*described("i", "j", "k")), [], Options(), workspace)
    assert tally(report, "feature image") == (3, 1, 0, 2, 0)


def test_a_wrong_feature_matrix_stops_its_file(store: GraphStore, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    for dry in (False, True):
        load(store, Given(*described("i")), [], Options(), workspace)
        with pytest.raises(DataError, match="holds 3 numbers per Item, not 4"):
            load(store, Given(*described("j", width=4)), [], Options(), workspace, dry_run=dry)
        node, feature = described("j")
        feature.matrix[0, 1] = np.nan
        with pytest.raises(DataError, match=r"vector of 'j' \(row 0\) holds NaN"):
            load(store, Given(node, feature), [], Options(), workspace, dry_run=dry)
    assert set(stored_nodes(store, "Item")) == {"i"}


def test_nothing_to_load(store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to load"):
        load(store, Given(), [tmp_path], Options(), Workspace(tmp_path / "workspace"))


def test_an_unknown_label(store: GraphStore, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'Item'"):
        load(
            store, Given(NodeBlock("Itm", nodes("a"), "f")), [], Options(), Workspace(tmp_path / "workspace")
        )


# Crashes

LOAD = """
import os, sys
from pathlib import Path
import graphrec.loaders.tabular.text
from graphrec.loading.load import load
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

graphrec.loaders.tabular.text.BLOCK_BYTES = 20_000
workspace = Workspace(Path(sys.argv[1]))
options = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating", "at:time"])
blocks = int(sys.argv[3])
seen = 0

def progress(name, rows, of=None):
    global seen
    seen += 1
    if seen == blocks:
        os.kill(os.getpid(), 9)

load(LadybugStore(workspace, write=True), TableLoader(), [Path(p) for p in sys.argv[4:]], options, workspace,
     progress=progress)
"""


@pytest.mark.parametrize("blocks", [1, 4, 7])
def test_kill_in_the_middle_and_repeat(tmp_path: Path, blocks: int) -> None:
    """Two files of about five blocks each: the first is whole or absent, repeating finishes both."""
    workspace = Workspace(tmp_path / "workspace")
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for path, user in zip(paths, "ab", strict=True):
        rows = "".join(f"{user}{n % 100},i{n},1,1\n" for n in range(8000))
        path.write_text("user,item,rating,time\n" + rows)
    command = [sys.executable, "-c", LOAD, str(workspace.root), "", str(blocks), *map(str, paths)]
    assert subprocess.run(command, check=False).returncode == -9
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        assert store.counts()["RATED"] == (8000 if blocks > 6 else 0)
        assert store.counts()["User"] == (100 if blocks > 6 else 0)
        report = load(store, TableLoader(), paths, RATINGS, workspace)
        assert store.counts()["RATED"] == 16_000
        assert report.tallies["RATED"].created == (8000 if blocks > 6 else 16_000)
        found = store.read("MATCH (u:User {id: 'b7'})-[:RATED]->(i:Item) RETURN count(i) AS c")
        assert found["c"].to_pylist() == [80]
