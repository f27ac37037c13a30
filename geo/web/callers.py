"""Who calls: the address, name and scheme of a request, through a declared proxy only; and no header that names a user.

Headers by which a proxy elsewhere would say who somebody is are taken away from every request: here only the session
says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from geo.web.naming import read_cookie as cookie_of

if TYPE_CHECKING:
    from starlette.types import Scope

    from geo.web.settings import Settings

_IDENTITY: Final = (
    "remote-", "x-remote-", "x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred", "x-forwarded-groups",
    "x-forwarded-access", "x-auth", "x-user", "x-webauth", "x-ms-", "x-goog-", "x-amzn-", "x-streamlit-user",
    "cf-access-", "tailscale-user", "x-geo-", "x-email", "x-client-cert", "x-ssl-", "ssl-client", "authorization",
)  # fmt: skip
_FORWARDED: Final = ("x-forwarded-", "forwarded", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's sender: headers as kept, the address it came from, and whether the way to it is encrypted."""

    headers: Headers
    address: str
    host: str
    secure: bool

    @property
    def hostname(self) -> str:
        """The name of the Host header, without the port."""
        try:
            return (urlsplit(f"//{self.host}").hostname or "").lower()
        except ValueError:
            return ""


def read_caller(scope: Scope, settings: Settings) -> tuple[Scope, Caller]:
    """Return the request without headers that name a user or, from no proxy of ours, a way; and who sent it."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    sent = Headers(scope=scope)
    secure = settings.tls or scope.get("scheme") in {"https", "wss"}
    by_proxy = address in settings.proxies
    if by_proxy:
        secure = sent.get("x-forwarded-proto", "").split(",")[-1].strip() in {"https", "wss"}
        address = sent.get("x-forwarded-for", "").split(",")[-1].strip() or address
    unwanted = _IDENTITY if by_proxy else _IDENTITY + _FORWARDED
    kept = [(name, value) for name, value in scope["headers"] if not _starts(name, unwanted)]
    scope = {**scope, "headers": kept}
    return scope, Caller(Headers(raw=kept), address, sent.get("host", ""), secure)


def with_cookie(scope: Scope, name: str, value: str | None, *, keep: bool) -> Scope:
    """Return the request with one cookie set to a value, or without it; `keep`: as the browser sent it.

    The session's own cookie never goes on: what stands behind the gate has no use for it.
    """
    mine = (name.encode(), b"geo_session", b"__Host-geo_session")
    parts: list[bytes] = []
    for header, sent in scope["headers"]:
        if header == b"cookie":
            for part in sent.split(b";"):
                key = part.split(b"=", 1)[0].strip().strip(b'"')
                if key not in mine or (keep and key == mine[0]):
                    parts.append(part.strip())
    if value is not None:
        parts.append(f"{name}={value}".encode())
    headers = [(header, sent) for header, sent in scope["headers"] if header != b"cookie"]
    if parts:
        headers.append((b"cookie", b"; ".join(parts)))
    return {**scope, "headers": headers}


def is_same_origin(headers: Headers) -> bool:
    """Say whether a request was started by a page of ours, as far as the browser tells."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def is_own_form(headers: Headers) -> bool:
    """Say whether a form was sent by a page of ours.

    Our pages send no referrer, and a browser then names no origin for a form: `Sec-Fetch-Site` says it. A browser too
    old for that must name the origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


def _starts(name: bytes, prefixes: tuple[str, ...]) -> bool:
    # An underscore reads as a dash to some servers behind.
    return name.decode("latin-1").lower().replace("_", "-").startswith(prefixes)


__all__ = ["Caller", "cookie_of", "is_own_form", "is_same_origin", "read_caller", "with_cookie"]
