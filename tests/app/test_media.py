"""Files of the workspace are served, as far as they are pictures and videos; no others."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from graphrec.app import settings
from graphrec.app.media import address, route
from graphrec.app.settings import ExplorerSettings
from graphrec.testing.explorer import explorer
from graphrec.testing.limits import WAIT_S
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "workspace"
    for name, content in {
        "media/thumbnails/a b.jpg": b"picture",
        "uploads/clip.mp4": bytes(range(100)),
        "graph.lbug": b"graph",
        "runs/x/manifest.json": b"{}",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "outside.jpg").write_bytes(b"private")
    (folder / "media" / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    return Workspace(folder)


@pytest.fixture
def get(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(workspace))
    return TestClient(Starlette(routes=[route])).get


def test_a_picture_and_a_video_come_with_their_types(get, workspace: Workspace) -> None:
    picture = get(address(workspace, "media/thumbnails/a b.jpg"))
    assert (picture.content, picture.headers["content-type"]) == (b"picture", "image/jpeg")
    video = get(address(workspace, str(workspace.root / "uploads" / "clip.mp4")))
    assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")


def test_a_video_can_be_had_from_its_middle_on(get) -> None:
    part = get("/workspace/uploads/clip.mp4", headers={"Range": "bytes=40-49"})
    assert (part.status_code, part.content) == (206, bytes(range(40, 50)))


@pytest.mark.parametrize(
    "path",
    [
        "graph.lbug",
        "runs/x/manifest.json",
        "media/link.jpg",
        "../outside.jpg",
        "media/%2e%2e/%2e%2e/outside.jpg",
        "media/thumbnails",
        "media/none.jpg",
        "/etc/hostname",
        "uploads/clip.mp4%00.jpg",
    ],
)
def test_nothing_else_does(get, path: str) -> None:
    answer = get(f"/workspace/{path}")
    assert answer.status_code == 404
    assert b"private" not in answer.content


def test_what_lies_elsewhere_has_no_address(workspace: Workspace, tmp_path: Path) -> None:
    for uri in (
        None,
        "",
        str(tmp_path / "outside.jpg"),
        "../outside.jpg",
        "media/link.jpg",
        "https://x.example/a.jpg",
    ):
        assert address(workspace, uri) is None


def test_the_explorer_ends_though_a_browser_has_stopped_reading(world: Workspace, tmp_path: Path) -> None:
    workspace = Workspace(Path(shutil.copytree(world.root, tmp_path / "mine")))
    with (workspace.root / "long.mp4").open("wb") as file:
        file.truncate(64 << 20)
    with explorer(workspace) as running:
        place = urlsplit(running.address)
        with socket.create_connection((place.hostname, place.port)) as paused:
            paused.sendall(f"GET /workspace/long.mp4 HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
            assert paused.recv(100).startswith(b"HTTP/1.1 200")
            running.process.terminate()
            running.process.wait(WAIT_S)
