from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from graphrec.cli import COMMANDS
from graphrec.testing.store_contract import ENDLESS


def test_help_names_every_command_with_an_example(typed) -> None:
    listed = typed("--help")
    assert listed.code == 0
    for command in COMMANDS:
        assert command in listed.out
        shown = typed(command, "--help")
        assert shown.code == 0
        assert "graphrec" in shown.out


def test_loading_twice_changes_nothing(typed, load_command, workspace, ratings) -> None:
    again = typed(*load_command(ratings, workspace), "--json")
    rated = again.json["loaded"]["RATED"]
    assert (rated["created"], rated["updated"], rated["unchanged"]) == (0, 0, 480)


def test_recommends_from_the_own_camp_and_nothing_seen(typed, workspace) -> None:
    asked = typed("recommend", "u0", "-k", "8", "-w", workspace, "--json")
    assert asked.code == 0, asked.err
    items = [item["id"] for item in asked.json["items"]]
    seen = {
        row["id"] for row in typed("query", "history", "-p", "user=u0", "-w", workspace, "--json").json
    }
    assert len(items) == 8
    assert not seen & set(items)
    assert all(int(item[1:]) < 20 for item in items)


def test_unknown_user_is_one_clear_line(typed, workspace) -> None:
    asked = typed("recommend", "nobody", "-w", workspace)
    assert asked.code == 1
    assert asked.out == ""
    assert "no User with id 'nobody'" in asked.err
    assert "Traceback" not in asked.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "--model", "transgerc"], "did you mean 'transgrec'"),
        (["train", "--model", "transgrec", "--set", "dimensoin=4"], "did you mean 'dimension'"),
        (["train", "--model", "transgrec", "--set", "layers=9"], "≤ 3"),
        (["train", "--model", "transgrec", "--split", "temporal-lats"], "did you mean 'temporal-last'"),
        (["train", "--model", "transgrec", "--where", "rating>=99"], "rating>=99"),
        (["evaluate", "transgrec-1"], "no run named"),
        (["recommend", "u0", "--model", "jifr"], "no run of 'jifr'"),
        (["similar", "i999"], "i999"),
        (["explain", "u0", "i999"], "i999"),
        (["query", "histroy"], "did you mean 'history'"),
    ],
)
def test_wrong_names_and_values_are_told_in_one_line(typed, workspace, arguments, told) -> None:
    asked = typed(*arguments, "--workspace", workspace)
    assert asked.code == 1, asked
    assert told in " ".join(asked.err.split())
    assert "Traceback" not in asked.err


def test_wrong_usage_exits_with_2(typed) -> None:
    assert typed("recommend").code == 2
    assert typed("recommend", "u0", "--nonsense").code == 2


def test_no_graph_yet_says_what_to_run(typed, tmp_path) -> None:
    asked = typed("stats", "-w", tmp_path / "none")
    assert asked.code == 1
    assert "graphrec demo" in asked.err


def test_similar_explain_runs_and_stats_agree(typed, workspace) -> None:
    run = typed("runs", "-w", workspace, "--json").json[0]["run"]
    assert typed("stats", "-w", workspace, "--json").json["relationships"]["RATED"] == 480
    near = typed("similar", "i3", "-k", "5", "-w", workspace, "--json").json
    assert all(int(item["id"][1:]) < 20 for item in near)
    told = typed("explain", "u0", near[0]["id"], "-w", workspace, "--json").json
    assert told["run"] == run
    assert told["shared"]


def test_evaluate_against_another_run(typed, workspace) -> None:
    base = typed(
        "train", "--model", "popularity", "--split", "random-70-10-20", "-w", workspace, "--json"
    ).json
    run = next(
        r["run"] for r in typed("runs", "-w", workspace, "--json").json if r["model"] == "transgrec"
    )
    found = typed("evaluate", run, "--k", "5", "--against", base["run"], "-w", workspace, "--json").json
    assert found["protocol"] == base["protocol"] == "full"
    assert found["metrics"]["recall@5"] > base["metrics"]["recall@10"] / 4
    assert found["comparison"]["map"]["p_value"] < 0.05
    assert found["comparison"]["map"]["difference"] > 0


def test_a_training_gives_an_account_of_itself_which_is_kept(typed, workspace) -> None:
    arguments = ("--split", "temporal-cut", "--at", "0.8", "--no-publish", "-w", workspace)
    trained = typed("train", "--model", "popularity", *arguments, "--json")
    account = trained.json["account"]
    assert trained.json["split"] == "temporal-cut:0.8"
    assert account["tested"]["cases"] == trained.json["groups"]
    assert trained.err.split() == " ".join(account["sentences"]).split(), "said to whoever looks on"
    run = trained.json["run"]
    assert typed("runs", run, "-w", workspace).out.split() == trained.err.split()
    assert typed("runs", run, "-w", workspace, "--json").json["account"] == account
    without = typed("train", "--model", "popularity", *arguments, "--no-baselines")
    assert "not measured beside popularity and chance" in " ".join(without.out.split())
    assert typed("train", "--model", "popularity", "--split", "given", "--at", "0.8", "-w", workspace).code == 1
    assert typed("runs", "popularity-0", "-w", workspace).code == 1


