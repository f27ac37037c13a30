"""Cookies that name a browser, and the names of this machine."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from geo.web.settings import LOOPBACK

if TYPE_CHECKING:
    from starlette.datastructures import Headers

#: Names the browser to what stands behind the gate.
COOKIE: Final = "geo_browser"
STATE_COOKIE: Final = "geo_office"
_COOKIE_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def session_cookie(*, secure: bool) -> str:
    """Return the name of the cookie that holds a session; behind TLS one that no other host or path can set."""
    return "__Host-geo_session" if secure else "geo_session"


def make_cookie() -> str:
    """Return the `Set-Cookie` value that names a new browser (256 random bits)."""
    return f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Strict"


def make_session_cookie(token: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` value that gives a browser its session; it ends with the browser."""
    return f"{session_cookie(secure=secure)}={token}; Path=/; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"


def make_state_cookie(state: str, *, secure: bool) -> str:
    """Return the `Set-Cookie` value that ties a login at the identity provider to its browser for ten minutes.

    Not strict: the way back from there begins on another site.
    """
    return (
        f"{STATE_COOKIE}={state}; Path=/login/office; Max-Age=600; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
    )


def drop_session_cookie(*, secure: bool) -> str:
    """Return the `Set-Cookie` value that takes the session back."""
    return f"{make_session_cookie('', secure=secure)}; Max-Age=0"


def read_cookie(headers: Headers, name: str) -> str | None:
    """Return a cookie, or None where it is missing or not of the form we give out."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found and is_owner(found.value) else None


def read_owner(headers: Headers) -> str | None:
    """Return the browser's own name."""
    return read_cookie(headers, COOKIE)


def is_owner(name: object) -> bool:
    """Say whether this is a browser's name as we give them out."""
    return isinstance(name, str) and _COOKIE_FORM.fullmatch(name) is not None


def is_loopback(host: str | None) -> bool:
    """Say whether a Host header names this machine: anything else is a page elsewhere that points its name here."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK if host else False
    except ValueError:
        return False
