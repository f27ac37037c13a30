"""A file with accounts, the gate before a stand-in for Streamlit, and browsers that keep their cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyotp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from geo.accounts import create_account, create_first_account
from geo.model import Scope
from geo.store.database import Database, write_setting
from geo.web import Door, build_middleware, build_routes
from geo.web.settings import Settings

ADMIN_PASSWORD = "three blue herons"
OWN_PASSWORD = "seven quiet lamps"
BOSS = Scope("boss", "admin", "d")
PAGE = "<html><head><title>x</title></head><body>page</body></html>"


def make_real(db: Database) -> None:
    """Turn the invented world into one that counts as real, so that it may have accounts."""
    with db.write() as connection:
        write_setting(connection, "kind", "real")


def add_boss(db: Database) -> str:
    """Make the first account and return its id."""
    return create_first_account(db, name="boss", password=ADMIN_PASSWORD)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: list[str]


@dataclass
class Browser:
    """A browser at an address, with its cookies."""

    app: Starlette
    address: str = "127.0.0.1"
    host: str = "127.0.0.1:8501"
    scheme: str = "http"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a path (with its query)."""
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Answer:
        """Send a form of a page of ours."""
        sent = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", **headers}
        return self._ask("POST", path, urlencode(form).encode(), sent)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        asked, _, query = path.partition("?")
        sent = {"host": self.host, "content-length": str(len(body))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent.setdefault("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": method, "path": asked,
            "raw_path": asked.encode(), "query_string": query.encode(), "root_path": "", "scheme": self.scheme,
            "client": (self.address, 1), "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        messages: list[dict] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            messages.append(message)

        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self.app(scope, receive, send)).result()
        pairs = [(name.decode().lower(), value.decode()) for name, value in messages[0]["headers"]]
        given = [value for name, value in pairs if name == "set-cookie"]
        for one in given:
            name, value = one.split(";")[0].split("=", 1)
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        text = b"".join(message.get("body", b"") for message in messages[1:]).decode(errors="replace")
        return Answer(messages[0]["status"], dict(pairs), text, given)

    def log_in(self, name: str, password: str) -> Answer:
        """Type a name and a password."""
        return self.post("/login", {"name": name, "password": password})


async def say_who(request: Request) -> JSONResponse:
    """Stand in for what lies behind the gate: say the cookies and headers that came through."""
    return JSONResponse({"cookies": request.cookies, "headers": dict(request.headers)})


async def show_page(_: Request) -> HTMLResponse:
    """Stand in for Streamlit's index page."""
    return HTMLResponse(PAGE)


@contextmanager
def open_gatehouse(db: Database, settings: Settings | None = None, *, door: Door | None = None) -> Iterator[Starlette]:
    """Give the product's routes and gate over a file, before a stand-in for Streamlit."""
    door = door or Door(lambda: db)
    routes = [
        *build_routes(door),
        Route("/_stcore/host-config", say_who),
        Route("/media/{name}", say_who),
        Route("/{name:path}", show_page),
    ]
    app = Starlette(routes=routes, middleware=build_middleware(door, settings))
    app.state.door = door
    yield app


def let_in_boss(browser: Browser) -> str:
    """Bring the admin in for the first time, through setting up codes; return the secret of the phone."""
    assert browser.log_in("boss", ADMIN_PASSWORD).status == 303
    page = browser.get("/account/codes").text
    secret = page.split("<code>")[1].split("</code>")[0]
    page = browser.post("/account/codes", {"secret": secret, "code": pyotp.TOTP(secret).now()})
    assert page.status == 200
    return secret


def let_in(browser: Browser, db: Database, *, name: str, role: str, area: str) -> None:
    """Make an account and bring it in with a password of its own (roles without a second factor)."""
    first = create_account(db, BOSS, name=name, role=role, area=area)
    assert browser.log_in(name, first).headers["location"] == "/"
    form = {"old": first, "new": OWN_PASSWORD, "again": OWN_PASSWORD}
    assert browser.post("/account/password", form).status == 303
