"""Who may come in, and what is sent to whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from graphrec.app import access
from graphrec.app.access import HEALTH, Access
from graphrec.app.settings import Settings
from graphrec.errors import ConfigError
from graphrec.workspace import Workspace

SECRET = "correct horse"


async def page(request: object) -> PlainTextResponse:
    return PlainTextResponse("the explorer")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("the explorer")
    await socket.close()


def behind(tmp_path: Path, **settings: object) -> TestClient:
    allowed = Settings(Workspace(tmp_path), host="0.0.0.0", **settings)  # type: ignore[arg-type]
    routes = [
        Route("/", page), Route("/video", page), Route(HEALTH, page), WebSocketRoute("/_stcore/stream", stream)
    ]  # fmt: skip
    app = Starlette(routes=routes, middleware=[Middleware(Access, settings=allowed)])
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "WRONG_S", 0.0)


def log_in(client: TestClient, password: str = SECRET, wanted: str = "/video") -> object:
    return client.post(f"/login?next={wanted}", data={"password": password})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "graphrec.example"])
def test_where_others_come_nobody_is_let_in_unasked(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="--password-file"):
        Settings(Workspace(tmp_path), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_on_this_machine_no_password_is_needed(tmp_path: Path, host: str) -> None:
    assert Settings(Workspace(tmp_path), host=host).local


def test_an_empty_password_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        Settings(Workspace(tmp_path), host="0.0.0.0", password="")


def test_the_password_is_not_in_the_settings_text(tmp_path: Path) -> None:
    assert SECRET not in repr(Settings(Workspace(tmp_path), host="0.0.0.0", password=SECRET))


def test_without_the_password_there_is_only_the_form(tmp_path: Path, quick: None) -> None:
    client = behind(tmp_path, password=SECRET)
    answer = client.get("/video?id=v001")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fvideo%3Fid%3Dv001")
    assert 'name="password"' in client.get("/login").text
    assert client.get("/video?id=v001").text != "the explorer"
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/_stcore/stream"):
        pass
    assert refused.value.code == 4401
    assert client.get(HEALTH).text == "the explorer"


def test_with_it_everything_opens(tmp_path: Path, quick: None) -> None:
    client = behind(tmp_path, password=SECRET)
    wrong = log_in(client, "correct horsf")
    assert (wrong.status_code, client.cookies) == (401, {})
    assert "not the password" in wrong.text
    right = log_in(client, wanted="%2Fvideo%3Fid%3Dv001")
    assert (right.status_code, right.headers["location"]) == (303, "/video?id=v001")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert SECRET not in cookie
    assert client.get("/video").text == "the explorer"
    with client.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == "the explorer"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_a_login_leads_nowhere_else(tmp_path: Path, quick: None, wanted: str) -> None:
    assert log_in(behind(tmp_path, password=SECRET), wanted=wanted).headers["location"] == "/"


@pytest.mark.parametrize("token", ["", "99999999999", "99999999999.", "99999999999.abc", "x.y", "\xe9.\xe9"])
def test_a_made_up_session_is_none(tmp_path: Path, token: str) -> None:
    client = behind(tmp_path, password=SECRET)
    answer = client.get("/", headers={"cookie": f"{access.COOKIE}={token}".encode("latin-1")})
    assert answer.status_code == 303


def test_a_session_ends(tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "SESSION_S", -1)
    client = behind(tmp_path, password=SECRET)
    token = log_in(client).headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert client.get("/", headers={"cookie": f"{access.COOKIE}={token}"}).status_code == 303


def test_too_large_a_form_is_not_read(tmp_path: Path) -> None:
    assert log_in(behind(tmp_path, password=SECRET), "x" * 10_000).status_code == 413


def test_behind_a_proxy_its_header_counts(tmp_path: Path) -> None:
    client = behind(tmp_path, proxy_header="X-Forwarded-User")
    assert client.get("/").status_code == 403
    assert client.get("/", headers={"X-Forwarded-User": " "}).status_code == 403
    assert client.get("/", headers={"x-forwarded-user": "ada"}).text == "the explorer"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass


def test_nothing_is_loaded_from_elsewhere_and_nothing_written_runs(tmp_path: Path) -> None:
    policy = behind(tmp_path, proxy_header="X-User").get("/", headers={"X-User": "ada"}).headers
    script = next(
        part for part in policy["content-security-policy"].split("; ") if part.startswith("script-src")
    )
    assert "unsafe-inline" not in script
    assert "http" not in policy["content-security-policy"]
    assert policy["x-content-type-options"] == "nosniff"
