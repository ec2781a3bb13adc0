"""Papers reproduced on their made worlds, with fewer epochs than people get; reports as files."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.api.demo.measuring import ORACLE
from graphrec.api.reproduce import clicks_data, kfrci_data, trailer_encoders, trailer_ratings
from graphrec.api.reproduce import reproduce as verbs
from graphrec.api.reproduce.jifr_data import make_world
from graphrec.api.reproduce.paper import Paper
from graphrec.api.reproduce.report import Picture, Report, Section, Table, Text, write_report
from graphrec.api.reproduce.reproduce import PAPERS, Reproduced, begin_reproduction, reproduce
from graphrec.errors import DataError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.training.runs import find_run, list_runs
from graphrec.workspace import Workspace

Made = tuple[Workspace, Reproduced]
FACTORS = "Images, words, and both (figure 10)"
SIZES, BY_TIME = "Size of embeddings (figure 4)", "FM: split at random and by time"
SHOWN = (
    SIZES, BY_TIME, "Weight of words (figure 9)", "KFRCI, no layers: number of factors (figure 10)", "Layers (table 3)",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Reproduce a paper in its made world, each system by two epochs."""
    found: dict[str, Made] = {}

    def make(name: str) -> Made:
        if name not in found:
            workspace = Workspace(tmp_path_factory.mktemp(name) / "w")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(verbs, "PAPERS", {name: short(PAPERS[name])})
                patch.setitem(trailer_encoders._QUICK, "epochs", 2)
                study = begin_reproduction(workspace, name, quick=True)
                found[name] = workspace, reproduce(workspace, study)
        return found[name]

    return make


def short(paper: Paper) -> Paper:
    worlds = {
        "jifr": partial(make_world, users=100, items=60),
        "kfrci": partial(kfrci_data.make_world, users=12, videos=6, shots=30, praises=80, blames=30),
        "trailer-ratings": partial(trailer_ratings.make_world, movies=24, users=30),
        "micro-video-attention": partial(clicks_data.make_world, users=30, items=80, per_user=60),
    }
    # Of figure 10 one line: it is drawn of what there is; of kfrci's tables one.
    studies = [replace(one, quick=one.quick or one.title in SHOWN) for one in paper.studies]
    world = worlds.get(paper.name, paper.make_world)
    return replace(paper, quick={**paper.quick, "epochs": 2}, make_world=world, studies=studies)


def test_jifr_has_every_row_of_both_tasks_and_a_case(made: Callable[[str], Made]) -> None:
    _, done = made("jifr")
    by_title = {section.title: section for section in done.report.sections}
    figure, table, full = by_title["Items (figure 3)"].blocks
    assert isinstance(figure, Picture)
    assert isinstance(table, Table)
    assert isinstance(full, Table)
    rows = [row[0] for row in table.rows]
    assert rows == [row[0] for row in full.rows] == [row.title for row in PAPERS["jifr"].rows]
    frames = by_title["Key frames (figure 4)"].blocks[1]
    assert isinstance(frames, Table)
    assert [row[0] for row in frames.rows] == ["RND", "CDL", *rows[-5:]]
    assert [len(row) for row in frames.rows] == [11] * 7
    attention = by_title["What each attention adds (table 2)"].blocks[1]
    assert isinstance(attention, Table)
    assert attention.rows[-1][2].endswith("(+10.53 %)")
    case = by_title["A user's key frames (figure 5)"].blocks
    assert isinstance(case[0], Text)
    told = r"Of 400 test cases JIFR puts a frame first that the user liked in \d+, and JIFR_NA in \d+: \d+ that only"
    assert re.match(told, case[0].lines[0])
    assert isinstance(case[1], Picture)
    assert case[1].data.startswith(b"\x89PNG")
    assert len(done.report.claims.rows) == 11


