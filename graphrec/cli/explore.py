"""``graphrec explore``."""

from __future__ import annotations

import os
import socket
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import DEFAULT_WORKSPACE, StoreFlag, WorkspaceFlag, err, opened
from graphrec.errors import ConfigError, StoreError
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.app.settings import ExplorerSettings

PASSWORD = "GRAPHREC_EXPLORE_PASSWORD"


def explore(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; one that others can reach needs a password or a proxy header."
        ),
    ] = "127.0.0.1",
    password_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the password that visitors must give; or set {PASSWORD}."),
    ] = None,
    proxy_header: Annotated[
        str | None,
        typer.Option(
            help="Header by which a reverse proxy names who it has let in, X-Forwarded-User for example."
        ),
    ] = None,
    upload_mb: Annotated[int, typer.Option(min=1, help="Largest video that can be uploaded, MB.")] = 500,
    browser: Annotated[bool, typer.Option(help="Open it in a browser.")] = True,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
) -> None:
    """Open the explorer: recommendations, videos, reasons, embeddings and runs to look at in a browser.

    Example: `graphrec explore --workspace graphrec-demo`
    """
    from graphrec.app.server import serve
    from graphrec.app.settings import ExplorerSettings

    settings = ExplorerSettings(
        Workspace(workspace), store, host, port, _password(password_file), proxy_header, upload_mb
    )
    if store is not None:
        # A server that is not up yet is waited for; a graph that nobody has mapped is said at once.
        with suppress(StoreError), opened(workspace, store):
            pass
    address = f"http://{'localhost' if settings.local else host}:{port}"
    err.print(f"the explorer is at {address} (Ctrl-C ends it)", markup=False)
    if browser and settings.local:
        Thread(target=_open, args=(host, port, address), daemon=True).start()
    try:
        serve(settings)
    finally:
        _leave(settings)


def _leave(settings: ExplorerSettings) -> None:
    """End at once: threads that wait for a video to be decoded would be waited for."""
    from graphrec.app.adding import adder_of

    waiting = adder_of(settings).stop()
    if waiting:
        names = ", ".join(work.path.name for work in waiting)
        err.print(f"stopped; not in the graph yet, add again: {names}", markup=False)
        os._exit(130)


def _open(host: str, port: int, address: str) -> None:
    """Open a browser as soon as the explorer answers."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection((host, port), 1):
            webbrowser.open(address)
            return
        time.sleep(0.1)


def _password(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(PASSWORD)
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{path}: the password cannot be read: {error.strerror}") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explore)