def test_a_run_is_resumed_as_it_began(typed, workspace) -> None:
    run = typed("runs", "-w", workspace, "--json").json[0]["run"]
    for said in (("--set", "epochs=9"), ("--seed", "3"), ("-m", "ials"), ("--feature", "look"), ("--fresh",)):
        asked = typed("train", "--resume", run, *said, "-w", workspace)
        assert asked.code == 2
        assert f"--resume goes on with {run} as it began: leave out --" in " ".join(asked.err.split())


def test_evaluate_by_a_protocol(typed, workspace) -> None:
    trained = typed(
        "train", "--model", "popularity", "--split", "cold-items", "--no-publish", "-w", workspace, "--json"
    ).json
    assert trained["protocol"] == "cold-items"
    run = trained["run"]
    own = typed("evaluate", run, "--k", "10", "-w", workspace, "--json").json
    assert (own["protocol"], own["metrics"]["map"]) == ("cold-items", trained["metrics"]["map"])
    full = typed("evaluate", run, "--protocol", "full", "--k", "10", "-w", workspace, "--json").json
    assert full["protocol"] == "full"
    assert full["metrics"]["map"] < own["metrics"]["map"]
    refused = typed("evaluate", run, "--protocol", "within-video", "-w", workspace)
    assert (refused.code, refused.out) == (1, "")
    assert "no candidates for within-video" in refused.err


def test_rates_and_recommends_by_rating(typed, workspace) -> None:
    options = "--set", "epochs=5", "--split", "random-70-10-20", "--no-publish", "-w", workspace, "--json"
    run = typed("train", "--model", "svdpp", *options).json["run"]
    told = typed("rate", "u0", "i1", "--run", run, "-w", workspace, "--json").json
    assert (told["user"], told["item"], told["run"], told["low"], told["high"]) == ("u0", "i1", run, 4, 5)
    assert 4 <= told["rating"] <= 5
    shown = typed("rate", "u0", "i1", "--run", run, "-w", workspace)
    assert shown.code == 0
    assert f"u0 would rate i1 {told['rating']:.2f}, of 4 to 5, says {run}" in shown.out
    assert "taste" in shown.out
    assert "own ratings of the items most alike" in shown.out
    listed = typed("recommend", "u0", "--rated", "--run", run, "-k", "3", "-w", workspace)
    assert listed.code == 0
    assert "rating" in listed.out
    assert "score" not in listed.out
    refused = typed("rate", "u0", "i1", "-w", workspace)
    assert (refused.code, refused.out) == (1, "")
    assert "no published run predicts ratings" in refused.err


def test_init_says_where_the_graph_is(typed, tmp_path) -> None:
    made = typed("init", "-w", tmp_path / "w", "--json")
    assert made.json == {"store": str(tmp_path / "w" / "graph.lbug")}
    assert "ready" in typed("init", "-w", tmp_path / "w").out


def test_dry_run_of_spans_where_there_is_no_graph(typed, tmp_path) -> None:
    path = tmp_path / "spans.csv"
    path.write_text("user,video,start,end\nu,w,0,5\n", encoding="utf-8")
    spans = ("--rels", "HIGHLIGHTED", "--from", "User:user", "--to", "Item:video", "--interval", "start:end")
    asked = typed("load", "table", path, *spans, "--dry-run", "-w", tmp_path / "w")
    assert asked.code == 1
    assert "load those first" in asked.err
    assert not (tmp_path / "w").exists()
    typed("init", "-w", tmp_path / "w")
    asked = typed(
        "load", "table", path, *spans, "--dry-run", "--on-bad-row", "skip", "-w", tmp_path / "w", "--json"
    )
    assert asked.json["loaded"]["HIGHLIGHTED"]["rejected"] == 1
    assert asked.json["dry_run"]


def test_untrained_model_is_evaluated_and_published(typed, load_command, ratings, tmp_path) -> None:
    typed(*load_command(ratings, tmp_path))
    trained = typed("train", "--model", "transgrec", "--set", "epochs=0", "-w", tmp_path, "--json")
    assert trained.code == 0, trained.err
    assert trained.json["best_epoch"] == 0
    assert trained.json["published"]["User"] == 60


