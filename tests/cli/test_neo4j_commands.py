"""The command line on a real server: where --store may stand, what doctor says, the queries of its own."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from graphrec.store.base import closing
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.neo4j_server import Neo4jServer, free_port

pytestmark = pytest.mark.neo4j


@pytest.fixture
def on_server(typed, neo4j_empty: Neo4jServer, monkeypatch: pytest.MonkeyPatch):
    """Run the command line in this process, with the server's login in the environment, and not its address."""
    for name in ("GRAPHREC_STORE", "NEO4J_URI", "NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_empty.password_file))
    return typed


def test_store_and_workspace_may_stand_before_the_command(
    on_server,
    neo4j_empty: Neo4jServer,
    load_command,
    ratings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nowhere = f"bolt://127.0.0.1:{free_port()}"
    before = ("--store", neo4j_empty.uri, "--workspace", tmp_path / "w")
    loaded = on_server(*before, *load_command(ratings, tmp_path / "w")[:-2])
    assert loaded.code == 0, loaded.err
    assert on_server(*before, "stats", "--json").json["relationships"] == {"RATED": 480}
    assert (tmp_path / "w").is_dir()
    # Before beats the environment, after beats before.
    monkeypatch.setenv("GRAPHREC_STORE", nowhere)
    assert on_server(*before, "stats", "--json").json["store"] == neo4j_empty.uri
    assert on_server("--store", nowhere, "stats", "--store", neo4j_empty.uri, "--json").code == 0
    failed = on_server(*before, "stats", "--store", nowhere)
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    for arguments in (("--help",), ("stats", "--help"), ("load", "table", "--help")):
        shown = " ".join(on_server(*arguments).out.replace("│", " ").split())
        assert "--store" in shown
        assert "--workspace" in shown
        place = "after the command" if arguments == ("--help",) else "before the command"
        assert shown.count(place) == 2, shown


def test_each_database_has_its_own_text_of_a_query(
    on_server, neo4j_empty: Neo4jServer, tmp_path: Path
) -> None:
    before = ("--store", neo4j_empty.uri, "-w", tmp_path / "w")
    assert on_server(*before, "init").code == 0
    asked = on_server(*before, "query", "embedding_coverage", "--json")
    assert (asked.code, asked.json) == (0, [])


def states(asked) -> dict[str, tuple[bool, str, str]]:
    return {entry["what"]: (entry["ok"], entry["state"], entry["cure"]) for entry in asked.json}


def test_doctor_says_what_a_server_is_and_lacks(
    on_server, neo4j_empty: Neo4jServer, load_command, ratings: Path, tmp_path: Path
) -> None:
    before = ("--store", neo4j_empty.uri, "-w", tmp_path / "w")
    assert on_server(*before, *load_command(ratings, tmp_path / "w")).code == 0
    trained = on_server(*before, "train", "-m", "transgrec", "--set", "epochs=1", "--set", "dimension=4")
    assert trained.code == 0, trained.err
    asked = on_server(*before, "doctor", "--json")
    found = states(asked)
    assert asked.code == 0, found
    assert found["neo4j driver"] == (True, version("neo4j"), "")
    assert found["neo4j-rust-ext"] == (True, version("neo4j-rust-ext"), "")
    assert found["server"][1].startswith(f"Neo4j {neo4j_empty.version} community")
    assert found["constraints"] == (True, "all there", "")
    assert found["index graphrec_Item_transgrec"] == (True, "online", "")
    assert found["graph"][1].startswith(f"{neo4j_empty.uri}: ")

    with closing(Neo4jStore(neo4j_empty.uri, neo4j_empty.login, write=True)) as store:
        store._server.command("DROP INDEX graphrec_Item_transgrec")
        store._server.command("DROP CONSTRAINT graphrec_Item_id")
        asked = on_server(*before, "doctor", "--json")
        found = states(asked)
        assert asked.code == 1
        assert found["index graphrec_Item_transgrec"][:2] == (False, "missing")
        assert "graphrec publish RUN" in found["index graphrec_Item_transgrec"][2]
        assert not found["constraints"][0]
        assert found["constraints"][2] == f"graphrec init --store {neo4j_empty.uri}"
        # The cures cure.
        run = trained.out.split()[1].rstrip(":")
        assert on_server(*before, "init").code == 0
        assert on_server(*before, "publish", run).code == 0
        assert on_server(*before, "doctor").code == 0


@pytest.mark.parametrize(
    ("environment", "state", "cure"),
    [
        ({"store": "bolt://127.0.0.1:1"}, "cannot be reached", "is Neo4j running there"),
        (
            {"NEO4J_PASSWORD": "wrong-one"},
            "refused the login of 'neo4j'",
            "set NEO4J_USERNAME and NEO4J_PASSWORD",
        ),
        ({"NEO4J_DATABASE": "nowhere"}, "there is no database 'nowhere'", "set NEO4J_DATABASE"),
    ],
)
def test_doctor_has_a_cure_for_each_fault(
    on_server, neo4j_empty: Neo4jServer, monkeypatch: pytest.MonkeyPatch, environment, state: str, cure: str
) -> None:
    store = environment.get("store", neo4j_empty.uri)
    for name in set(environment) - {"store"}:
        monkeypatch.setenv(name, environment[name])
    asked = on_server("--store", store, "doctor", "--json")
    ok, told, advised = states(asked)["graph"]
    assert (asked.code, ok) == (1, False)
    assert state in told
    assert cure in advised
    assert "wrong-one" not in asked.out + asked.err
