"""The index page on its way out: in Chinese, with our script before Streamlit's and a policy of what it may load."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from geo.i18n import text
from geo.web.bundle import hints

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

#: Ahead of Streamlit's modules (a plain script runs first): the guard that blanks the page when its session ends, what
#: browsers before Chrome 110 lack, and the `/` key.
_SCRIPT: Final = '<script src="/own/guard.js"></script><script src="/own/page.js"></script>'
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY: Final = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self'; frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
#: streamlit-folium's iframe runs the script it is sent as an inline one.
_COMPONENT_POLICY: Final = _POLICY.format(scripts="'unsafe-inline' 'unsafe-eval'")
#: Data: opened by its address, it may do nothing.
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_OTHER_POLICY: Final = _POLICY.format(scripts="")
#: The pages of coming in: a form, a style sheet, a drawn code; no script at all.
_ENTRY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
#: The addresses of the pages of coming in and going out (`geo.web.entry`, `geo.web.repair`).
ENTRY_PATHS: Final = (
    "/login", "/login/code", "/login/office", "/login/office/back",
    "/logout", "/setup", "/account/password", "/account/codes", "/restore",
)  # fmt: skip
_DATA: Final = ("/exports/", "/tiles/", "/media")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ENCRYPTED_ONLY: Final = "max-age=31536000"


def with_headers(send: Send, *, path: str, secure: bool) -> Send:
    """Return a `send` that puts on every answer what a browser must not do with it; personal data is not stored."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", policy_of(path))
            if secure:
                headers["Strict-Transport-Security"] = _ENCRYPTED_ONLY
            if (path in ENTRY_PATHS or path.startswith(_DATA)) and not headers.get("Cache-Control", "").startswith(
                "private"
            ):
                headers["Cache-Control"] = "no-store"
            if path == "/logout":
                # Tiles that the browser kept say where homes stand.
                headers["Clear-Site-Data"] = '"cache"'
        await send(message)

    return send_marked


class DocumentSender:
    """Collect the answer to a document request and, if it is the index page, rewrite it before it leaves."""

    def __init__(self, send: Send, *, cookie: str | None) -> None:
        """Send on by `send`; `cookie` is the browser's new name, if it had none."""
        self._send = send
        self._cookie = cookie
        self._start: Message | None = None
        self._body = bytearray()

    @staticmethod
    def plain_scope(scope: Scope) -> Scope:
        """Return the request without what would bring a compressed, partial or "not modified" answer."""
        unwanted = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range"}
        kept = [(name, value) for name, value in scope["headers"] if name not in unwanted]
        return {**scope, "headers": kept, "extensions": {}}

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer; send all when the last has come."""
        if message["type"] == "http.response.start":
            self._start = message
            if "text/html" in Headers(raw=message["headers"]).get("content-type", ""):
                return
            await self._send(message)
        elif self._start is None or "text/html" not in Headers(raw=self._start["headers"]).get("content-type", ""):
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        html = rewrite_index(self._body.decode())
        body = html.encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        for name in ("etag", "last-modified"):
            if name in headers:
                del headers[name]
        if body and "content-length" in headers:
            headers["content-length"] = str(len(body))
        headers["content-security-policy"] = build_policy(html)
        headers["cache-control"] = "no-store"
        if self._cookie:
            headers.append("set-cookie", self._cookie)
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def rewrite_index(html: str) -> str:
    """Return Streamlit's index page in Chinese, with the product's title and script; other pages come back as is."""
    if "<title>" not in html:
        return html
    html = html.replace('<html lang="en">', '<html lang="zh-CN" translate="no">', 1)
    html = re.sub(r"<title>.*?</title>", f"<title>{escape(text('web.title'))}</title>", html, count=1)
    html = re.sub(r'\s*<link rel="service-desc"[^>]*>', "", html, count=1)
    html = html.replace("</head>", f"{hints(html)}</head>", 1)
    return re.sub(r"(<head[^>]*>)", rf"\1{_SCRIPT}", html, count=1)


def policy_of(path: str) -> str:
    """Return the content security policy of an answer that is no document."""
    if path.startswith("/component"):
        return _COMPONENT_POLICY
    if path in ENTRY_PATHS:
        return _ENTRY_POLICY
    return _DATA_POLICY if path.startswith(_DATA) else _OTHER_POLICY


def build_policy(html: str) -> str:
    """Return the content security policy of a page: its own inline scripts by hash, and nothing from elsewhere."""
    digests = (hashlib.sha256(body.encode()).digest() for body in _INLINE_SCRIPT.findall(html))
    scripts = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    return _POLICY.format(scripts=" ".join(scripts))