def test_settings_come_from_flag_then_environment_then_file(graphrec, workspace, tmp_path) -> None:
    (tmp_path / "graphrec.toml").write_text(f'workspace = "{workspace}"\n', encoding="utf-8")
    assert graphrec("stats", "--json", cwd=tmp_path).code == 0
    elsewhere = {"GRAPHREC_WORKSPACE": str(tmp_path / "none"), "PATH": "/usr/bin:/bin"}
    assert graphrec("stats", "--json", cwd=tmp_path, env=elsewhere).code == 1
    assert graphrec("stats", "--json", "-w", workspace, cwd=tmp_path, env=elsewhere).code == 0


def test_the_file_holds_for_commands_below_commands(graphrec, ratings, tmp_path) -> None:
    (tmp_path / "graphrec.toml").write_text(
        'workspace = "ws"\n[load]\non_bad_row = "skip"\n[load.table]\nrels = "RATED"\n', encoding="utf-8"
    )
    bad = tmp_path / "ratings.csv"
    bad.write_text(ratings.read_text(encoding="utf-8") + "u0,i0,good,1\n", encoding="utf-8")
    loaded = graphrec(
        "load", "table", bad, "--from", "User:user", "--to", "Item:item", "--property", "rating", "--json", cwd=tmp_path
    )  # fmt: skip
    assert loaded.code == 0, loaded.err
    assert loaded.json["loaded"]["RATED"]["rejected"] == 1
    assert graphrec("export", "graph", "backup", cwd=tmp_path).code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"graphrec.toml", "ratings.csv", "ws", "backup"}


def test_what_is_given_overrules_the_config_and_that_the_file(graphrec, workspace, tmp_path) -> None:
    (tmp_path / "graphrec.toml").write_text(f'workspace = "{workspace}"\nseed = 9\n', encoding="utf-8")
    (tmp_path / "c.toml").write_text(
        'model = "popularity"\nseed = 5\nsplit = "random-k-fold"\n', encoding="utf-8"
    )

    def seed_and_split(*arguments: str) -> tuple[int, str]:
        run = graphrec("train", *arguments, "--no-publish", "--json", cwd=tmp_path).json["run"]
        manifest = json.loads((workspace / "runs" / run / "manifest.json").read_text(encoding="utf-8"))
        return manifest["seed"], manifest["split"]

    assert seed_and_split("-m", "popularity", "--split", "random-70-10-20") == (9, "random-70-10-20")
    assert seed_and_split("--config", "c.toml") == (5, "random-k-fold-0")
    assert seed_and_split("--config", "c.toml", "--set", "seed=7", "--fold", "1") == (7, "random-k-fold-1")
    assert seed_and_split("--config", "c.toml", "--set", "seed=7", "--seed", "0")[0] == 0


def test_export_writes_what_is_there(typed, workspace, tmp_path) -> None:
    import networkx as nx
    import numpy as np
    import pyarrow.parquet as pq

    written = typed("export", "graph", tmp_path / "g", "-w", workspace, "--json").json
    assert set(written["files"]) >= {"User.parquet", "Item.parquet", "RATED.parquet"}
    assert pq.read_table(tmp_path / "g" / "RATED.parquet").num_rows == 480
    assert typed("export", "embeddings", tmp_path / "e", "-w", workspace).code == 0
    ids = (tmp_path / "e" / "User.txt").read_text(encoding="utf-8").split()
    assert np.load(tmp_path / "e" / "User.npy").shape == (len(ids), 16)
    written = typed("export", "networkx", tmp_path / "g.graphml", "-w", workspace, "--json").json
    assert written["relationships"] == 480
    read = nx.read_graphml(tmp_path / "g.graphml")
    assert read.number_of_edges() == 480
    written = typed(
        "export", "neo4j-import", tmp_path / "n", "--database", "films", "-w", workspace, "--json"
    ).json
    assert (written["nodes"], written["relationships"]) == (100, 480)
    assert written["command"].startswith(
        "neo4j-admin database import full films --array-delimiter=U+001F --nodes=User="
    )
    assert {"import.sh", "RATED.csv"} <= set(written["files"])
    told = typed("export", "neo4j-import", tmp_path / "m", "-w", workspace).out
    assert f"cd {tmp_path / 'm'} && neo4j-admin database import full neo4j " in told
    assert "graphrec init --store" in told
    assert "graphrec publish RUN --store" in told
    for kind in ("graph", "neo4j-import"):
        refused = typed("export", kind, tmp_path / "g", "-w", workspace)
        assert refused.code == 1
        assert "exists already" in refused.err


def test_query_from_a_file_reads_and_cannot_write(typed, workspace, tmp_path: Path) -> None:
    reading, writing = tmp_path / "read.cypher", tmp_path / "write.cypher"
    reading.write_text("MATCH (u:User {id: $user}) RETURN u.id AS id", encoding="utf-8")
    writing.write_text("MATCH (u:User) DETACH DELETE u", encoding="utf-8")
    assert typed("query", reading, "-p", "user=u7", "-w", workspace, "--json").json == [{"id": "u7"}]
    refused = typed("query", writing, "-w", workspace)
    assert refused.code == 1
    assert "only reads" in refused.err


