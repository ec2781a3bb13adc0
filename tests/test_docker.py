"""The compose file and the image, as far as they can be checked without a Docker daemon."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphrec.app import server
from graphrec.app.settings import ExplorerSettings
from graphrec.cli import main
from graphrec.testing.neo4j_server import CONFIGURATION, VERSION

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    return parsed


def test_the_server_is_the_one_that_is_tested(compose: dict[str, Any]) -> None:
    server = compose["services"]["neo4j"]
    assert server["image"] == f"neo4j:{VERSION}-community"
    names = {name: value for name, value in server["environment"].items() if name != "NEO4J_AUTH_FILE"}
    settings = {
        re.sub("_+", lambda found: "." if found[0] == "_" else "_", name.removeprefix("NEO4J_")): value
        for name, value in names.items()
    }
    assert settings
    assert {f"{name}={value}" for name, value in settings.items()} <= set(CONFIGURATION.splitlines())


def test_nobody_else_reaches_it_and_the_password_is_in_files_only(compose: dict[str, Any]) -> None:
    services, secrets = compose["services"], compose["secrets"]
    assert [port for service in services.values() for port in service.get("ports", [])] == [
        "127.0.0.1:7687:7687",
        "127.0.0.1:8501:8501",
    ]
    for service in services.values():
        assert set(service["secrets"]) <= set(secrets)
        for name, value in service["environment"].items():
            if "AUTH" in name or "PASSWORD" in name:
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "docker/secrets/" in ignored
    assert {secret["file"].rpartition("/")[0] for secret in secrets.values()} == {"./secrets"}


def test_graphrec_waits_for_a_server_that_answers(compose: dict[str, Any]) -> None:
    server, command = (compose["services"][name] for name in ("neo4j", "graphrec"))
    assert command["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert command["environment"]["GRAPHREC_STORE"] == "bolt://neo4j:7687"
    kind, check = server["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert "cypher-shell" in check
    assert "/run/secrets/password" in check
    named = {volume.split(":")[0] for service in (server, command) for volume in service["volumes"]}
    assert set(compose["volumes"]) == {name for name in named if not name.startswith(".")}
    build = command["build"]
    assert (ROOT / "docker" / build["context"] / build["dockerfile"]).is_file()


def test_the_explorer_asks_for_a_password_and_is_started_with_the_server(
    compose: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = compose["services"]["explorer"]
    assert explorer["depends_on"] == compose["services"]["graphrec"]["depends_on"]
    assert not explorer["profiles"]
    (tmp_path / "explorer").write_text("secret\n", encoding="utf-8")
    command = [word.replace("/run/secrets", str(tmp_path)) for word in explorer["command"]]
    asked: list[ExplorerSettings] = []
    monkeypatch.setattr(server, "serve", asked.append)
    monkeypatch.setattr(sys, "argv", ["graphrec", *command, "-w", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert (asked[0].host, asked[0].port, asked[0].password) == ("0.0.0.0", 8501, "secret")
    named = {secret for service in compose["services"].values() for secret in service["secrets"]}
    assert named == set(compose["secrets"])


def test_the_image_is_built_of_what_there_is_and_is_not_root() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert {"constraints.txt", "pyproject.toml", "graphrec", "loaders", "cypher"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    sent = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in copied} <= set(sent)
    assert lines.index("USER graphrec") < lines.index('ENTRYPOINT ["graphrec"]')
