"""The gate every request passes before Streamlit or a route sees it (plain ASGI).

Behind an open door (demo data, or one person's own data on this machine) it serves this machine only and gives each
browser a random cookie. Where there are accounts, nothing passes without a live session but the pages of coming in,
their hashed files and the health of the server. What a session made (media, uploads, exports, tiles) goes to its own
browser only. A page runs only over the socket, through the main script; so without the cookie nothing of a page runs.

What stands behind the gate knows a browser by the cookie `geo_browser` alone. Where there are accounts the gate writes
it there itself, from the session that it has found: nobody can name themselves by a cookie or a header.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from geo.accounts import find_session, touch_session
from geo.accounts.sessions import session_id
from geo.errors import GeoError
from geo.i18n import text
from geo.web.callers import Caller, cookie_of, is_same_origin, read_caller, with_cookie
from geo.web.door import Door
from geo.web.front import ENTRY_PATHS, DocumentSender, with_headers
from geo.web.naming import COOKIE, is_loopback, is_owner, make_cookie, read_owner, session_cookie
from geo.web.settings import Settings, is_this_machine
from geo.web.told import Told
from geo.web.watch import NO_SESSION, Watch

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geo.accounts import Entered

Area = Literal["open", "entry", "cookie", "session", "closed", "document"]

#: Whole addresses; only these, the hashed files and the pages of coming in answer without a session.
_EXACT: Final[dict[str, Area]] = {
    "/healthz": "open",
    "/_stcore/health": "open",
    "/favicon.ico": "open",
    "/favicon.png": "open",
    **dict.fromkeys(ENTRY_PATHS, "entry"),
}
_PUBLIC: Final = re.compile(r"/public/[0-9a-f]{16}/[a-z]+\.[a-z]+")
#: The first prefix that fits decides; what fits none is a document: a page's address, answered with the index.
_AREAS: Final[tuple[tuple[str, Area], ...]] = (
    ("/session/", "cookie"),
    ("/_stcore/host-config", "cookie"),
    ("/_stcore/stream", "cookie"),
    ("/_stcore/upload_file/", "session"),
    ("/_stcore/bidi-components/", "cookie"),
    ("/_stcore", "closed"),
    ("/media", "session"),
    ("/component", "cookie"),
    ("/exports/", "cookie"),
    ("/tiles/", "cookie"),
    ("/static/", "cookie"),
    ("/own/", "cookie"),
    ("/vendor/", "cookie"),
    ("/public/", "closed"),
    ("/app/static", "closed"),
    ("/auth/", "closed"),
    ("/oauth2callback", "closed"),
)
#: Files of the program: an open door gives them to any browser of this machine.
_PROGRAM: Final = ("/static/", "/own/", "/vendor/", "/_stcore/host-config")
#: A socket that only listens is no act of its holder, nor is asking whether the session lives.
_NO_ACT: Final = re.compile(r"/session/.*|/tiles/[^/]+/changes|/_stcore/host-config")
_TOUCH_S: Final = 30.0
_STAGES: Final = {"password": "/account/password", "enrol": "/account/codes", "second": "/login/code"}
_MISDIRECTED, _FORBIDDEN, _UNKNOWN, _UNAUTHORISED, _SEE_OTHER = 421, 403, 404, 401, 303


def build_middleware(door: Door | None = None, settings: Settings | None = None) -> list[Middleware]:
    """Return the middleware of the product, to stand before Streamlit's."""
    return [Middleware(Gate, door=door or Door(None), settings=settings or Settings())]


