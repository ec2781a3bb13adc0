"""Refused rows are counted, and kept so that the same command loads them once they are mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graphrec.loaders.comments import Comments, CommentsOptions
from graphrec.loaders.events import EventOptions, Events
from graphrec.loaders.highlights import Highlights, HighlightsOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.loading.report import LoadReport
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.source_files import write_segmented_videos
from graphrec.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """A file with faults, how it is loaded, and what its wrong cells must become; @ is an empty one."""

    loader: Any
    options: Any
    rows: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def dirty(self) -> str:
        return self.rows.replace("@", "")

    @property
    def clean(self) -> str:
        text = self.rows
        for wrong, right in self.faults.items():
            text = text.replace(wrong, right)
        return text


SECONDS = {"time_unit": "s"}
TABLE = Source(
    TableLoader(),
    TableOptions(
        rels="VIEWED", from_="User:user", to="Item:item", property=["at:ts", "watch_s:float", "live:bool", "tags:list"],
        rows=["event=view"], **SECONDS,
    ),
    "user,item,event,ts,watch_s,live,tags\n u ,a,view,1700000000,3.5,yes,x| y\nu,b,view,17000000000000,1,no,z\n"
    "v,a,view,1700000001,long,1,\nv,b,view,1700000002,2,perhaps,z\nv,c,like,1,1,1,\n@,c,view,1700000003,1,f,\n",
    {"17000000000000": "1700000009", "long": "7.5", "perhaps": "N", "@": "w"},
)  # fmt: skip
DIALECT = Source(
    TableLoader(),
    TABLE.options.model_copy(update={"delimiter": ";", "encoding": "latin-1", "quoting": "none"}),
    TABLE.rows.replace("3.5", '3"5').replace("2,perhaps", "2.5,perhaps").replace(",", ";").replace("2.5", "2,5"),
    TABLE.faults | {'3"5': "3.5"},
)
NUMBERED = Source(
    TableLoader(),
    TableOptions(
        rels="VIEWED", from_="User:1", to="Item:2", property=["at:4", "watch_s:5:float"], header=False, **SECONDS
    ),
    TABLE.rows.split("\n", 1)[1],
    TABLE.faults,
)
EVENTS = Source(
    Events(),
    EventOptions(
        type=["like=LIKED:3", "view=VIEWED", "ad="], at="ts", property=["watch_s:float", "device"], **SECONDS
    ),
    "user,item,event,ts,watch_s,device\nu,a,view,1700000000,3.5,tv\nu,b,veiw,1700000001,1,tv\nu,c,ad,1700000001,,\n"
    "v,a,like,1700000001000000,,\nv,b,@,1700000002,2,phone\nw,b,view,1700000002,,\n",
    {"veiw": "view", "1700000001000000": "1700000001", "@": "view"},
)
COMMENTS = Source(
    Comments(),
    CommentsOptions(**SECONDS),
    "user,video,time_s,text,posted_at\nann,v,1,good,1700000000\nann,v,soon,bad,1700000001\n"
    "bob,v,2,late,1700000001000000\nbob,bare,3,fine,\n",
    {"soon": "4", "1700000001000000": "1700000001"},
)
HIGHLIGHTS = Source(
    Highlights(),
    HighlightsOptions(**SECONDS),
    "user,video,start_s,end_s,at\nann,v,0,5,1700000000\nann,v,5,soon,1700000001\nbob,none,5,10,1700000001\n"
    "bob,v,10,15,1700000001000000\n",
    {"soon": "10", "none": "v", "1700000001000000": "1700000001"},
)
ALL = pytest.mark.parametrize(
    "source",
    [TABLE, DIALECT, NUMBERED, EVENTS, COMMENTS, HIGHLIGHTS],
    ids=["table", "dialect", "numbered", "events", "comments", "highlights"],
)
Loaded = Callable[..., tuple[MemoryStore, LoadReport]]


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    def load_all(source: Source, *texts: str, **how: Any) -> tuple[MemoryStore, LoadReport]:
        store, report = MemoryStore(), LoadReport()
        store.initialise()
        write_segmented_videos(store)
        for number, text in enumerate(texts):
            path = tmp_path / f"{number}.csv"
            path.write_text(text, encoding="utf-8")
            folder = Workspace(tmp_path / str(number))
            report = load(store, source.loader, [path], source.options, folder, on_bad_row="skip", **how)
        return store, report

    return load_all


def held(store: MemoryStore) -> dict[str, Any]:
    """Return all that the loaders write."""
    found = {}
    for kind, start, end in (
        ("VIEWED", "User", "Item"), ("LIKED", "User", "Item"), ("HIGHLIGHTED", "User", "Segment"),
        ("WROTE", "User", "Comment"), ("ON", "Comment", "Segment"), ("ON", "Comment", "Item"),
    ):  # fmt: skip
        names = [one.name for one in store.properties.of(kind)]
        rows = store.read_relationships(kind, start, end, names).table().to_pylist()
        found[f"{kind} {end}"] = sorted(rows, key=lambda row: (row["from"], row["to"]))
    return found


def mended(text: str, faults: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the rows of a rejects file, each wrong cell mended, but not what is said of the row."""
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    yield head
    for row in rows:
        wrong = next(key for key in faults if f"{key!r}" in row[2] or (key == "@" and "is empty" in row[2]))
        place = 3 + row[3:-1].index(wrong.removeprefix("@"))
        yield [*row[:place], faults[wrong], *row[place + 1 :]]


