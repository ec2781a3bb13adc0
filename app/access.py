"""Who may see the explorer: on this machine everybody, else who has the password or whom a reverse proxy names."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from urllib.parse import parse_qs, quote, urlsplit

from itsdangerous import BadSignature, TimestampSigner
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from graphrec.app.settings import ExplorerSettings

LOGIN = "/login"
HEALTH = "/_stcore/health"
COOKIE = "graphrec_session"
SAFE = ("GET", "HEAD", "OPTIONS")
SESSION_S = 12 * 3600
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 8.0
"""After a wrong password its address waits for so long, twice as long after each more; others do not wait."""
MOST_DOUBLINGS = 10
MOST_WAITING = 5
"""So many of an address wait; all are looked at when its time has come, so that a right one among them opens."""
MOST_ADDRESSES = 10_000
FORM_BYTES = 4096
POLICY = "; ".join(
    (
        "default-src 'self'",
        # What is written in the page's text never runs, should any ever be taken for HTML.
        "script-src 'self' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
"""What browsers may load: nothing from other hosts, so that nobody else learns who looks at what."""


class Access:
    """ASGI middleware that answers for the explorer wherever nobody may come in, and guards what is sent."""

    def __init__(self, app: ASGIApp, settings: ExplorerSettings) -> None:
        self._app, self._settings = app, settings
        # Of this process: whoever came in before a restart logs in again.
        self._signer = TimestampSigner(secrets.token_bytes(32), digest_method=sha256)
        self._guesses: OrderedDict[str, _Guesses] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        if answer is None:
            await self._app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401, "reason": "log in first"})
        else:
            await answer(scope, receive, _guarded(send))

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """Return what to answer instead of the explorer; None for one who may come in."""
        if scope["path"] == HEALTH:
            return None
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["type"] == "websocket" or scope["method"] not in SAFE:
            origin = headers.get("origin")
            if origin is not None and not same_origin(origin, headers.get("host", "")):
                return PlainTextResponse("another site may not ask here", 403)
        header = self._settings.proxy_header
        if header is not None:
            if headers.get(header.lower(), "").strip():
                return None
            return PlainTextResponse(f"the header {header} is missing: come by the reverse proxy", 403)
        if self._settings.password is None or self._known(scope):
            return None
        if scope["type"] == "http" and scope["path"] == LOGIN:
            return await self._log_in(Request(scope, receive))
        page = scope["path"] + (
            "?" + scope["query_string"].decode("latin-1") if scope["query_string"] else ""
        )
        return RedirectResponse(f"{LOGIN}?next={quote(page, safe='')}", 303)

    def _known(self, scope: Scope) -> bool:
        # A Request reads cookies of a websocket's handshake just as well.
        token = Request({**scope, "type": "http"}).cookies.get(COOKIE, "")
        with suppress(BadSignature):
            self._signer.unsign(token, max_age=SESSION_S)
            return True
        return False

    async def _log_in(self, request: Request) -> Response:
        wanted = request.query_params.get("next", "/")
        wanted = wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"
        if request.method != "POST":
            return _form(wanted)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES:
                return PlainTextResponse("too much", 413)
        given = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True).get("password", [""])[0]
        guesses = self._guesses_of(request.client.host if request.client else "")
        if guesses.waiting >= MOST_WAITING:
            return _form(wanted, "Too many passwords at once from your address; try again in a moment.", 429)
        await guesses.turn()
        if not hmac.compare_digest(given.encode(), (self._settings.password or "").encode()):
            guesses.wrong()
            return _form(wanted, "That is not the password.", 401)
        guesses.count = 0
        answer = RedirectResponse(wanted, 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE,
            self._signer.sign(secrets.token_hex(8)).decode(),
            max_age=SESSION_S,
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return answer

    def _guesses_of(self, host: str) -> _Guesses:
        address = _address(host)
        found = self._guesses.setdefault(address, _Guesses())
        self._guesses.move_to_end(address)
        while len(self._guesses) > MOST_ADDRESSES:
            self._guesses.popitem(last=False)
        return found


@dataclass
class _Guesses:
    """The wrong passwords of one address: how many in turn, and when the next is looked at."""

    count: int = 0
    free_at: float = 0.0
    waiting: int = 0

    async def turn(self) -> None:
        """Wait until a password of this address may be looked at."""
        self.waiting += 1
        try:
            await asyncio.sleep(max(0.0, self.free_at - time.monotonic()))
        finally:
            self.waiting -= 1

    def wrong(self) -> None:
        """Count a wrong one; those that have waited together are one."""
        if time.monotonic() >= self.free_at:
            self.free_at = time.monotonic() + min(
                FIRST_WAIT_S * 2 ** min(self.count, MOST_DOUBLINGS), LONGEST_WAIT_S
            )
            self.count += 1


def same_origin(origin: str, host: str) -> bool:
    """Return whether a page of ``origin`` is one of ours, which visitors reach as ``host``: the port counts too."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return bool(parts.netloc) and parts.netloc.lower().removesuffix(usual) == host.lower().removesuffix(usual)


def _address(host: str) -> str:
    """Return what counts as one address: of the newer kind, who has one has many."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    # A server that listens to both kinds sees the older one in the clothes of the newer.
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 48), strict=False))


def _form(wanted: str, said: str = "", status: int = 200) -> Response:
    text = (files("graphrec.app") / "frontend" / "login.html").read_text(encoding="utf-8")
    action = f"{LOGIN}?next={quote(wanted, safe='')}"
    return HTMLResponse(text.replace("{action}", escape(action)).replace("{said}", escape(said)), status)


def _guarded(send: Send) -> Send:
    """Add headers that keep other sites from framing the explorer, and browsers from guessing what a file is."""

    async def sending(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "same-origin")
            headers.setdefault("Content-Security-Policy", POLICY)
            # Pages of another port count as the same site to browsers, which send them the session too.
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        await send(message)

    return sending  # type: ignore[return-value]