class Gate:
    """Refuse what may not come in; mark what may."""

    def __init__(self, app: ASGIApp, *, door: Door, settings: Settings) -> None:
        """Stand before `app`; no browser has a session yet."""
        self.app = app
        self._door, self._settings = door, settings
        self._watch, self._told = Watch(door), Told()
        self._touched: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope, caller = read_caller(scope, self._settings)
        door = await run_in_threadpool(self._door.kind)
        entered = None
        if door == "login" and (token := cookie_of(caller.headers, session_cookie(secure=caller.secure))):
            entered = await run_in_threadpool(self._find, token)
        owner = read_owner(caller.headers) if door == "open" else entered.id if entered else None
        scope = with_cookie(scope, COOKIE, owner if door != "open" else None, keep=door == "open")
        scope["geo"] = {"entered": entered, "caller": caller, "door": door, "database": self._door.database}
        if scope["type"] == "http":
            await self._pass_http(scope, receive, send, owner=owner)
        else:
            await self._pass_socket(scope, receive, send, owner=owner)

    def _find(self, token: str) -> Entered | None:
        try:
            return find_session(self._door.database(), session_id(token)) if is_owner(token) else None
        except (GeoError, SQLAlchemyError):
            return None

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send, *, owner: str | None) -> None:
        caller, door, entered = _read(scope)
        full = door == "open" or (entered is not None and entered.stage == "full")
        refused = self._is_elsewhere(caller, door) or find_area(scope["path"]) not in {"cookie", "session"}
        if owner is None or not full or refused or not is_same_origin(caller.headers):
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_noted(message: Message) -> None:
            if message["type"] == "websocket.send" and (said := message.get("bytes")):
                self._told.note(owner, said)
            await send(message)

        async def receive_acts() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and entered and not _NO_ACT.fullmatch(scope["path"]):
                await self._touch(entered)
            return message

        session = entered.id if entered else NO_SESSION
        await self._watch.run(self.app, scope, receive_acts, send_noted, session=session)

    async def _pass_http(self, scope: Scope, receive: Receive, send: Send, *, owner: str | None) -> None:
        caller, door, entered = _read(scope)
        path, area = scope["path"], find_area(scope["path"])
        send = with_headers(send, path=path, secure=caller.secure)
        if refusal := self._find_refusal(scope, owner, area=area):
            key, status = refusal
            await PlainTextResponse(text(key), status_code=status)(scope, receive, send)
            return
        if area == "document" and (elsewhere := _find_page_before(scope)):
            await RedirectResponse(elsewhere, status_code=_SEE_OTHER)(scope, receive, send)
            return
        if entered and not _NO_ACT.fullmatch(path):
            await self._touch(entered)
        if area != "document":
            await self.app(scope, receive, send)
            if area == "entry":
                self._watch.hurry()
        elif door == "open" and owner is None and caller.headers.get("sec-fetch-site") == "cross-site":
            await HTMLResponse('<meta http-equiv="refresh" content="0">')(scope, receive, send)
        else:
            cookie = make_cookie() if door == "open" and owner is None else None
            sender = DocumentSender(send, cookie=cookie)
            await self.app(sender.plain_scope(scope), receive, sender)

    def _find_refusal(self, scope: Scope, owner: str | None, *, area: Area) -> tuple[str, int] | None:
        caller, door, entered = _read(scope)
        refusal = None
        if self._is_elsewhere(caller, door):
            refusal = "web.bad_host", _MISDIRECTED
        elif area == "closed":
            refusal = "web.closed", _UNKNOWN
        elif area in {"cookie", "session"} and not (door == "open" and scope["path"].startswith(_PROGRAM)):
            if door != "open" and (entered is None or entered.stage != "full"):
                refusal = "web.no_session", _UNAUTHORISED
            elif (
                owner is None
                or caller.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
                or (area == "session" and not self._told.knows(owner, scope["path"]))
            ):
                refusal = "web.no_cookie", _FORBIDDEN
        return refusal

    def _is_elsewhere(self, caller: Caller, door: str) -> bool:
        """Whether the request is not for us: another name, or from a network that this door does not serve."""
        if is_loopback(caller.host) and (caller.address == "" or is_this_machine(caller.address)):
            return False
        named = caller.hostname in self._settings.hosts
        return not (named and door == "login" and caller.secure)

    async def _touch(self, entered: Entered) -> None:
        moment = time.monotonic()
        if moment - self._touched.get(entered.id, -_TOUCH_S) < _TOUCH_S:
            return
        self._touched[entered.id] = moment
        try:
            await run_in_threadpool(touch_session, self._door.database(), entered.id)
        except (GeoError, SQLAlchemyError):
            # A file that takes no writes now: the session may end a little early.
            self._touched.pop(entered.id, None)


def _read(scope: Scope) -> tuple[Caller, str, Any]:
    known = scope["geo"]
    return known["caller"], known["door"], known["entered"]


def _find_page_before(scope: Scope) -> str | None:
    """Return the page that somebody must pass before the one asked for."""
    _, door, entered = _read(scope)
    if door == "open":
        return None
    if door != "login":
        return f"/{door}"
    if entered is None:
        asked = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return "/login" if asked == "/" else f"/login?next={quote(asked, safe='')}"
    return _STAGES.get(entered.stage)


def find_area(path: str) -> Area:
    """Return what a path asks of the one who requests it."""
    if path in _EXACT:
        return _EXACT[path]
    if _PUBLIC.fullmatch(path):
        return "open"
    return next((area for prefix, area in _AREAS if path.startswith(prefix)), "document")