@ALL
def test_rejects_are_mended_and_loaded_by_the_same_command(source: Source, loaded: Loaded, tmp_path: Path) -> None:
    _, first = loaded(source, source.dirty)
    assert first.rejects is not None
    text = io.StringIO(newline="")
    csv.writer(text).writerows(mended(first.rejects.read_text(encoding="utf-8"), source.faults))
    again, last = loaded(source, source.dirty, text.getvalue())
    assert sum(tally.rejected for tally in last.tallies.values()) == 0
    store, report = loaded(source, source.clean)
    assert sum(tally.rejected for tally in report.tallies.values()) == 0
    assert held(again) == held(store)
    assert any(held(store).values())


@ALL
def test_the_cells_are_those_of_the_source(source: Source, loaded: Loaded) -> None:
    _, report = loaded(source, source.dirty)
    assert report.rejects is not None
    head, *rows = csv.reader(io.StringIO(report.rejects.read_text(encoding="utf-8"), newline=""))
    assert head[:3] == ["source", "line", "reason"]
    lines = source.dirty.splitlines()
    separator = source.options.delimiter or ","
    names = [str(n) for n in range(1, 8)] if source is NUMBERED else lines[0].split(separator)
    for row in rows:
        cells = dict(zip(head[3:-1], row[3:-1], strict=True))
        told = dict(zip(names, lines[int(row[1]) - 1].split(separator), strict=True))
        assert {name: value.replace(",", ".") for name, value in told.items() if name in cells} == cells
        assert row[-1] == ""


DATED = [f"ghost,v,2024-01-0{day}\n" for day in (1, 1, 2, 3)]
MUST_EXIST = {
    "table": (
        Source(TableLoader(), TableOptions(rels="VIEWED", from_="User:user", to="Item:item", property=["at"])),
        "user,item,at\na,v,2024-01-01\n",
        DATED,
    ),
    "bare": (
        Source(TableLoader(), TableOptions(rels="LIKED", from_="User:user", to="Item:item")),
        "user,item\na,v\n",
        ["ghost,v\n"] * 4,
    ),
    "events": (
        Source(Events(), EventOptions(type=["view=VIEWED"])),
        "user,item,at,event\na,v,2024-01-01,view\n",
        [row.replace("\n", ",view\n") for row in DATED],
    ),
    "comments": (
        Source(Comments(), CommentsOptions()),
        "user,video,time_s,text\na,v,1,hm\n",
        ["ghost,v,1,ha\n", "ghost,v,1,ha\n", "a,ghost,1,ha\n", "a,ghost,1,ha\n"],
    ),
    "highlights": (
        Source(Highlights(), HighlightsOptions()),
        "user,video,start_s,end_s\na,v,0,5\n",
        ["ghost,v,0,15\n", "ghost,v,0,15\n", "ghost,v,0,5\n", "a,ghost,0,5\n"],
    ),
}


@pytest.mark.parametrize("dry", [False, True], ids=["load", "dry run"])
@pytest.mark.parametrize(("source", "good", "ghosts"), MUST_EXIST.values(), ids=MUST_EXIST.keys())
def test_every_row_of_an_id_that_must_exist_is_refused(
    source: Source, good: str, ghosts: list[str], dry: bool, tmp_path: Path
) -> None:
    store, path = MemoryStore(), tmp_path / "rows.csv"
    store.initialise()
    write_segmented_videos(store)
    store.write_nodes("User", pa.table({"id": ["a"]}))
    path.write_text(good + "".join(ghosts))
    how: Any = {"on_bad_row": "skip", "must_exist": True, "dry_run": dry}
    report = load(store, source.loader, [path], source.options, Workspace(tmp_path), **how)
    assert sum(tally.rejected for tally in report.tallies.values()) == 4
    assert sum(tally.unchanged for tally in report.tallies.values()) == 0
    if not dry:
        assert report.rejects is not None
        told = list(csv.reader(report.rejects.read_text().splitlines()))[1:]
        assert [row[1] for row in told] == ["3", "4", "5", "6"]
        assert [",".join(row[3:-1]) + "\n" for row in told] == ghosts
