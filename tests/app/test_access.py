"""Who may come in, and what is sent to whom."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from graphrec.app import access
from graphrec.app.access import HEALTH, Access
from graphrec.app.settings import ExplorerSettings
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
    allowed = ExplorerSettings(Workspace(tmp_path), host="0.0.0.0", **settings)  # type: ignore[arg-type]
    routes = [
        Route("/", page), Route("/video", page), Route(HEALTH, page), WebSocketRoute("/_stcore/stream", stream),
        Route("/posted", page, methods=["POST"]),
    ]  # fmt: skip
    app = Starlette(routes=routes, middleware=[Middleware(Access, settings=allowed)])
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "FIRST_WAIT_S", 0.0)


def log_in(client: TestClient, password: str = SECRET, wanted: str = "/video") -> object:
    return client.post(f"/login?next={wanted}", data={"password": password})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "graphrec.example"])
def test_where_others_come_nobody_is_let_in_unasked(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="--password-file"):
        ExplorerSettings(Workspace(tmp_path), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_on_this_machine_no_password_is_needed(tmp_path: Path, host: str) -> None:
    assert ExplorerSettings(Workspace(tmp_path), host=host).local


def test_an_empty_password_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        ExplorerSettings(Workspace(tmp_path), host="0.0.0.0", password="")


def test_the_password_is_not_in_the_settings_text(tmp_path: Path) -> None:
    assert SECRET not in repr(ExplorerSettings(Workspace(tmp_path), host="0.0.0.0", password=SECRET))


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


async def guess(app: Access, password: str, address: str, port: int = 40_000) -> int:
    """Return the status of one attempt from an address."""
    body, told = f"password={password}".encode(), list[int]()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            told.append(int(str(message["status"])))

    headers = [(b"host", b"explorer"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http", "method": "POST", "path": "/login", "query_string": b"", "headers": headers, "scheme": "http",
        "server": ("explorer", 80), "client": (address, port), "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]
    return told[0]


def guarded(tmp_path: Path) -> Access:
    return Access(Starlette(), ExplorerSettings(Workspace(tmp_path), host="0.0.0.0", password=SECRET))


def test_wrong_passwords_keep_out_nobody_who_has_the_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        app, over, waits = guarded(tmp_path), asyncio.Event(), list[float]()

        async def waited(seconds: float) -> None:
            waits.append(seconds)
            if seconds:
                await over.wait()

        monkeypatch.setattr(access, "asyncio", SimpleNamespace(sleep=waited))
        monkeypatch.setattr(access, "time", SimpleNamespace(monotonic=lambda: 1000.0))
        assert await guess(app, "wrong", "10.0.0.1") == 401
        wrong = [asyncio.create_task(guess(app, "wrong", "10.0.0.1", port)) for port in range(20)]
        await asyncio.sleep(0)
        assert await guess(app, SECRET, "10.0.0.2") == 303
        answered = [task.result() for task in wrong if task.done()]
        assert answered == [429] * (20 - access.MOST_WAITING), "the others wait still"
        over.set()
        assert set(await asyncio.gather(*wrong)) == {401, 429}
        assert await guess(app, SECRET, "10.0.0.1") == 303
        assert max(waits) < 2

    asyncio.run(scene())


def test_an_address_waits_ever_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()

    async def slept(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    now = [1000.0]
    monkeypatch.setattr(access.asyncio, "sleep", slept)
    monkeypatch.setattr(access.time, "monotonic", lambda: now[0])

    async def scene() -> None:
        app = guarded(tmp_path)
        for _ in range(9):
            assert await guess(app, "wrong", "2001:db8::1") == 401
        assert await guess(app, "wrong", "2001:db8::2") == 401, "another address of the same owner"
        assert await guess(app, "wrong", "2001:db8:0:1::1") == 401, "likewise"
        assert await guess(app, "wrong", "2001:db8:1::1") == 401
        assert await guess(app, "wrong", "::ffff:10.0.0.1") == 401
        assert await guess(app, "wrong", "::ffff:10.0.0.2") == 401

    asyncio.run(scene())
    assert [round(wait, 3) for wait in waits] == [0, 0.25, 0.5, 1, 2, 4, 8, 8, 8, 8, 8, 0, 0, 0]


def test_however_many_wrong_passwords_the_wait_stays_the_longest() -> None:
    guesses = access._Guesses(count=5000)
    guesses.wrong()
    assert guesses.count == 5001
    assert guesses.free_at > time.monotonic() + access.LONGEST_WAIT_S - 1


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://explorer:8501", 200), ("HTTP://EXPLORER:8501", 200), (None, 200), ("http://explorer:9999", 403),
        ("http://explorer", 403), ("https://explorer", 403), ("http://evil:8501", 403), ("null", 403), ("", 403),
        ("http://[::1", 403),
        ("http://explorer:8501.evil", 403), ("http://explorer:8501@evil", 403),
    ],
)  # fmt: skip
def test_another_port_of_the_same_host_is_another_site(tmp_path: Path, origin: str | None, status: int) -> None:
    client = behind(tmp_path, proxy_header="X-User")
    headers = {"X-User": "ada", "Host": "explorer:8501"} | ({} if origin is None else {"Origin": origin})
    assert client.post("/posted", headers=headers).status_code == status
    assert client.get("/", headers=headers).status_code == 200
    if status == 200:
        with client.websocket_connect("/_stcore/stream", headers=headers) as socket:
            assert socket.receive_text() == "the explorer"
    else:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=headers):
            pass


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [("https://a", "a", True), ("https://a:443", "a", True), ("https://a", "a:443", True), ("http://a", "a:80", True),
     ("http://a:443", "a", False), ("http://[::1]:8501", "[::1]:8501", True)],
)  # fmt: skip
def test_the_usual_port_need_not_be_named(origin: str, host: str, same: bool) -> None:
    assert access.same_origin(origin, host) == same


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
