"""The gate every request passes before Streamlit or a route sees it (plain ASGI).

It lets in requests to this machine by a loopback name only, gives each browser a random cookie, and keeps what a
session made (media, uploads, exports, tiles, the session's socket itself) for browsers that hold one. A page runs
only over the socket, through the main script; so without the cookie nothing of a page runs.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse

from geo.i18n import text
from geo.web.front import DocumentSender, policy_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "geo_browser"
_COOKIE_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Area = Literal["open", "cookie", "session", "closed", "document"]

#: The first prefix that fits decides; what fits none is a document: a page's address, answered with the index.
_AREAS: Final[tuple[tuple[str, Area], ...]] = (
    ("/healthz", "open"),
    ("/_stcore/health", "open"),
    ("/_stcore/host-config", "open"),
    ("/_stcore/stream", "cookie"),
    ("/_stcore/upload_file/", "session"),
    ("/_stcore/bidi-components/", "cookie"),
    ("/_stcore", "closed"),
    ("/media", "session"),
    ("/component", "cookie"),
    ("/exports/", "cookie"),
    ("/tiles/", "cookie"),
    ("/static/", "open"),
    ("/own/", "open"),
    ("/vendor/", "open"),
    ("/app/static", "closed"),
    ("/auth/", "closed"),
    ("/oauth2callback", "closed"),
    ("/favicon", "open"),
)
_NO_STORE: Final = ("/exports/", "/tiles/", "/media")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def build_middleware() -> list[Middleware]:
    """Return the middleware of the product, to stand before Streamlit's."""
    return [Middleware(Gate)]


class Gate:
    """Refuse what does not come from a browser of this machine; mark what does."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`; no browser has a session yet."""
        self.app = app
        self._sessions: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] == "http":
            await self._pass_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._pass_socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        owner = read_owner(headers)
        if owner is None or not is_loopback(headers.get("host")) or not _is_same_origin(headers):
            await send({"type": "websocket.close", "code": 1008})
            return
        self._sessions[owner] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._sessions[owner] -= 1
            if not self._sessions[owner]:
                del self._sessions[owner]

    async def _pass_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        owner, area = read_owner(headers), find_area(scope["path"])
        send = _with_headers(send, path=scope["path"])
        if refusal := self._find_refusal(headers, owner, area=area):
            key, status = refusal
            await PlainTextResponse(text(key), status_code=status)(scope, receive, send)
        elif area != "document":
            await self.app(scope, receive, send)
        elif owner is None and headers.get("sec-fetch-site") == "cross-site":
            await HTMLResponse('<meta http-equiv="refresh" content="0">')(scope, receive, send)
        else:
            cookie = None if owner else make_cookie()
            sender = DocumentSender(send, cookie=cookie)
            await self.app(sender.plain_scope(scope), receive, sender)

    def _find_refusal(self, headers: Headers, owner: str | None, *, area: Area) -> tuple[str, int] | None:
        if not is_loopback(headers.get("host")):
            return "web.bad_host", 421
        if area == "closed":
            return "web.closed", 404
        if area in {"cookie", "session"}:
            if owner is None or headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
                return "web.no_cookie", 403
            if area == "session" and owner not in self._sessions:
                return "web.no_cookie", 403
        return None


def find_area(path: str) -> Area:
    """Return what a path asks of the one who requests it."""
    return next((area for prefix, area in _AREAS if path.startswith(prefix)), "document")


def read_owner(headers: Headers) -> str | None:
    """Return the browser's cookie, or None where it is missing or not of the form we give out."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found and is_owner(found.value) else None


def is_owner(name: object) -> bool:
    """Say whether this is a browser's name as we give them out."""
    return isinstance(name, str) and _COOKIE_FORM.fullmatch(name) is not None


def make_cookie() -> str:
    """Return the `Set-Cookie` value that names a new browser (256 random bits)."""
    return f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Strict"


def is_loopback(host: str | None) -> bool:
    """Say whether a Host header names this machine: anything else is a page elsewhere that points its name here."""
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK if host else False
    except ValueError:
        return False


def _is_same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _with_headers(send: Send, *, path: str) -> Send:
    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", policy_of(path))
            if path.startswith(_NO_STORE) and not headers.get("Cache-Control", "").startswith("private"):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return send_marked