def test_kfrci_has_every_row_and_the_truth_above_them(made: Callable[[str], Made]) -> None:
    _, done = made("kfrci")
    by_title = {section.title: section.blocks for section in done.report.sections}
    picture, table = by_title["Key frames (figure 8)"]
    assert isinstance(picture, Picture)
    assert isinstance(table, Table)
    assert table.columns[1:] == ["F1@5", "F1@10", "F1@20", "NDCG@5", "NDCG@10", "NDCG@20"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert [*rows] == [*(row.title for row in PAPERS["kfrci"].rows), ORACLE]
    # The truth, drawn from, is above all that two epochs teach.
    assert max((row[5] for row in table.rows), key=lambda cell: float(cell.split()[0])) == rows[ORACLE][4]
    layers = by_title["Layers (table 3)"][0]
    assert isinstance(layers, Table)
    assert [row[0] for row in layers.rows] == ["KFRCI", *(f"D={d}" for d in range(5))]
    assert layers.columns[1:] == ["F1@5", "NDCG@5", "F1@10", "NDCG@10", "F1@20", "NDCG@20"]
    printed = [float(row[-1].rpartition("(")[2].rstrip(")")) for row in layers.rows[1:]]
    assert printed == [0.12, 0.123, 0.124, 0.123, 0.121]
    weights, factors = (by_title[title][0] for title in ("Weight of words, F1 and NDCG (figure 9)", FACTORS))
    assert isinstance(weights, Picture)
    assert isinstance(factors, Picture)
    # Of the systems that have no such weight there is a line each, and none of the popular.
    assert [title in weights.data.decode() for title in ("HFT", "VBPR", "KFRC", "MostPopular")] == [True] * 3 + [False]
    assert len(done.report.claims.rows) == 26
    assert sum("PMF is HFT without words" in line for line in done.report.differs) == 1


def test_micro_video_attention_has_its_tables_and_whose_attention_is_found(made: Callable[[str], Made]) -> None:
    workspace, done = made("micro-video-attention")
    by_title = {section.title: section.blocks for section in done.report.sections}
    (table,) = by_title["Clicks (table 2)"]
    assert isinstance(table, Table)
    assert table.columns[1] == "AUC"
    assert [row[0] for row in table.rows] == [*(row.title for row in PAPERS["micro-video-attention"].rows), ORACLE]
    assert max(table.rows, key=lambda row: float(row[1].split()[0]))[0] == ORACLE
    printed = [row[1].rpartition("(")[2] for row in table.rows if "(" in row[1]]
    assert printed == ["0.6548)", "0.6632)", "0.6532)", "0.6976)"]
    (found,) = by_title["Whose attention is found again"]
    assert isinstance(found, Table)
    assert found.columns[2:] == [*clicks_data.MODALITIES]
    assert all(-1 <= float(cell) <= 1 for row in found.rows for cell in row[2:])
    assert all(isinstance(block, Picture | Table) for block in by_title[SIZES])
    assert BY_TIME not in by_title
    why = f"{BY_TIME}: by time is left out (the records have no time"
    assert any(line.startswith(why) for line in done.report.differs)
    # Content is left out where it shall be.
    assert any(run.model == "mhsaac" and not run.manifest["projection"]["features"] for run in list_runs(workspace))
    assert len(done.report.claims.rows) == 16


def test_transgrec_has_its_tables_groups_depths_and_maps(made: Callable[[str], Made]) -> None:
    _, done = made("transgrec")
    by_title = {section.title: section.blocks for section in done.report.sections}
    table = by_title["Overall (table 2)"][0]
    assert isinstance(table, Table)
    cells = {row[0]: row[1:] for row in table.rows}
    assert list(cells) == [row.title for row in PAPERS["transgrec"].rows]
    assert cells["TransGRec-A"][0].endswith("(0.3174)")
    assert cells["Chance"][0] != cells["CDL"][0].split()[0]
    depth = by_title["Depth of TransGRec-E (table 4)"][0]
    assert isinstance(depth, Table)
    assert [row[0] for row in depth.rows] == ["K=2", "K=0", "K=1", "K=3"]
    assert depth.rows[0][1] == cells["TransGRec-E"][0]
    assert len({row[1].split()[0] for row in depth.rows}) == 4
    groups = by_title["By how much is known of the user (figure 4)"][1]
    assert isinstance(groups, Table)
    assert groups.columns[1:4] == ["MAP [0,8)", "MAP [8,16)", "MAP [16,..)"]
    assert [block.name for block in by_title["What the transfer network learns (figure 5)"]] == ["embeddings.png"]
    assert "Depth of TransGRec-A (table 5)" not in by_title


def test_trailer_ratings_has_its_tables_and_pictures(made: Callable[[str], Made]) -> None:
    workspace, done = made("trailer-ratings")
    by_title = {section.title: section.blocks for section in done.report.sections}
    table = by_title["Ratings (table 1)"][0]
    assert isinstance(table, Table)
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows) == [*trailer_ratings.TABLE_1]
    assert rows["libFM"][3].endswith("(0.7608)")
    least, greatest, mean = (float(cell.split()[0]) for cell in rows["libFM"][:3])
    assert least <= mean <= greatest
    told, picture = by_title["Fusion (figures 7 and 8)"]
    assert isinstance(told, Text)
    assert f"{mean:.4f} of libFM alone (k = 1)" in told.lines[0]
    assert isinstance(picture, Picture)
    later = by_title["What was left for later"][0]
    assert isinstance(later, Table)
    assert [row[0] for row in later.rows[2:]] == [*trailer_ratings._OURS]
    assert [block.name for block in by_title["Sequences (figure 9)"]] == ["sequences.png"]
    # Every movie has a trailer: the network's layers are the features of movies, and it has seen no rating.
    features = FeatureStore(workspace.features)
    assert {name.partition("-")[2] for name in features.names() if name.startswith("vt2-10")} == {"10-256", "10-512"}
    assert features.info("vt2-20-512").width == 2 * features.info("vt2-20-256").width
    network = find_run(workspace, features.info("vt2-10-256").run)
    assert network.manifest["task"]["target"] == "Item>Genre"
    assert network.manifest["settings"]["rating"] == 0
    assert len(done.report.claims.rows) == 6