def test_doctor_finds_everything_in_order(typed, workspace) -> None:
    found = typed("doctor", "-w", workspace, "--json")
    assert found.code == 0
    assert {f["what"] for f in found.json} >= {"python", "torch", "graph", "disk"}


def test_audience_of_an_item_is_its_own_camp(typed, workspace) -> None:
    asked = typed("audience", "i3", "-k", "10", "-w", workspace, "--json")
    assert asked.code == 0, asked.err
    found = asked.json["users"]
    assert len(found) == 10
    assert all(int(one["user"][1:]) % 2 == 0 for one in found)
    assert [one["lift"] for one in found] == sorted((one["lift"] for one in found), reverse=True)
    shown = typed("audience", "i3", "-k", "10", "-w", workspace).out
    assert found[0]["user"] in shown
    assert "lift" in shown
    assert "sees first" not in shown
    refused = typed("audience", "i999", "-w", workspace)
    assert (refused.code, refused.out) == (1, "")
    assert "no Item with id 'i999'" in refused.err


def test_texts_are_described_and_trained_on(typed, load_command, ratings, tmp_path) -> None:
    typed(*load_command(ratings, tmp_path))
    titles = tmp_path / "titles.csv"
    titles.write_text("item,title\n" + "".join(f"i{n},Film {n}\n" for n in range(40)), encoding="utf-8")
    named = typed("load", "table", titles, "--nodes", "Item:item", "--property", "title", "-w", tmp_path)
    assert named.code == 0, named.err
    done = typed("describe", "Item.title", "--dimension", "16", "-w", tmp_path)
    assert (
        done.out.split("\n")[0]
        == "40 Item nodes described by 16 numbers each (tfidf) as item-title, fitted on their values"
    )
    again = typed("describe", "Item.title", "-w", tmp_path, "--json").json
    assert (again["described"], again["known"], again["fitted"]) == (0, 40, False)
    trained = typed("train", "--model", "contentknn", "--feature", "item-title", "-w", tmp_path, "--json")
    assert trained.code == 0, trained.err
    refused = typed("describe", "Item.year", "-w", tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert "Item.year has no value yet" in refused.err


def test_comments_are_described_onto_what_they_are_on(typed, load_command, ratings, tmp_path) -> None:
    typed(*load_command(ratings, tmp_path))
    rows = [f"c{n},i{n % 30},u{n % 40},{'cats' if n % 2 else 'goals'} again" for n in range(60)]
    comments = tmp_path / "comments.csv"
    comments.write_text("\n".join(["id,item,user,text", *rows, "c60,,,of nothing", "c61,i0,u0,"]), encoding="utf-8")
    named = ["--from", "Comment:id", "--to", "Item:item", "--rels", "ON", "--on-bad-row", "skip"]
    for given in (["--nodes", "Comment:id", "--property", "text"], named):
        loaded = typed("load", "table", comments, *given, "-w", tmp_path)
        assert loaded.code == 0, loaded.err
    done = typed("describe", "Comment.text", "--onto", "Item", "--dimension", "16", "-w", tmp_path)
    assert done.out.splitlines() == [
        "30 Item nodes described by 16 numbers each (tfidf) as item-comment-text, fitted on the values",
        "60 of 61 Comment nodes with text belong to 30 Item nodes; 1 belong to none; 1 have no text; "
        "10 Item nodes have no Comment with text",
        "Comment > Item: 60",
    ]
    again = typed("describe", "Comment.text", "--onto", "Item", "-w", tmp_path, "--json").json
    assert (again["known"], again["carried"]["ways"]) == (30, {"Comment > Item": 60})
    trained = typed("train", "-m", "contentknn", "-w", tmp_path)
    assert trained.code == 0, trained.err
    assert "item-comment-text holds what users wrote, of what they are tested on too" in trained.out + trained.err
    refused = typed("describe", "Item.title", "--onto", "User", "-w", tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert "can be carried onto Genre, Segment, Frame" in refused.err


def test_a_query_of_ones_own_has_limits(typed, workspace, tmp_path) -> None:
    (tmp_path / "long.cypher").write_text(ENDLESS[0], encoding="utf-8")
    (tmp_path / "file.cypher").write_text("UNWIND [1] AS x LOAD FROM '/etc/passwd' RETURN *", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.cypher")
    for name, told in (("long", "ended after 0.5 s"), ("file", "LOAD is not allowed"), ("pipe", "no regular file")):
        asked = typed("query", tmp_path / f"{name}.cypher", "--seconds", "0.5", "-w", workspace)
        assert (asked.code, asked.out, asked.err.count("\n")) == (1, "", 1), asked
        assert told in asked.err
