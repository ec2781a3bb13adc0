"""What the command line says to a slip: one clear line, and the exit code."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from graphrec.cli.common import out
from graphrec.cli.common import table as grid


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "r.csv"
    path.write_text("user,item,rating\nu,i,4\n", encoding="utf-8")
    return path


RATED = ("--rels", "RATED", "--from", "User:user", "--to", "Item:item")


def test_version(typed) -> None:
    asked = typed("--version")
    assert (asked.code, asked.out) == (0, version("graphrec") + "\n")


def test_a_command_under_test_does_not_begin_with_a_page(
    graphrec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.py"
    page.write_text("raise SystemExit(1)\n", encoding="utf-8")
    left = ModuleType("__main__")
    left.__file__ = str(page)
    monkeypatch.setitem(sys.modules, "__main__", left)
    assert graphrec("--version").code == 0
    assert sys.modules["__main__"] is left


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["load", "table", "r.csv", *RATED, "--on-bad-row", "skp"], "stop"),
        (["load", "table", "r.csv", *RATED, "--quoting", "some"], "--quoting"),
        (["load", "table", "r.csv", *RATED, "--encoding", "latin-99"], "no encoding named 'latin-99'"),
        (["load", "table", "r.csv", *RATED, "--theta", "3"], "--theta"),
        (["load", "table", "r.csv"], "--nodes Label:column"),
        (["load", "table", "r.csv", "--rels", "RATED"], "--from Label:column"),
        (["load", "videos", ".", "--limit-s", "0"], "--limit-s"),
        (["load", "vidoes", "."], "did you mean 'videos'"),
        (["load", "nosuch", "."], "there are: comments"),
        (["recommend", "u", "-k", "0"], "-k"),
        (["similar", "i", "-k", "0"], "-k"),
        (["evaluate", "run", "--k", "5,x"], "--k takes whole numbers"),
        (["train", "--model", "transgrec", "--set", "epochs"], "--set takes key=value"),
        (["train"], "which model?"),
        (["query", "history", "-p", "user"], "-p takes key=value"),
    ],
)
def test_wrong_usage_exits_with_2(typed, table: Path, arguments: list[str], told: str) -> None:
    asked = typed(*arguments)
    assert asked.code == 2, asked
    assert asked.out == ""
    assert told in " ".join(asked.err.split())


@pytest.mark.parametrize(
    ("command", "text", "told"),
    [
        ("loaders", 'workspce = "w"', "no setting named 'workspce'; did you mean 'workspace'?"),
        ("loaders", "[recomend]\nk = 3", "no command named 'recomend'; did you mean 'recommend'?"),
        ("loaders", "k = ", "line 1"),
        ("loaders", "debug = true", "no setting named 'debug'"),
        ("recommend", "[recommend]\nkk = 3", "no setting of recommend named 'kk'; did you mean 'k'?"),
        ("recommend", '[recommend]\nk = "five"', "[recommend] k = 'five'"),
        ("load", "[load.tabel]\nrels = 'RATED'", "no command of load named 'tabel'; did you mean 'table'?"),
        ("load", "[load.table]\nrel = 'RATED'", "no setting of load table named 'rel'; did you mean 'rels'?"),
        ("train", '[train]\nseed = "one"', "[train] seed = 'one'"),
    ],
)
def test_slips_in_the_settings_file(typed, tmp_path: Path, command: str, text: str, told: str) -> None:
    (tmp_path / "graphrec.toml").write_text(text + "\n", encoding="utf-8")
    asked = typed(command)
    assert asked.code == 1, asked
    assert told in asked.err
    assert "graphrec.toml" in asked.err
    assert asked.err.count("\n") == 1


def test_settings_are_named_like_flags(typed, tmp_path: Path) -> None:
    (tmp_path / "graphrec.toml").write_text(
        'seed = 1\nnew-only = true\n[loaders]\njson = true\n[train]\nset = ["epochs=1"]\n', encoding="utf-8"
    )
    asked = typed("loaders")
    assert asked.code == 0, asked
    assert {entry["loader"] for entry in asked.json} >= {"table", "videos"}


@pytest.mark.parametrize(
    "arguments",
    [["embed"], ["stats"], ["recommend", "u"], ["train", "-m", "random"]],
)
def test_where_there_is_no_graph_nothing_is_made(typed, tmp_path: Path, arguments: list[str]) -> None:
    asked = typed(*arguments)
    assert asked.code == 1
    assert asked.err.count("\n") == 1
    assert "holds no graph yet" in asked.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", ["user,item,rating\nu,i,good\n", "user,item\nu,i\n", "", "user,item,rating\n", None]
)
def test_a_failed_load_makes_no_graph(typed, table: Path, content: str | None) -> None:
    table.write_text(content, encoding="utf-8") if content is not None else table.unlink()
    assert typed("load", "table", table, *RATED, "--property", "rating").code == 1
    asked = typed("stats")
    assert asked.code == 1
    assert "holds no graph yet" in asked.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["load", "movielens", "r.csv"], "r.csv: a file; give the folder it is in"),
        (["load", "tiktok", "r.csv"], "r.csv: a file; give the folder it is in"),
        (["load", "tiktok", "."], "trnMat.npz: no such file"),
        (["load", "table", "r.csv", *RATED, "--property", "rate:rating"], "did you mean 'rating'"),
        (["train", "--config", "no.toml"], "no.toml: no such file"),
        (["query", "nofile.cypher"], "nofile.cypher: no such file"),
    ],
)
def test_files_that_are_not_there(typed, table: Path, arguments: list[str], told: str) -> None:
    asked = typed(*arguments)
    assert asked.code == 1, asked
    assert told in asked.err
    assert asked.err.count("\n") == 1
    assert "Errno" not in asked.err


def test_runs_say_which_is_published_and_how_it_tested(typed, workspace: Path) -> None:
    (run,) = [r for r in typed("runs", "-w", workspace, "--json").json if r["model"] == "transgrec"]
    assert run["published"]
    # On a narrow screen each run has a block of its own.
    blocks = [block for block in typed("runs", "-w", workspace).out.split("\n\n") if run["run"] in block]
    told = dict(line.strip().split(maxsplit=1) for line in blocks[0].splitlines() if len(line.split()) > 1)
    assert (told["run"], told["split"], told["metric"]) == (run["run"], run["split"], "recall@20")
    assert told["valid"] == f"{run['best']:.4f}"
    assert told["test"] == f"{run['test']['metrics']['recall@20']:.4f}"
    assert (told["date"], told["seed"]) == (run["started"][:16].replace("T", " "), "0")
    assert told["verdict"].startswith(run["verdict"][:20])
    assert "published" in blocks[0].split()


@pytest.fixture
def unpublished(typed, table: Path, tmp_path: Path) -> Path:
    """A workspace in which u rated i, and nothing is published."""
    table.write_text("user,item,rating\nu,i,4\nv,i,5\nv,j,5\n", encoding="utf-8")
    done = typed("load", "table", table, *RATED, "--property", "rating", "-w", tmp_path / "w")
    assert done.code == 0, done.err
    return tmp_path / "w"


def test_popularity_is_its_own_explanation(typed, unpublished: Path) -> None:
    asked = typed("recommend", "u", "--explain", "--include-seen", "-w", unpublished, "--json")
    assert asked.json["basis"] == "popularity"
    assert asked.json["reasons"] == ["It is popular: 2 users chose it.", "It is popular: 1 user chose it."]


def test_only_what_was_not_given_is_advised(typed, unpublished: Path) -> None:
    asked = typed("recommend", "u", "--include-seen", "--new-only", "-w", unpublished)
    assert asked.err.endswith("nothing is left to recommend; drop --new-only\n")
    assert (
        "add --include-seen or drop --new-only"
        in typed("recommend", "u", "--new-only", "-w", unpublished).err
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["history", "-p", "user=u", "-p", "limit=-1"], "limit=-1 is not possible"),
        (["embedding_coverage", "-p", "property=foo"], "what it asks has no property 'foo'"),
    ],
)
def test_parameters_that_cannot_be(typed, unpublished: Path, arguments: list[str], told: str) -> None:
    asked = typed("query", *arguments, "-w", unpublished)
    assert (asked.code, asked.err.count("\n")) == (1, 1)
    assert told in asked.err


def test_query_results_are_readable_at_80_columns(
    typed, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "_width", 80)
    shown = typed("query", "runs", "-w", workspace).out.splitlines()
    assert shown[0].split()[0] == "id"
    assert any(line.startswith("metrics") and "recall@20" in line for line in shown)
    assert next(line for line in shown if line.startswith("published_at"))[14:].count(":") == 2
    (tmp_path / "node.cypher").write_text("MATCH (u:User {id: 'u1'}) RETURN u", encoding="utf-8")
    assert '{"id": "u1", "transgrec": "<64 bytes>"}' in typed("query", "node.cypher", "-w", workspace).out
    popular = typed("query", "trending", "-p", "limit=1", "-w", workspace).out.splitlines()
    assert popular[1].split()[-2:] == ["1970-01-01", "00:00:03"]


def test_a_title_does_not_wrap_at_its_table(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(out, "_width", 80)
    out.print(grid(("a", "b"), [(1, 2)], title="more words than the two columns are wide"))
    assert capsys.readouterr().out.splitlines()[0].rstrip() == "more words than the two columns are wide"
