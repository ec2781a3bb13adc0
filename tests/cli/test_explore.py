"""``graphrec explore``: what it refuses before it opens a door, and that Ctrl-C ends it."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from graphrec.testing.explorer import explorer
from graphrec.testing.limits import WAIT_S
from graphrec.workspace import Workspace


def test_others_are_not_let_in_without_a_password(typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAPHREC_EXPLORE_PASSWORD", raising=False)
    asked = typed("explore", "--host", "0.0.0.0")
    assert asked.code == 1
    assert "GRAPHREC_EXPLORE_PASSWORD" in asked.err
    assert "--proxy-header" in asked.err


def test_a_password_file_that_is_missing_or_empty_is_told(typed, tmp_path: Path) -> None:
    asked = typed("explore", "--host", "0.0.0.0", "--password-file", tmp_path / "none")
    assert (asked.code, "none" in asked.err) == (1, True)
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    asked = typed("explore", "--host", "0.0.0.0", "--password-file", tmp_path / "empty")
    assert (asked.code, "empty" in asked.err) == (1, True)


def test_a_port_in_use_is_told(typed) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        asked = typed("explore", "--port", str(port), "--no-browser")
    assert asked.code == 1
    assert f"127.0.0.1:{port}" in asked.err
    assert "--port" in asked.err


def test_it_says_where_it_is_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    with explorer(Workspace(tmp_path / "w")) as running:
        running.process.send_signal(signal.SIGINT)
        code = running.process.wait(WAIT_S)
        told = running.log.read_text()
    assert code in (0, 130)
    assert f"http://localhost:{running.address.rpartition(':')[2]}" in told
    assert "Traceback" not in told