def test_what_is_trained_is_not_trained_again_and_the_report_is_the_same(made: Callable[[str], Made]) -> None:
    workspace, done = made("transgrec")
    before, text = [run.id for run in list_runs(workspace)], done.markdown.read_text(encoding="utf-8")
    again = reproduce(workspace, done.id)
    assert [run.id for run in list_runs(workspace)] == before
    assert again.markdown.read_text(encoding="utf-8") == text
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", text)
    assert pictures
    assert all((again.markdown.parent / name).is_file() for name in pictures)


def test_a_graph_that_has_records_is_taken_as_it_is(made: Callable[[str], Made]) -> None:
    workspace, done = made("transgrec")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verbs, "PAPERS", {"transgrec": replace(short(PAPERS["transgrec"]), make_world=None)})
        study = begin_reproduction(workspace, "transgrec", quick=True)
    assert study != done.id
    # What it was made of is remembered.
    told = verbs.find_study(workspace, study, "reproduce").read()
    assert told["data"]["title"] == "a made world with planted tastes"


def test_without_data_it_says_where_to_get_them(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    for name, wanted in (
        ("transgrec", "personalized-highlights-dataset"),
        ("jifr", "a folder posters"),
        ("kfrci", "in a folder niconico"),
    ):
        with pytest.raises(DataError, match=wanted) as error:
            begin_reproduction(workspace, name, data=tmp_path)
        assert "--quick" in str(error.value)
    assert not workspace.database.exists()
    with pytest.raises(NotFoundError, match="did you mean 'jifr'"):
        begin_reproduction(workspace, "jfir")


def test_of_an_archive_without_images_kfrci_takes_what_needs_none(tmp_path: Path) -> None:
    archive = tmp_path / "data" / "niconico"
    archive.mkdir(parents=True)
    said = [
        f"u{user}\tv{at % 2}\t{6_000 + 900 * (at * 7 % 100)}\t2022-12-15T15:24:{user:02}+09:00\t0\t"
        f"{'awful' if at % 5 == 0 else 'nice'} castle number{at % 9}"
        for user in range(4)
        for at in range(110)
    ]
    (archive / "comments.tsv").write_text("user\tvideo\tvpos_ms\tposted_at\tnicoru\tbody\n" + "\n".join(said) + "\n")
    videos = "".join(f"v{video}\ts\tt\tVideo {video}\t220\t4\t100000\n" for video in range(2))
    (archive / "videos.tsv").write_text("video\tseason\tseries\ttitle\tcomments\tusers\tmax_vpos_ms\n" + videos)
    workspace = Workspace(tmp_path / "w")
    given = {"epochs": "1", "min_records": "90"}
    with pytest.raises(NotFoundError, match="layers"):
        begin_reproduction(workspace, "kfrci", data=tmp_path / "data", given={"layers": 1})
    study = begin_reproduction(workspace, "kfrci", data=tmp_path / "data", given=given, studies=False, trials=1)
    told = verbs.find_study(workspace, study, "reproduce").read()
    assert list(told["rows"]) == ["MostPopular", "PMF", "BPR", "HFT", "KFRC", "KFRC, ours"]
    assert list(told["left_out"]) == ["VBPR", "KFRI", "KFRCI, no layers", "KFRCI", "KFRI, ours", "KFRCI, ours"]
    assert all(why.startswith("left out (") for why in told["left_out"].values())
    assert told["seeds"] == [*range(10)]
    assert any("cut into 100 equal shots" in line for line in told["data"]["differs"])
    with closing(open_store(workspace)) as store:
        counts, frames = store.counts(), store.read_nodes("Frame", ["shots"])
        on = store.read_relationships("ON", "Comment", "Frame")
    assert set(frames["shots"].to_pylist()) == {100}
    assert len(on.source) == counts["Comment"] == 440
    told["seeds"] = [0]
    verbs.find_study(workspace, study, "reproduce").write(told)
    report = reproduce(workspace, study).report
    assert [section.title for section in report.sections][3:] == ["Key frames (figure 8)", "Settings", "Runs"]
    said = "Asked for, of all systems: epochs=1, min_records=90.", "Studies of single settings were not asked for."
    assert {*said} < {*report.differs}
    assert {run.manifest["epochs"] for run in list_runs(workspace)} == {1}
    assert {run.manifest["task"]["min_records"] for run in list_runs(workspace)} == {90}


def test_a_load_that_was_cut_off_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, paper = Workspace(tmp_path / "w"), PAPERS["jifr"]

    def like(graph: GraphStore, count: int) -> None:
        ends = {"from": [f"u{n % 20}" for n in range(count)], "to": [f"i{n // 20}" for n in range(count)]}
        graph.initialise()
        for label, side in (("User", "from"), ("Item", "to")):
            graph.write_nodes(label, pa.table({"id": sorted(set(ends[side]))}))
        graph.write_relationships("LIKED", "User", "Item", pa.table(ends))

    def cut(graph: GraphStore, *others: object) -> None:
        like(graph, 10)
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, "PAPERS", {"jifr": replace(paper, make_world=cut)})
    with pytest.raises(KeyboardInterrupt):
        begin_reproduction(workspace, "jifr", quick=True)
    monkeypatch.setattr(verbs, "PAPERS", {"jifr": replace(paper, make_world=lambda graph, *others: like(graph, 400))})
    study = begin_reproduction(workspace, "jifr", quick=True)
    with closing(open_store(workspace)) as store:
        assert store.counts()["LIKED"] == 400
    told = verbs.find_study(workspace, study, "reproduce").read()
    # Without frames there is little to compare, and it says so.
    assert list(told["rows"]) == ["RND", "BPR"]
    assert told["left_out"]["JIFR"].startswith("left out (jifr needs items with frames")
    assert told["left_out"]["RND"] == (
        "without frame-likes (no LIKED relationships from User to Frame are there to learn from)"
    )


