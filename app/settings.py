"""What the explorer shows, and whom it lets in."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from graphrec.errors import ConfigError
from graphrec.workspace import Workspace

MEGABYTE = 1 << 20
DEFAULT = Path("graphrec-data")
"""The workspace of commands that name none."""


@dataclass(frozen=True)
class ExplorerSettings:
    """Settings of one explorer.

    Attributes:
        workspace: the folder of features, runs and, without ``store``, of the graph.
        store: a Neo4j server; None for the embedded database.
        host: the address to listen on.
        port: likewise.
        password: whoever comes must give it; None for nobody.
        proxy_header: a header by which a reverse proxy names who it has let in; requests without it are refused.
        upload_mb: no uploaded file may be larger, in megabytes.
    """

    workspace: Workspace
    store: str | None = None
    host: str = "127.0.0.1"
    port: int = 8501
    password: str | None = field(default=None, repr=False)
    proxy_header: str | None = None
    upload_mb: int = 500

    def __post_init__(self) -> None:
        if not self.local and self.password is None and self.proxy_header is None:
            raise ConfigError(
                f"on {self.host} others can reach the explorer: give it a password (GRAPHREC_EXPLORE_PASSWORD, or "
                "--password-file), or name the header by which a reverse proxy says who is there (--proxy-header)"
            )
        if self.password == "":
            raise ConfigError("the explorer's password is empty")

    @property
    def private(self) -> bool:
        """Whether all who come are on this machine, and no proxy lets others in."""
        return self.local and self.password is None and self.proxy_header is None

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


_used: ExplorerSettings | None = None


def use(settings: ExplorerSettings) -> None:
    """Have this process's pages show what ``settings`` say."""
    global _used
    _used = settings


def current() -> ExplorerSettings:
    """Return the settings in use; without any, as in a page that is run on its own, those of the environment."""
    if _used is None:
        folder = Path(os.environ.get("GRAPHREC_WORKSPACE", DEFAULT))
        store = os.environ.get("GRAPHREC_STORE") or os.environ.get("NEO4J_URI")
        use(ExplorerSettings(Workspace(folder), store))
    assert _used is not None
    return _used
