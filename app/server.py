"""The explorer's server: Streamlit behind the door of ``access``, with the workspace's pictures beside it."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from graphrec.app.access import Access
from graphrec.app.media import route
from graphrec.app.settings import ExplorerSettings, use
from graphrec.app.theme import THEME
from graphrec.errors import ConfigError
from graphrec.store.open import warm_up_queries

SCRIPT = Path(__file__).with_name("main.py")
HERE = ["localhost", "127.0.0.1", "::1"]
LEAVE_S = 3
"""So long answers under way are waited for when the explorer ends."""


def serve(settings: ExplorerSettings) -> None:
    """Serve the explorer until Ctrl-C; raises ``ConfigError`` where the port is taken."""
    use(settings)
    _require_free(settings)
    # Streamlit starts it, and has no option for this.
    uvicorn.Config = _Ending  # type: ignore[misc]
    _import_ahead(settings)
    middleware = [Middleware(Access, settings=settings)]
    if settings.private:
        # A page elsewhere may give its own name this machine's address, and would then pass for it.
        middleware.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=[*HERE, settings.host]))
    st.App(SCRIPT, routes=[route], middleware=middleware).run(
        config={
            "server.address": settings.host,
            "server.port": settings.port,
            "server.headless": True,
            "server.fileWatcherType": "none",
            "server.maxUploadSize": settings.upload_mb,
            "server.enableAgentApi": False,
            "browser.gatherUsageStats": False,
            "client.showErrorDetails": "none",
            "client.toolbarMode": "minimal",
            "runner.magicEnabled": False,
            **THEME,
        }
    )


class _Ending(uvicorn.Config):
    """What would else wait for ever for a browser that has stopped reading, as of a video that is paused."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{**named, "timeout_graceful_shutdown": LEAVE_S})


def _import_ahead(settings: ExplorerSettings) -> None:
    """Import what takes long: before the door opens, not at a visitor's first click."""
    for name in ("graphrec.api.adding", "graphrec.api.doctor", "pandas", "plotly.graph_objects"):
        import_module(name)
    warm_up_queries(settings.store)
    if settings.workspace.runs.exists():
        import_module("graphrec.models.registry").models()


def _require_free(settings: ExplorerSettings) -> None:
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((settings.host, settings.port))
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another with --port"
        ) from error