def test_the_papers_printed_figures_agree_with_each_other() -> None:
    for row in PAPERS["transgrec"].rows:
        if row.printed:
            # Of one place hit ratio and NDCG are the same, and nothing falls with more places but the hit ratio.
            assert row.printed["hr@1"] == row.printed["ndcg@1"]
            recalls = [row.printed[f"recall@{k}"] for k in range(1, 6)]
            assert recalls == sorted(recalls)
            assert len(row.printed) == 17


def test_a_report_is_one_file_with_all_that_it_shows(tmp_path: Path) -> None:
    table = Table(["<x>", "a|b"], [["r&d", "1"]], "below")
    picture = Picture("p.svg", b"<svg/>", 'a "picture"')
    blocks = [Text(["one & two"]), Text(["x"], listed=True), table, picture]
    report = Report("p", "T <b>", "So.", table, ["It differs."], [Section("S", blocks)])
    write_report(report, tmp_path / "reports" / "r")
    html = (tmp_path / "reports" / "r" / "report.html").read_text(encoding="utf-8")
    assert "<title>T &lt;b&gt;</title>" in html
    assert "<th>&lt;x&gt;</th><th>a|b</th>" in html
    assert "<p>one &amp; two</p>" in html
    (data,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert b64decode(data) == picture.data
    assert "http" not in html
    markdown = (tmp_path / "reports" / "r" / "report.md").read_text(encoding="utf-8")
    assert "| <x> | a\\|b |\n| --- | ---: |\n| r&d | 1 |\n\nbelow" in markdown
    assert (tmp_path / "reports" / "r" / "pictures" / "p.svg").read_bytes() == picture.data
    write_report(replace(report, title="Other"), tmp_path / "reports" / "r")
    assert "Other" in (tmp_path / "reports" / "r" / "report.html").read_text(encoding="utf-8")
    assert [one.name for one in (tmp_path / "reports").iterdir()] == ["r"]
